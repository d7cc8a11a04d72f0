// What a page has to load.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./support.mjs";

async function bundled(contents) {
  const options = { bundle: true, minify: true, format: "esm", write: false, platform: "browser" };
  const { outputFiles } = await build({ stdin: { contents, resolveDir: import.meta.dirname }, ...options });
  return outputFiles[0].text;
}

const inKib = (text) => gzipSync(text, { level: 9 }).length / 1024;

const CLIENT = `export { connect } from "@undertone/client";`;

/** A size is stated in whole KiB, rounded up. */
function assertStated(size, stated) {
  assert.ok(size <= stated && size > stated - 1, `${size} KiB, and the page says ${stated}`);
}

test("the bundle is as small as the page about it says", async () => {
  const text = await bundled(CLIENT);
  const page = readFileSync(join(ROOT, "docs/sdk-typescript.md"), "utf8");
  const [, compressed, minified] = /(\d+) KiB compressed \((\d+) KiB minified\)/.exec(page);
  console.log(`the client over a WebSocket: ${inKib(text).toFixed(1)} KiB compressed, ${(text.length / 1024).toFixed(1)} KiB minified`);
  assertStated(inKib(text), Number(compressed));
  assertStated(text.length / 1024, Number(minified));
  const both = await bundled(`${CLIENT} export { Microphone } from "@undertone/client/microphone";`);
  assertStated(inKib(both) - inKib(text), Number(/the microphone adds (\d+) KiB/.exec(page)[1]));
  const assignment = await bundled(`export * from "@undertone/client/assignment";`);
  assertStated(inKib(assignment), Number(/assignment alone loads (\d+) KiB/.exec(page)[1]));
});

test("who takes a part of the package loads that part alone", async () => {
  const assignment = await bundled(`export * from "@undertone/client/assignment";`);
  const error = await bundled(`import { ServerError } from "@undertone/client"; export { ServerError };`);
  for (const text of [assignment, error]) {
    assert.ok(inKib(text) < 2, `${inKib(text)} KiB`);
    for (const other of ["WebSocket", "StreamingRecognize", "undertone.v1"]) assert.ok(!text.includes(other), other);
  }
  assert.ok(!(await bundled(CLIENT)).includes("AudioWorklet"), "nor does a client without a microphone hold one");
});
