// What is given wrong, and what comes wrong, is an error of this package.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AudioError, connect as connectWebSocket, ServerError, UndertoneError, UsageError } from "@undertone/client";
import { connect as connectGrpc, fromFile } from "@undertone/client/node";
import { Models } from "@undertone/client/v1";
import { all, CLIP, Server, WAYS } from "./support.mjs";

const SILENCE = new Int16Array(1600);
const RAW = { format: { encoding: "linear16", sampleRate: 16_000 } };

/** A socket that opens, and then does what `say` has it do. */
function socketThat(say) {
  return class {
    readyState = 0;
    bufferedAmount = 0;
    constructor() {
      queueMicrotask(() => {
        this.readyState = 1;
        this.onopen();
        say(this);
      });
    }
    send() {}
    close(code = 1005) {
      this.readyState = 3;
      queueMicrotask(() => this.onclose({ code, reason: "" }));
    }
  };
}

async function failureOf(say) {
  const client = connectWebSocket("http://127.0.0.1:1", { WebSocket: socketThat(say), retry: { attempts: 1 } });
  return all(client.stream(SILENCE, { sampleRate: 16_000 })).then(() => assert.fail("it does not end well"), (error) => error);
}

test("what is no message of the contract ends the stream, and nothing else", async () => {
  for (const data of [Uint8Array.of(0xff, 0xff, 0xff).buffer, "no JSON", '{"code": 3, "status": "*"}']) {
    const error = await failureOf((socket) => socket.onmessage({ data }));
    assert.ok(error instanceof ServerError, String(error));
    assert.equal(error.code, "INTERNAL");
  }
});

test("details that cannot be read leave the code and the sentence", async () => {
  const status = Buffer.from([0x1a, 3, 0x12, 0xff, 1]).toString("base64");
  const data = JSON.stringify({ code: 3, message: "wrong", status });
  const error = await failureOf((socket) => socket.onmessage({ data }) ?? socket.close(4003));
  assert.deepEqual([error.code, error.sentence, error.violations], ["INVALID_ARGUMENT", "wrong", []]);
});

test("a close tells the code where nothing was said in front of it", async () => {
  for (const [close, code] of [[4008, "RESOURCE_EXHAUSTED"], [4003, "INVALID_ARGUMENT"], [1006, "UNAVAILABLE"], [4999, "UNAVAILABLE"]]) {
    const error = await failureOf((socket) => socket.close(close));
    assert.deepEqual([error.code, error instanceof ServerError], [code, true], String(error));
  }
});

test("what is given wrong is an error of this package, and nothing is sent", async () => {
  const client = connectGrpc("127.0.0.1:1", { retry: { attempts: 1 } });
  const wrong = [
    [UsageError, () => client.recognize(SILENCE, { sampleRate: 16_000, hop: NaN })],
    [UsageError, () => all(client.stream(SILENCE, { sampleRate: 16_000, endpointing: { hangover: Infinity } }))],
    [AudioError, () => client.recognize(17)],
    [AudioError, () => all(client.stream(17, RAW))],
    [AudioError, () => all(client.stream(null, RAW))],
    [AudioError, () => all(client.stream([17], RAW))],
    [AudioError, () => all(client.stream(["text"], RAW))],
    [AudioError, () => all(client.stream([new Float64Array(16)], RAW))],
    [UsageError, async () => connectGrpc("127.0.0.1:1", { tls: { certificate: Buffer.from("c") } })],
    ...["", "secret\n"].flatMap((apiKey) => [
      [UsageError, async () => connectWebSocket("http://127.0.0.1:1", { apiKey })],
      [UsageError, async () => connectGrpc("127.0.0.1:1", { apiKey })],
    ]),
    ...[{ "my team": "calls" }, { "team-bin": "calls" }, { team: "Grüße" }].map((metadata) => [
      UsageError,
      async () => connectGrpc("127.0.0.1:1", { metadata }),
    ]),
  ];
  for (const [kind, work] of wrong) {
    const error = await work().then(() => assert.fail("it is wrong"), (own) => own);
    assert.ok(error instanceof kind && error instanceof UndertoneError, `${work}: ${error}`);
    assert.ok(!error.message.includes("secret"), "a key is never shown");
  }
  client.close();
});

test("where there is no WebSocket, a stream says so", async (t) => {
  const { WebSocket } = globalThis;
  delete globalThis.WebSocket;
  t.after(() => Object.assign(globalThis, WebSocket && { WebSocket }));
  const client = connectWebSocket("http://127.0.0.1:1");
  await assert.rejects(all(client.stream(SILENCE, { sampleRate: 16_000 })), (error) => error instanceof UsageError && /give one/.test(error.message));
});

for (const [name, way] of Object.entries(WAYS)) {
  test(`a client that is closed says so, and its streams end: ${name}`, { timeout: 60_000 }, async () => {
    const server = await Server.start();
    const client = way(server);
    const isTold = (error) => error instanceof UndertoneError && /this client is closed/.test(error.message);
    await assert.rejects(async () => {
      for await (const event of client.stream(await fromFile(CLIP), { realtime: true })) if (event.type === "started") client.close();
    }, isTold);
    await assert.rejects(client.recognize(SILENCE, { sampleRate: 16_000 }), isTold);
    await assert.rejects(all(client.stream(SILENCE, { sampleRate: 16_000 })), isTold);
    await assert.rejects(client.call(Models.method.listModels, {}), isTold);
    await server.close();
  });
}
