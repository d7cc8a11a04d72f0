// The pages of models and of streams.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertUsable, CLIP, everyLook, open, picture, start, stop } from "./support.mjs";

before(start);
after(stop);

const version = (page, name) => page.getByRole("row").filter({ hasText: name });

test("versions and what they say about themselves are seen", async () => {
  await everyLook("models", "models", async (page) => {
    await version(page, "cnn 1").first().getByText("ready").waitFor();
    await page.getByText("on speakers it never heard").first().waitFor();
  });
});

test("a card is shown as a text with headings and tables", async () => {
  const { page, troubles, close } = await open("models");
  const own = page.getByRole("region", { name: /^cnn@/ });
  await own.getByText("Card", { exact: true }).click();
  await own.locator(".markdown h3, .markdown h4").first().waitFor();
  assert.ok((await own.locator(".markdown p").count()) > 1);
  await assertUsable(page);
  assert.deepEqual(troubles, []);
  await close();
});

test("a version is taken out of service and brought back", async () => {
  const { page, troubles, close } = await open("models");
  await version(page, "lstm").getByRole("button", { name: /^Unload/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.match(await version(page, "lstm").innerText(), /ready/, "nothing is done without a yes");
  await version(page, "lstm").getByRole("button", { name: /^Unload/ }).click();
  await assertUsable(page);
  await page.getByRole("dialog").getByRole("button", { name: "Unload" }).click();
  await page.getByText("is out of service.").waitFor();
  await version(page, "lstm").getByText("unloaded", { exact: true }).waitFor();
  await version(page, "lstm").getByRole("button", { name: /^Load/ }).click();
  await version(page, "lstm").getByText("ready", { exact: true }).waitFor();
  await page.getByLabel(/^NAME@VERSION/).fill("oracle@1.0.0");
  await page.getByRole("button", { name: "Load", exact: true }).click();
  await page.locator(".said-last.problem").getByText("oracle").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("a stream is seen while it is open, and not afterwards", async () => {
  const { page: speaker, close: closeSpeaker } = await open("live");
  const { page: watcher, troubles, close } = await open("streams");
  await watcher.getByText("No stream is open at this server.").waitFor();
  await speaker.locator("#file").setInputFiles(CLIP);
  await watcher.getByText("2 streams are open at this server.").waitFor();
  const row = watcher.getByRole("row").filter({ hasText: "lstm" });
  await row.getByText(/speaking|silent/).waitFor();
  await row.getByText("client=console").waitFor();
  await row.getByText(/^[a-z]+ \d+ %$/).waitFor();
  await assertUsable(watcher);
  await picture(watcher, "streams-wide-light", { whole: false });
  await watcher.getByText("No stream is open at this server.").waitFor();
  assert.deepEqual(troubles, []);
  await closeSpeaker();
  await close();
});
