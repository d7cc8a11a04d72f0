// The server's other services, over gRPC and, as from a page, in gRPC-web.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { connect, ServerError, UsageError } from "@undertone/client";
import { assign, experimentOf } from "@undertone/client/assignment";
import { connect as connectGrpc, fromFile } from "@undertone/client/node";
import { Experiments, Feedback, Models, Streams } from "@undertone/client/v1";
import { all, CLIP, ROOT, Server, WAYS, using } from "./support.mjs";

const PATIENT = { retry: { attempts: 1000, firstDelay: 0.01, longestDelay: 0.05 } };

for (const [name, way] of Object.entries(WAYS)) {
  describe(name, () => {
    let server;
    let client;
    before(async () => {
      server = await Server.start();
      client = way(server);
    });
    after(async () => {
      client.close();
      await server.close();
    });

    test("models are listed, and one that is not there is named", async () => {
      const { models } = await client.call(Models.method.listModels, {});
      assert.deepEqual(models.map(({ reference }) => reference.name), ["cnn", "lstm"]);
      const { card } = await client.call(Models.method.getModel, { model: "cnn" });
      assert.match(card, /^# /);
      const missing = await client.call(Models.method.getModel, { model: "oracle" }).catch((error) => error);
      assert.ok(missing instanceof ServerError, String(missing));
      assert.deepEqual([missing.code, missing.resource], ["NOT_FOUND", "oracle"]);
      assert.match(missing.sentence, /oracle/);
    });

    test("a judgement that is sent again is known, and every wrong field is named", async () => {
      const { utterances } = await client.recognize(await fromFile(CLIP));
      const id = "0c5b7a52-6f7e-4f62-9a36-0f3a1b6c4d5e";
      const verdict = { case: "label", value: "angry" };
      const judgements = [{ id, about: { case: "predictionId", value: utterances[0].predictionId }, verdict, source: "test" }];
      const first = await client.call(Feedback.method.giveFeedback, { judgements });
      const again = await client.call(Feedback.method.giveFeedback, { judgements });
      assert.deepEqual([first.accepted, again.accepted, again.known], [1, 0, 1]);
      const wrong = await client.call(Feedback.method.giveFeedback, { judgements: [{ ...judgements[0], id: "seven" }] }).catch((error) => error);
      assert.equal(wrong.code, "INVALID_ARGUMENT");
      assert.deepEqual(wrong.violations.map(({ field }) => field), ["judgements[0].id"]);
    });

    test("what is told of an experiment is enough to know its arms without asking", async () => {
      server.run("experiments", "create", join(ROOT, "examples/experiments/cnn-vs-lstm.toml"), "--why", "to see");
      server.run("experiments", "start", "cnn-vs-lstm", "--why", "to see");
      const asked = { name: "cnn-vs-lstm" };
      const { experiment } = await client.call(Experiments.method.getExperiment, asked);
      const offline = experimentOf(experiment);
      const seen = new Set();
      for (let number = 0; number < 50; number += 1) {
        const key = `person-${number}`;
        const { arm } = await client.call(Experiments.method.assign, { ...asked, key });
        assert.equal(experiment.arms[assign(offline, key)].name, arm, key);
        seen.add(arm);
      }
      assert.equal(seen.size, 2);
    });

    test("a key is asked for, and what it may not do is refused", async () => {
      const own = await Server.start("auth.keys=true", "auth.refresh=20ms");
      const key = own.newKey();
      const codeWith = (options) =>
        using(way(own, options), (client) => client.call(Streams.method.listStreams, {}).then(() => "OK", ({ code }) => code));
      assert.equal(await codeWith({}), "UNAUTHENTICATED");
      // The server reads its keys now and then.
      while ((await codeWith({ apiKey: key })) === "UNAUTHENTICATED");
      assert.equal(await codeWith({ apiKey: key }), "PERMISSION_DENIED", "it lacks the scope");
      await own.close();
    });

    test("what reads is asked again until the server is there, and what changes something is asked once", async () => {
      const own = await Server.start();
      await own.stop();
      await using(way(own, PATIENT), async (client) => {
        const change = await client.call(Models.method.unloadModel, { model: "cnn" }).catch((error) => error);
        assert.equal(change.code, "UNAVAILABLE");
        const [{ models }] = await Promise.all([client.call(Models.method.listModels, {}), own.start()]);
        assert.equal(models.length, 2);
      });
      await own.close();
    });

    test("a deadline and an abort end a call with their reason", async () => {
      const own = await Server.start();
      await own.stop();
      await using(way(own, PATIENT), async (client) => {
        const late = client.call(Models.method.listModels, {}, { signal: AbortSignal.timeout(100) });
        await assert.rejects(late, { name: "TimeoutError" });
        const reason = new Error("enough");
        await assert.rejects(client.call(Models.method.listModels, {}, { signal: AbortSignal.abort(reason) }), reason);
      });
      await own.close();
    });
  });
}

test("an answer that is no gRPC is told as what it stands for", async (t) => {
  let status;
  const headers = [];
  const site = createServer((request, response) => {
    headers.push(request.headers);
    response.writeHead(status, { "content-type": "text/html" }).end("<h1>busy</h1>");
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  t.after(() => site.close() && site.closeAllConnections());
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const client = connect(`http://127.0.0.1:${site.address().port}/behind/`, {
    retry: { attempts: 1 },
    apiKey: "key",
    traceparent: () => traceparent,
  });
  const codes = { 200: "UNKNOWN", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED", 502: "UNAVAILABLE", 503: "UNAVAILABLE" };
  for (const [number, code] of Object.entries(codes)) {
    status = Number(number);
    const error = await client.call(Models.method.listModels, {}).catch((own) => own);
    assert.deepEqual([error.code, error instanceof ServerError], [code, true], String(error));
    assert.match(error.sentence, new RegExp(`answered ${number}`));
  }
  assert.equal(headers[0].authorization, "Bearer key");
  assert.equal(headers[0].traceparent, traceparent);
  const wrong = connect("http://127.0.0.1:1", { traceparent: () => "yesterday" });
  await assert.rejects(wrong.call(Models.method.listModels, {}), UsageError);
});

test("key, trace context and metadata go with every call over gRPC", async (t) => {
  const seen = [];
  const method = (path, streaming) => ({
    path,
    requestStream: streaming,
    responseStream: streaming,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => bytes,
  });
  const refused = { code: grpc.status.UNIMPLEMENTED, details: "seen" };
  const front = new grpc.Server();
  front.addService(
    { list: method("/undertone.v1.Models/ListModels", false), stream: method("/undertone.v1.Recognizer/StreamingRecognize", true) },
    {
      list: ({ metadata }, answer) => seen.push(metadata.getMap()) && answer(refused),
      stream: (call) => seen.push(call.metadata.getMap()) && call.emit("error", refused),
    },
  );
  const port = await new Promise((resolve) => front.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, own) => resolve(own)));
  t.after(() => front.forceShutdown());
  const contexts = [1, 2].map((number) => `00-${String(number).padStart(32, "0")}-00000000000000aa-01`);
  const asked = [...contexts];
  const options = { apiKey: "secret", metadata: { "X-Team": "calls" }, traceparent: () => asked.shift() };
  await using(connectGrpc(`127.0.0.1:${port}`, options), async (client) => {
    await assert.rejects(client.call(Models.method.listModels, {}), /seen/);
    await assert.rejects(all(client.stream(new Int16Array(160), { sampleRate: 16_000 })), /seen/);
    await assert.rejects(client.call(Models.method.listModels, {}), /seen/);
  });
  assert.deepEqual(seen.map(({ authorization }) => authorization), Array(3).fill("Bearer secret"));
  assert.deepEqual(seen.map((own) => own["x-team"]), Array(3).fill("calls"));
  assert.deepEqual(seen.map(({ traceparent }) => traceparent), [...contexts, undefined]);
});
