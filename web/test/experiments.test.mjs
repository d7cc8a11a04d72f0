// An experiment of two models and one that listens along, with answers and with feedback about them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { assertUsable, everyLook, open, picture, start, stop } from "./support.mjs";

const NAME = "cnn-vs-lstm";
const PEOPLE = Number(process.env.UNDERTONE_PEOPLE);

before(start);
after(stop);

test("experiments are listed with their arms and their state", async () => {
  await everyLook("experiments", "experiments", async (page) => {
    const own = page.getByRole("region", { name: NAME });
    await own.getByText("running").waitFor();
    await own.getByText("listens along").waitFor();
  });
});

test("what an experiment says is seen: decision, sequence, differences, recall", async () => {
  await everyLook(`experiments/${NAME}`, "experiment", async (page) => {
    await page.locator(".decision").first().waitFor();
    await page.locator(".sequence .band").first().waitFor();
    await page.getByRole("img", { name: "Recall of each emotion, by arm" }).waitFor();
  });
});

test("the page says the same as the report", async () => {
  const { page, troubles, close } = await open(`experiments/${NAME}`);
  await page.locator(".decision").first().waitFor();
  const arms = await page.getByRole("region", { name: "Figures of each arm" }).getByRole("row").allInnerTexts();
  const subjects = arms.find((row) => row.startsWith("subjects")).split("\t").slice(1).map(Number);
  assert.equal(subjects[0] + subjects[1], PEOPLE, "everybody has one live arm");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the report as a page" }).click();
  const saved = await readFile(await (await saving).path(), "utf8");
  for (const sentence of await page.locator(".decision").allInnerTexts()) assert.ok(saved.includes(sentence), sentence);
  await page.getByRole("link", { name: "← All experiments" }).click();
  await page.getByRole("region", { name: NAME }).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("segments and corrections are seen as the report tells them", async () => {
  const { page, troubles, close } = await open(`experiments/${NAME}`);
  const segments = page.getByRole("region", { name: "The deciding figure by segment" });
  await segments.getByRole("row", { name: /^sex = F/ }).waitFor();
  await page.getByText(/segments some look different by chance/).waitFor();
  const judged = await segments.getByRole("row", { name: /^sex = / }).allInnerTexts();
  assert.ok(judged.length === 2 && judged.every((row) => row.split("\t").length === 4), judged.join("\n"));
  const corrected = page.getByRole("region", { name: "The comparisons, corrected" });
  const p = await corrected.getByRole("row", { name: "lstm less cnn: many comparisons" }).innerText();
  assert.match(p, /p (= \d\.\d{4}|below)/);
  await page.getByText(/latency of 50 %: [+−]/).waitFor();
  await assertUsable(page);
  assert.deepEqual(troubles, []);
  await close();
});

test("an experiment that is not there is told in words", async () => {
  const { page, close } = await open("experiments/oracle");
  await page.getByRole("alert").getByText("oracle").waitFor();
  await close();
});

test("how far the models agree is seen among the figures", async () => {
  const { page, troubles, close } = await open("analytics?hours=1&group=arm");
  const own = page.locator("section").filter({ has: page.getByRole("heading", { name: "Agreement of models" }) });
  await own.getByText("cnn@1.0.0 and lstm@1.0.0").first().waitFor();
  await own.getByText(/^Which labels met/).click();
  const same = await own.locator(".heat.is-same").allInnerTexts();
  assert.ok(same.some((times) => Number(times) > 0), "they say the same now and then");
  await page.getByText(`arm ${NAME}/cnn`).first().waitFor();
  await assertUsable(page);
  await picture(page, "agreement-wide-light");
  assert.deepEqual(troubles, []);
  await close();
});
