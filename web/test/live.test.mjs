// Two models hear the same microphone, and the same file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertFits, assertUsable, CLIP, open, picture, start, stop } from "./support.mjs";

before(start);
after(stop);

/** The colours of a picture, told apart coarsely, and how many of its pixels have each. */
const colours = (canvas) =>
  canvas.evaluate((own) => {
    const { data } = own.getContext("2d").getImageData(0, 0, own.width, own.height);
    const seen = {};
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 250) continue;
      const name = [data[at], data[at + 1], data[at + 2]].map((part) => part >> 4).join(",");
      seen[name] = (seen[name] ?? 0) + 1;
    }
    return seen;
  });

async function heard(page, panel) {
  await page.locator(".panel").nth(panel).locator(".finals li").first().waitFor();
}

/** Resolves behind the next frame, with which the page draws whatever has changed until now. */
const drawn = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Both panels show bands in several colours, a final result in words, and how late the answers were. */
async function assertAnswered(page) {
  await drawn(page);
  for (const place of [0, 1]) {
    const panel = page.locator(".panel").nth(place);
    const area = Object.values(await colours(panel.locator("canvas"))).filter((pixels) => pixels > 200);
    assert.ok(area.length >= 2, `bands in ${area.length} colours`);
    assert.match(await panel.locator(".now strong").innerText(), /^[a-z]+$/);
    assert.match(await panel.locator(".finals li").first().innerText(), /\d:\d\d\.\d – \d:\d\d\.\d/);
    assert.match(await panel.locator("canvas").getAttribute("aria-label"), /utterance 1 \w+/);
  }
  const waves = Object.values(await colours(page.locator(".wave")));
  assert.ok(waves.some((pixels) => pixels > 500), "the waveform is drawn");
}

test("what is spoken into the microphone is shown as both models hear it", async () => {
  for (const [size, dark] of [["wide", false], ["narrow", true]]) {
    const { page, troubles, close } = await open("live", { size, dark });
    await page.getByRole("button", { name: "Speak" }).click();
    await page.locator(".bands").first().waitFor();
    await heard(page, 0);
    await heard(page, 1);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("of the microphone.").waitFor();
    await assertAnswered(page);
    assert.match(await page.locator(".late").first().innerText(), /within \d+(\.\d+)? m?s/);
    await assertUsable(page);
    await assertFits(page);
    await picture(page, `live-microphone-${size}-${dark ? "dark" : "light"}`);
    assert.deepEqual(troubles, []);
    await close();
  }
});

test("a file that is chosen is shown as both models hear it, at its own pace and at once", async () => {
  const { page, troubles, close } = await open("live");
  for (const paced of [true, false]) {
    await page.getByLabel("at the pace they were spoken").setChecked(paced);
    await page.locator("#file").setInputFiles(CLIP);
    await page.getByText(/^Heard .* of .*\.wav\.$/).waitFor();
    await assertAnswered(page);
    assert.equal((await page.locator(".late").first().innerText()).includes("within"), paced);
    if (paced) await picture(page, "live-file-wide-light", { whole: false });
  }
  assert.deepEqual(troubles, []);
  await close();
});

test("a file that is dropped is heard", async () => {
  const { page, troubles, close } = await open("live");
  const bytes = readFileSync(CLIP).toString("base64");
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], "dropped.wav", { type: "audio/wav" }));
    return data;
  }, bytes);
  await page.locator(".drop").dispatchEvent("drop", { dataTransfer: dropped });
  await heard(page, 1);
  await page.getByText("Listening to dropped.wav.").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("a file that holds no audio is refused in words", async () => {
  const { page, close } = await open("live");
  await page.locator("#file").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no audio") });
  await page.getByText("notes.txt cannot be decoded").waitFor();
  await close();
});

test("a person's word about an answer is kept", async () => {
  const { page, troubles, close } = await open("live");
  await page.locator("#file").setInputFiles(CLIP);
  await heard(page, 0);
  const judge = page.locator(".panel").first().locator(".judge").first();
  await judge.selectOption("happy");
  await page.getByText("you said happy").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("a model that is chosen in place of another answers", async () => {
  const { page, close } = await open("live");
  const second = page.getByLabel("Second model", { exact: true }).locator("select");
  await second.selectOption("");
  await page.locator("#file").setInputFiles(CLIP);
  await heard(page, 0);
  assert.equal(await page.locator(".panel").nth(1).locator(".finals li").count(), 0);
  await close();
});
