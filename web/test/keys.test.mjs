// A server that wants keys.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertUsable, CLIP, CONSOLE, open, start, stop } from "./support.mjs";

const KEY = process.env.UNDERTONE_KEY;

before(start);
after(stop);

async function enter(page, key) {
  await page.getByRole("button", { name: "Enter another key" }).first().click();
  await page.getByLabel("Key", { exact: true }).fill(key);
  await assertUsable(page);
  await page.getByRole("button", { name: "Use this key" }).click();
}

test("every page asks for a key where the server does, and works with one", async () => {
  const { page, close } = await open("models");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByText("wants a key").waitFor();
  await enter(page, "utk_nonsense");
  await page.getByText("is not known here").waitFor();
  await enter(page, KEY);
  await page.getByRole("row").filter({ hasText: "cnn" }).waitFor();
  for (const [place, there] of [["streams", "No stream is open"], ["analytics", "No answers are recorded"], ["experiments", "There are no experiments"]]) {
    await page.goto(`${CONSOLE}/#/${place}`);
    await page.getByText(there).first().waitFor();
  }
  await page.goto(`${CONSOLE}/#/live`);
  await page.locator("#file").setInputFiles(CLIP);
  await page.locator(".finals li").first().waitFor();
  assert.ok(asked.length > 3 && asked.every((url) => !url.includes(KEY)), "the key is in no address");
  assert.ok(!page.url().includes(KEY));
  const kept = await page.evaluate(() => JSON.stringify([localStorage, document.cookie]));
  assert.ok(!kept.includes(KEY), "and nowhere but in the tab");
  await close();
});

test("a key is forgotten with its tab, and when the reader says so", async () => {
  const { page, close } = await open("models");
  await page.getByText("wants a key").waitFor();
  await enter(page, KEY);
  await page.getByRole("button", { name: "API key set" }).click();
  await page.getByRole("button", { name: "Forget the key" }).click();
  await page.getByText("wants a key").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await close();
});
