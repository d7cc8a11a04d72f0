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

test("the bundle is as small as the page about it says", async () => {
  const client = inKib(await bundled(`export { connect } from "@undertone/client";`));
  const page = readFileSync(join(ROOT, "docs/sdk-typescript.md"), "utf8");
  const stated = Number(/(\d+) KiB compressed/.exec(page)?.[1]);
  console.log(`the client over a WebSocket: ${client.toFixed(1)} KiB compressed`);
  assert.ok(client <= stated && client > stated - 3, `${client} KiB, and the page says ${stated}`);
});

test("who assigns offline loads neither the client nor the messages", async () => {
  const text = await bundled(`export { assign } from "@undertone/client/assignment";`);
  assert.ok(inKib(text) < 2, `${inKib(text)} KiB`);
  assert.ok(!text.includes("WebSocket"));
});
