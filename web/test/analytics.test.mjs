// A day of records of two models, and one recording of a team that is called blue.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertUsable, everyLook, open, start, stop } from "./support.mjs";

const OF_BLUE = Number(process.env.UNDERTONE_OF_BLUE);

before(start);
after(stop);

const section = (page, title) => page.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

/** How many answers the figures of a section are about, by the words in front of the number. */
async function answers(page, title) {
  const captions = await section(page, title).locator("figcaption").allInnerTexts();
  return Object.fromEntries(captions.map((text) => /^(.*?) ([\d\u202f]+) answers?/.exec(text)?.slice(1, 3) ?? [text, ""]));
}

async function ready(page) {
  for (const title of ["Emotions", "Confidence", "Time of the server"]) {
    await section(page, title).locator("figure").first().waitFor();
  }
  await section(page, "Drift").getByRole("table").or(section(page, "Drift").getByText("Nothing can be compared")).first().waitFor();
  await section(page, "Drift from the training").getByRole("table").or(section(page, "Drift from the training").getByText("No answers")).first().waitFor();
  await section(page, "Judged answers").getByRole("table").or(section(page, "Judged answers").getByText("Nobody")).first().waitFor();
  await section(page, "Agreement of models").getByText("No two models").waitFor();
}

test("figures of a day are seen by everybody", async () => {
  await everyLook("analytics?hours=24", "analytics", ready);
});

test("what is drawn is what was recorded", async () => {
  const { page, troubles, close } = await open("analytics?hours=6&step=hour&group=model");
  await ready(page);
  const emotions = await answers(page, "Emotions");
  assert.deepEqual(Object.keys(emotions), ["cnn", "lstm"]);
  assert.deepEqual(await answers(page, "Confidence"), emotions, "both count the same answers");
  const first = section(page, "Emotions").locator("figure").first();
  await first.getByText("As a table").click();
  const rows = await first.getByRole("row").allInnerTexts();
  assert.ok(rows.length >= 6, "an hour a row");
  const told = rows.slice(1).reduce((sum, row) => sum + Number(row.split("\t")[1].replaceAll("\u202f", "")), 0);
  assert.equal(told, Number(emotions.cnn.replaceAll("\u202f", "")));
  const painted = await first.locator("canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colours.add(`${data[at] >> 5},${data[at + 1] >> 5},${data[at + 2] >> 5}`);
    return colours.size;
  });
  assert.ok(painted >= 4, `bars in ${painted} colours`);
  assert.deepEqual(troubles, []);
  await close();
});

test("what people said of answers is told beside them", async () => {
  const { page, troubles, close } = await open("analytics?hours=24&group=model");
  const judged = section(page, "Judged answers");
  const row = judged.getByRole("row").filter({ hasText: /^cnn/ }).first();
  await row.waitFor();
  assert.equal((await row.innerText()).split("\t")[1], String(OF_BLUE));
  await judged.getByText("What was right, and what was answered: cnn").click();
  const truths = judged.getByRole("region", { name: "Truth and answers of cnn" }).getByRole("row").filter({ hasText: /^calm/ });
  const met = (await truths.innerText()).match(/\d+/g).reduce((sum, times) => sum + Number(times), 0);
  assert.equal(met, OF_BLUE, "calm was right of each");
  await assertUsable(page);
  assert.deepEqual(troubles, []);
  await close();
});

test("what was heard is compared with the training", async () => {
  const { page, troubles, close } = await open("analytics?hours=24");
  const drift = section(page, "Drift from the training");
  const measures = drift.getByRole("row").filter({ hasText: /^cnn/ });
  await measures.first().waitFor();
  const told = (await measures.allInnerTexts()).map((row) => row.split("\t")[1]);
  assert.deepEqual(told, ["level", "speech over noise", "share of speech", "pitch", "emotions answered"]);
  assert.deepEqual(troubles, []);
  await close();
});

test("time, groups and filters are chosen on the page, and stand in its address", async () => {
  const { page, troubles, close } = await open("analytics");
  await ready(page);
  await page.locator("[name=hours]").selectOption("1");
  await page.waitForURL(/hours=1\b/);
  await page.getByLabel("model", { exact: true }).uncheck();
  await page.waitForURL(/group=(&|$)/);
  await section(page, "Emotions").getByText("all answers").first().waitFor();
  await page.getByText("Filters", { exact: true }).click();
  await page.locator("[name=label]").fill("team=blue");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/label=team%3Dblue/);
  await ready(page);
  assert.deepEqual(await answers(page, "Emotions"), { "all answers": String(OF_BLUE) });
  await page.reload();
  await ready(page);
  assert.deepEqual(await answers(page, "Emotions"), { "all answers": String(OF_BLUE) }, "an address is enough");
  assert.equal(await page.locator("[name=label]").inputValue(), "team=blue");
  assert.deepEqual(troubles, []);
  await close();
});

test("what the server refuses is told in its words", async () => {
  const { page, close } = await open("analytics?hours=24&label=blue");
  await section(page, "Emotions").getByText("KEY=VALUE").waitFor();
  await assertUsable(page);
  await close();
});

test("the pages are used with the keyboard alone", async () => {
  const { page, close } = await open("analytics");
  await ready(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the page");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "hours");
  await close();
});
