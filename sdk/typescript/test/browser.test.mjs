// The client in a real browser: Chromium, over the WebSocket, and its microphone.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { connect } from "@undertone/client/node";
import { CAPTURE_MODULE } from "@undertone/client/microphone";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { CLIP, fixture, Server, samples } from "./support.mjs";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const skip = CHROMIUM === undefined && "SKIPPED: there is no Chromium; install Debian's package chromium";

let page;
let browser;
let site;
let origin;
before(async () => {
  if (skip) return;
  const bundled = await build({
    stdin: {
      contents: `
        export { collect, connect } from "@undertone/client";
        export { Microphone } from "@undertone/client/microphone";
        export { AudioError } from "@undertone/client";
        export { assign, Allocation } from "@undertone/client/assignment";
        export { Models, Streams } from "@undertone/client/v1";`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: "esm",
    write: false,
  });
  const files = {
    "/": ["text/html", "<!doctype html><title>Undertone</title>"],
    "/strict": ["text/html", "<!doctype html><title>Strict</title>", { "content-security-policy": "script-src 'self'" }],
    "/capture.js": ["text/javascript", CAPTURE_MODULE],
    "/client.js": ["text/javascript", bundled.outputFiles[0].text],
    "/talk.wav": ["audio/wav", await readFile(CLIP)],
    "/tones.flac": ["audio/flac", await readFile(fixture("tones_stereo24.flac"))],
    "/tones.opus": ["audio/ogg", await readFile(fixture("tones_mono.opus"))],
  };
  site = createServer(({ url }, response) => {
    const [type, body, more] = files[url] ?? ["text/plain", ""];
    response.writeHead(url in files ? 200 : 404, { "content-type": type, ...more }).end(body);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${site.address().port}`;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${CLIP}%noloop`,
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  page = await browser.newPage();
  await page.goto(origin);
});
after(async () => {
  await browser?.close();
  site?.close();
});

test("the same file through Chromium's WebSocket and through gRPC has identical probabilities", { skip }, async () => {
  const server = await Server.start(`http.allowed_origins=${origin}`);
  const own = connect(server.grpc);
  const expected = await own.recognize(samples(), { sampleRate: 16_000 });
  own.close();
  const found = await page.evaluate(async (url) => {
    const { connect } = await import("/client.js");
    const client = connect(url);
    return client.recognize(await (await fetch("/talk.wav")).blob());
  }, `http://${server.http}`);
  const told = ({ utterances }) => utterances.map(({ start, end, probabilities }) => ({ start, end, probabilities }));
  assert.ok(found.utterances.length > 0);
  assert.deepEqual(told(found), told(expected));
  await server.close();
});

test("Chromium makes samples of FLAC and Ogg files, so that their streams can be taken up again", { skip }, async () => {
  const server = await Server.start(`http.allowed_origins=${origin}`);
  const own = connect(server.grpc);
  for (const name of ["tones_stereo24.flac", "tones_mono.opus"]) {
    const { duration } = await own.recognize(await readFile(fixture(name)));
    const place = name.endsWith(".flac") ? "/tones.flac" : "/tones.opus";
    const [started, ended] = await page.evaluate(async ([url, place]) => {
      const { connect } = await import("/client.js");
      const events = [];
      for await (const event of connect(url).stream(await (await fetch(place)).blob())) events.push(event);
      const { resumable, config } = events[0];
      return [{ resumable, channels: config.audio.channels }, events.at(-1)];
    }, [`http://${server.http}`, place]);
    assert.equal(started.resumable, true, name);
    assert.equal(started.channels, name.includes("stereo") ? 2 : 1, name);
    assert.ok(Math.abs(ended.audioDuration - duration) < 0.02, `${name}: ${ended.audioDuration} s, and ${duration} s`);
  }
  own.close();
  await server.close();
});

test("what is spoken into the browser's microphone is recognised while it is spoken", { skip }, async () => {
  const server = await Server.start(`http.allowed_origins=${origin}`);
  const events = await page.evaluate(async (url) => {
    const { connect, Microphone } = await import("/client.js");
    const microphone = await Microphone.open();
    const events = [];
    for await (const event of connect(url).stream(microphone, { interim: true })) {
      events.push({ type: event.type, top: event.top, rate: event.config?.audio?.sampleRateHertz });
      if (event.type === "final") await microphone.close();
    }
    return { events, dropped: microphone.droppedChunks };
  }, `http://${server.http}`);
  const types = events.events.map((event) => event.type);
  assert.equal(types[0], "started");
  assert.ok(events.events[0].rate >= 8000, "the rate of the sound card");
  assert.ok(types.indexOf("interim") > 0 && types.indexOf("interim") < types.indexOf("final"));
  assert.equal(types.at(-1), "ended");
  assert.equal(events.dropped, 0);
  await server.close();
});

test("a microphone whose module a page's policy forbids is closed, and takes the module from a file", { skip }, async () => {
  const strict = await browser.newPage();
  await strict.goto(`${origin}/strict`);
  const told = await strict.evaluate(async () => {
    const { AudioError, Microphone } = await import("/client.js");
    const tracks = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
    const error = await Microphone.open().catch((own) => own);
    const refused = { isOurs: error instanceof AudioError, sentence: error.message, states: tracks.map(({ readyState }) => readyState) };
    const microphone = await Microphone.open({ module: "/capture.js" });
    const heard = await microphone[Symbol.asyncIterator]().next();
    await microphone.close();
    await microphone.close();
    return { refused, samples: heard.value.length };
  });
  assert.deepEqual([told.refused.isOurs, told.refused.states], [true, ["ended"]]);
  assert.match(told.refused.sentence, /give module/);
  assert.ok(told.samples > 0);
  await strict.close();
});

test("a microphone that goes away ends what listens to it", { skip }, async () => {
  const ended = await page.evaluate(async () => {
    const { Microphone } = await import("/client.js");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const microphone = await Microphone.open({ stream });
    let chunks = 0;
    for await (const _ of microphone) {
      chunks += 1;
      // What a browser does when the device is pulled out.
      if (chunks === 3) stream.getTracks()[0].dispatchEvent(new Event("ended"));
    }
    return chunks;
  });
  assert.ok(ended >= 3);
});

test("a page of another origin is refused", { skip }, async () => {
  const server = await Server.start();
  const told = await page.evaluate(async (url) => {
    const { connect } = await import("/client.js");
    const client = connect(url, { retry: { attempts: 1 } });
    return client.recognize(new Float32Array(16_000), { sampleRate: 16_000 }).catch((error) => error.code);
  }, `http://${server.http}`);
  assert.equal(told, "UNAVAILABLE", "a browser tells no more about a refused upgrade");
  await server.close();
});

test("a page of a listed origin calls the other services, and is told what is refused", { skip }, async () => {
  const server = await Server.start(`http.allowed_origins=${origin}`, "auth.keys=true", "auth.refresh=20ms");
  const told = await page.evaluate(async ([url, apiKey]) => {
    const { connect, Models, Streams } = await import("/client.js");
    const code = (client, method, request) => client.call(method, request).then(() => "OK", ({ code, resource }) => resource ?? code);
    const client = connect(url, { apiKey });
    // The server reads its keys now and then.
    while ((await code(client, Models.method.listModels, {})) === "UNAUTHENTICATED");
    const { models } = await client.call(Models.method.listModels, {});
    return {
      models: models.map(({ reference }) => reference.name),
      missing: await code(client, Models.method.getModel, { model: "oracle" }),
      beyond: await code(client, Streams.method.listStreams, {}),
      stranger: await code(connect(url), Models.method.listModels, {}),
      gone: await code(connect("http://127.0.0.1:1", { retry: { attempts: 1 } }), Models.method.listModels, {}),
    };
  }, [`http://${server.http}`, server.newKey()]);
  assert.deepEqual(told.models, ["cnn", "lstm"]);
  assert.equal(told.missing, "oracle");
  assert.deepEqual([told.beyond, told.stranger, told.gone], ["PERMISSION_DENIED", "UNAUTHENTICATED", "UNAVAILABLE"]);
  await server.close();
});

test("assignment in the browser is that of everywhere", { skip }, async () => {
  const { Allocation, assign } = await import("@undertone/client/assignment");
  const keys = Array.from({ length: 200 }, (_, number) => `spräker-${number}`);
  const here = { salt: "s", allocation: Allocation.ofWeights([3000, 7000]) };
  const there = await page.evaluate(async (keys) => {
    const { Allocation, assign } = await import("/client.js");
    const experiment = { salt: "s", allocation: Allocation.ofWeights([3000, 7000]) };
    return keys.map((key) => assign(experiment, key));
  }, keys);
  assert.deepEqual(there, keys.map((key) => assign(here, key)));
});
