// The same rules over both ways to a server: gRPC and WebSocket.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { collect, connect as connectWebSocket, ServerError, StreamBroken, UndertoneError, UsageError } from "@undertone/client";
import { connect as connectGrpc, fromFile } from "@undertone/client/node";
import { WebSocket } from "ws";
import { CLIP, ROOT, Server, WAYS, all, apart, assertSame, assertSameUtterance, commandLine, finals, fixture, samples, using } from "./support.mjs";

const RAW = { encoding: "linear16", sampleRate: 16_000 };
const VOICE_EDGE_SECONDS = 0.1;
// They are sure of the emotions in the synthetic voice of the clip, so that an edge seen elsewhere changes no label.
const SURE_MODELS = `models.dir=${join(ROOT, "examples/experiments/models")}`;

let server;
let expected;
before(async () => {
  server = await Server.start();
  expected = commandLine(CLIP, server);
});
after(() => server.close());

test("the same file over gRPC and over a WebSocket has identical probabilities", async () => {
  const file = await fromFile(CLIP);
  const [one, other] = await Promise.all(
    Object.values(WAYS).map((way) => using(way(server), (client) => collect(client.stream(file, { interim: true })))),
  );
  const told = ({ utterances }) => utterances.map(({ predictionId, timeParts, ...rest }) => ({ ...rest, updates: rest.updates.length }));
  assert.ok(one.utterances.length > 0);
  assert.deepEqual(told(one), told(other));
});

for (const [name, way] of Object.entries(WAYS)) {
  describe(name, () => {
    let client;
    before(() => {
      client = way(server);
    });
    after(() => client.close());

    test("a file, a Blob and samples give what the command line gives", async () => {
      const file = await fromFile(CLIP);
      assertSame(await client.recognize(file), expected, 1e-4);
      assertSame(await client.recognize(new Blob([file])), expected, 1e-4);
      assertSame(await client.recognize(samples(), { sampleRate: 16_000 }), expected, 1e-4);
      const floats = Float32Array.from(samples(), (sample) => sample / 32768);
      assertSame(await client.recognize(floats, { sampleRate: 16_000, model: "cnn" }), expected, 1e-4);
    });

    test("events come in order", async () => {
      const events = await all(client.stream(await fromFile(CLIP), { interim: true, hop: 0.25 }));
      assert.equal(events[0].type, "started");
      assert.equal(events[0].resumable, true);
      assert.equal(events[0].labels.length, 8);
      const ended = events.at(-1);
      assert.equal(ended.type, "ended");
      assert.equal(ended.reason, "finished");
      const results = events.filter((event) => event.type === "interim" || event.type === "final");
      assert.deepEqual(results.map((own) => own.sequence), results.map((_, place) => place + 1));
      assert.equal(results.length, ended.utterances + ended.updatesSent);
      const sum = Object.values(results[0].probabilities).reduce((total, own) => total + own);
      assert.ok(Math.abs(sum - 1) < 1e-4);
      const { queue, features, inference } = results[0].timeParts;
      assert.ok(queue >= 0 && features > 0 && inference > 0);
    });

    test("any cut gives the same", async () => {
      const bytes = new Uint8Array(samples().buffer);
      const cut = function* (size) {
        for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
      };
      const whole = finals(await all(client.stream(bytes, { format: RAW })));
      // Whatever may wait for its acknowledgement, an utterance has room.
      for (const [size, replayBytes] of [[777], [100_000], [10_000, 0]]) {
        const parts = finals(await all(client.stream(cut(size), { format: RAW, replayBytes })));
        assert.deepEqual(parts.map((own) => own.probabilities), whole.map((own) => own.probabilities));
      }
    });

    test("the caller ends an utterance and asks for updates", async () => {
      const speech = samples().subarray(2.7 * 16_000, 4.3 * 16_000);
      let goOn;
      const waiting = new Promise((resolve) => {
        goOn = resolve;
      });
      async function* chunks() {
        yield speech.subarray(0, speech.length / 2);
        await waiting;
        yield speech.subarray(speech.length / 2);
      }
      const stream = client.stream(chunks(), { format: RAW });
      const triggers = [];
      for await (const event of stream) {
        // What was heard was taken: a flush comes behind it.
        if (event.type === "speech_begin" && triggers.length === 0) stream.flush();
        if (event.type === "interim") {
          stream.endUtterance();
          goOn();
        }
        if (event.type === "interim" || event.type === "final") triggers.push(event.trigger);
      }
      assert.deepEqual(triggers, ["flush", "end_utterance", "end_of_stream"]);
    });

    test("what is wrong is named, and so is what is not there", async () => {
      const wrong = await all(client.stream(await fromFile(CLIP), { hysteresis: 2, interim: true, hop: 0.001 })).catch((own) => own);
      assert.ok(wrong instanceof ServerError, String(wrong));
      assert.equal(wrong.code, "INVALID_ARGUMENT");
      assert.deepEqual(wrong.violations.map((own) => own.field).sort(), ["config.hysteresis", "config.interim_hop"]);
      const missing = await client.recognize(await fromFile(CLIP), { model: "oracle" }).catch((own) => own);
      assert.equal(missing.code, "NOT_FOUND");
      assert.equal(missing.resource, "oracle");
      await assert.rejects(all(client.stream(new TextEncoder().encode("no recording"))), /neither WAV, FLAC nor Ogg/);
      await assert.rejects(client.recognize(samples()), /sampleRate/);
    });

    test("an aborted stream ends with the reason, and one that is left ends", async () => {
      const aborting = new AbortController();
      const reason = new Error("enough");
      const stream = client.stream(await fromFile(CLIP), { realtime: true, signal: aborting.signal });
      await assert.rejects(async () => {
        for await (const event of stream) if (event.type === "started") aborting.abort(reason);
      }, reason);
      for await (const event of client.stream(await fromFile(CLIP), { realtime: true })) {
        assert.equal(event.type, "started");
        break;
      }
    });

    test("what a source throws reaches the caller", async () => {
      function* broken() {
        yield new Float32Array(1600);
        throw new Error("the cable was pulled");
      }
      await assert.rejects(all(client.stream(broken(), { sampleRate: 16_000 })), /the cable was pulled/);
      await assert.rejects(all(client.stream([new Int16Array(16)], { sampleRate: 16_000 })), /linear16/);
    });

    test("streams outlive their server", async () => {
      for (const how of ["SIGTERM", "SIGKILL"]) {
        const own = await Server.start(SURE_MODELS);
        const { utterances } = commandLine(CLIP, own);
        const audio = samples();
        const middle = Math.floor(audio.length * 0.6);
        let goOn;
        const restarted = new Promise((resolve) => {
          goOn = resolve;
        });
        async function* chunks() {
          yield audio.subarray(0, middle);
          await restarted;
          yield audio.subarray(middle);
        }
        await using(way(own), async (client) => {
          let heard = 0;
          const listen = async () => {
            const events = [];
            for await (const event of client.stream(chunks(), { format: RAW })) {
              events.push(event);
              if (event.type !== "final") continue;
              heard += 1;
              // In the middle: each of twenty has heard its first two utterances, and is within another one.
              if (heard === 40) void own.restart(how).then(goOn);
            }
            return events;
          };
          for (const events of await Promise.all(Array.from({ length: 20 }, listen))) {
            assert.ok(events.some((event) => event.type === "resumed"), "it broke off");
            const found = finals(events);
            assert.deepEqual(found.map((event) => event.utterance), utterances.map((_, place) => place + 1));
            const before = finals(events.slice(0, events.findIndex(({ type }) => type === "resumed"))).length;
            assert.ok(before >= 2, `${before} answers came before the break`);
            for (const [place, event] of found.entries()) {
              const other = utterances[place];
              assert.equal(event.top, other.top);
              assert.ok(apart(event, other) < VOICE_EDGE_SECONDS);
              // Voice detection may see an edge elsewhere behind a break; what has the same edges is the same.
              if (place < before || apart(event, other) === 0) assertSameUtterance(event, other);
            }
          }
        });
        await own.close();
      }
    });

    test("a stream without resume breaks with its server", async () => {
      const own = await Server.start();
      await using(way(own), async (client) => {
        const stream = client.stream(await fromFile(CLIP), { realtime: true, resume: false });
        await assert.rejects(async () => {
          for await (const event of stream) if (event.type === "started") await own.stop("SIGKILL");
        }, StreamBroken);
      });
      await own.close();
    });

    test("a file that is sent as it is breaks with its server, and says what would have helped", async () => {
      const own = await Server.start();
      const file = await fromFile(fixture("tones_mono.flac"));
      async function* halted() {
        yield file.subarray(0, file.length / 2);
        await new Promise(() => {});
      }
      await using(way(own), async (client) => {
        const stream = client.stream(halted(), { format: { encoding: "flac" } });
        const listening = async () => {
          for await (const event of stream) {
            if (event.type !== "started") continue;
            assert.equal(event.resumable, false);
            await own.stop("SIGKILL");
          }
        };
        await assert.rejects(listening, (error) => error instanceof StreamBroken && /file of flac .* give decode/.test(error.message));
        const paced = client.stream(file, { realtime: true });
        await assert.rejects(all(paced), /a file of flac has no pace: give samples, or decode/);
      });
      await own.close();
    });

    test("a file that is decoded outlives its server", async () => {
      const own = await Server.start(SURE_MODELS);
      const { utterances } = commandLine(CLIP, own);
      const file = await fromFile(fixture("tones_mono.flac"));
      let asked;
      const decode = async (contents) => {
        asked = contents;
        return { samples: samples(), sampleRate: 16_000 };
      };
      await using(way(own), async (client) => {
        const events = [];
        let restarted;
        for await (const event of client.stream(file, { decode, realtime: true })) {
          events.push(event);
          if (event.type === "final") restarted ??= own.restart("SIGKILL");
        }
        await restarted;
        assert.deepEqual(Buffer.from(asked), Buffer.from(file));
        assert.ok(events.some((event) => event.type === "resumed"), "it broke off");
        assert.deepEqual(finals(events).map(({ top }) => top), utterances.map(({ top }) => top));
      });
      await own.close();
    });

    test("a full server and one that is coming are asked again", async () => {
      const own = await Server.start("engine.max_streams=1");
      const [once, again] = [way(own, { retry: { attempts: 1 } }), way(own, { retry: { attempts: 1000 } })];
      for await (const event of once.stream(await fromFile(CLIP), { realtime: true })) {
        if (event.type !== "started") continue;
        const full = await once.recognize(await fromFile(CLIP)).catch((error) => error);
        assert.equal(full.code, "RESOURCE_EXHAUSTED");
        assert.ok(full.retryAfter > 0);
        break;
      }
      assert.ok((await again.recognize(await fromFile(CLIP))).utterances.length > 0);
      await own.stop();
      await assert.rejects(once.recognize(await fromFile(CLIP)), (error) => error.code === "UNAVAILABLE");
      const [answer] = await Promise.all([again.recognize(await fromFile(CLIP)), own.start()]);
      assert.ok(answer.utterances.length > 0);
      once.close();
      again.close();
      await own.close();
    });

    test("a server that asks for keys knows its own", async () => {
      const own = await Server.start("auth.keys=true", "auth.refresh=20ms");
      const key = own.newKey();
      const attempts = { retry: { attempts: 1 } };
      const stranger = way(own, attempts);
      await assert.rejects(stranger.recognize(await fromFile(CLIP)), ServerError);
      const holder = way(own, { apiKey: key, ...attempts });
      let answer;
      // The server reads its keys now and then.
      while (answer === undefined) answer = await holder.recognize(await fromFile(CLIP)).catch(() => undefined);
      assert.ok(answer.utterances.length > 0);
      stranger.close();
      holder.close();
      await own.close();
    });

    test("silence of the source is no reason to end", async () => {
      const own = await Server.start("recognition.idle_timeout=1s");
      async function* chunks() {
        yield samples().subarray(0, 48_000);
        // Nobody says anything for two and a half idle timeouts.
        await new Promise((resolve) => setTimeout(resolve, 2500));
        yield samples().subarray(48_000);
      }
      const events = await using(way(own), (client) => all(client.stream(chunks(), { format: RAW })));
      assert.equal(events.at(-1).reason, "finished");
      await own.close();
    });
  });
}

test("over gRPC a server and a client show each other certificates", async () => {
  const papers = mkdtempSync(join(tmpdir(), "undertone-papers-"));
  const openssl = (...asked) => execFileSync("openssl", asked, { cwd: papers, stdio: "pipe" });
  const fresh = ["req", "-newkey", "rsa:2048", "-nodes"];
  openssl(...fresh, "-x509", "-days", "1", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem");
  for (const name of ["server", "client"]) {
    openssl(...fresh, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    writeFileSync(join(papers, `${name}.ext`), `subjectAltName=DNS:${name}.example\n`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${name}.ext`];
    openssl("x509", "-req", "-days", "1", ...signed, "-in", `${name}.csr`, "-out", `${name}.pem`);
  }
  const files = { certificate: "server.pem", key: "server.key", client_ca: "ca.pem" };
  const settings = Object.entries(files).map(([name, file]) => `tls.${name}=${join(papers, file)}`);
  const own = await Server.start(...settings);
  const [ca, certificate, privateKey] = ["ca.pem", "client.pem", "client.key"].map((file) => readFileSync(join(papers, file)));
  const known = { ca, certificate, privateKey, serverName: "server.example" };
  const file = await fromFile(CLIP);
  const answer = await using(connectGrpc(`https://${own.grpc}`, { tls: known }), (client) => client.recognize(file));
  assert.ok(answer.utterances.length > 0);
  const refusal = (tls) => {
    const stranger = connectGrpc(own.grpc, { tls, retry: { attempts: 1 } });
    return using(stranger, (client) => client.recognize(file).catch((error) => error.code));
  };
  assert.equal(await refusal({ ca, serverName: "server.example" }), "UNAUTHENTICATED");
  assert.equal(await refusal({ serverName: "server.example" }), "UNAVAILABLE");
  await own.close();
  rmSync(papers, { recursive: true });
});

test("an experiment chooses the model, and its part in it is told", { timeout: 60_000 }, async () => {
  const own = await Server.start();
  own.run("experiments", "create", join(ROOT, "examples/experiments/cnn-vs-lstm.toml"), "--why", "to see");
  own.run("experiments", "start", "cnn-vs-lstm", "--why", "to see");
  const file = await fromFile(CLIP);
  for (const way of Object.values(WAYS)) {
    await using(way(own), async (client) => {
      const ask = async (options) => {
        const answer = await client.recognize(file, { subject: "person-7", ...options });
        const streamed = await collect(client.stream(file, { subject: "person-7", ...options }));
        assert.deepEqual(streamed.participation, answer.participation);
        assert.deepEqual(streamed.model, answer.model);
        return answer;
      };
      const drawn = (await ask({ experiment: "cnn-vs-lstm" })).participation;
      assert.deepEqual({ ...drawn, arm: "" }, { experiment: "cnn-vs-lstm", arm: "", forced: false });
      assert.deepEqual((await ask({})).participation, drawn);
      for (const arm of ["cnn", "lstm"]) {
        const { model, participation } = await ask({ experiment: "cnn-vs-lstm", arm });
        assert.deepEqual(participation, { experiment: "cnn-vs-lstm", arm, forced: true });
        assert.equal(model.name, arm);
      }
      assert.equal((await ask({ model: "cnn" })).participation, undefined);
    });
  }
  await own.close();
});

test("the examples of the page run", { timeout: 60_000 }, async () => {
  const page = readFileSync(`${ROOT}/docs/sdk-typescript.md`, "utf8");
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, block]) => block);
  assert.ok(blocks.length > 0);
  const program = blocks
    .join("\n")
    .replaceAll("127.0.0.1:50151", server.grpc)
    .replaceAll("127.0.0.1:8151", server.http)
    .replaceAll('"talk.wav"', JSON.stringify(CLIP));
  const { writeFile, rm } = await import("node:fs/promises");
  const file = new URL("./page.generated.mjs", import.meta.url);
  await writeFile(file, program);
  try {
    await import(file.href);
  } finally {
    await rm(file);
  }
});

test("what nobody reads is held up to a bound, and read to the last", async () => {
  const { Queue } = await import("../dist/transport.js");
  const said = [];
  const queue = new Queue(4, () => said.push("full"), () => said.push("room"));
  for (const value of [1, 2, 3, 4]) queue.push(value);
  queue.end(new Error("over"));
  const read = [];
  await assert.rejects(async () => {
    for await (const value of queue) read.push(value);
  }, /over/);
  assert.deepEqual(read, [1, 2, 3, 4]);
  assert.deepEqual(said, ["full", "room"]);
});

test("a wrong retry and a wrong address are refused", () => {
  assert.throws(() => connectGrpc("127.0.0.1:1", { retry: { attempts: 0 } }), UsageError);
  assert.throws(() => connectGrpc("ftp://nowhere"), UsageError);
  for (const url of ["localhost:8151", "127.0.0.1:8151", "", "ftp://nowhere"]) {
    assert.throws(() => connectWebSocket(url, { WebSocket }), /is no address: give http:/);
  }
  assert.ok(new StreamBroken("") instanceof UndertoneError && new UsageError("") instanceof UndertoneError);
});
