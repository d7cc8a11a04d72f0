// Steps in the life of a drafted experiment, on a server that wants keys: one that reads, and one of an administrator.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertFits, assertUsable, CONSOLE, open, picture, start, stop } from "./support.mjs";

const NAME = "cnn-vs-lstm";
const { UNDERTONE_KEY, UNDERTONE_READING_KEY } = process.env;

before(start);
after(stop);

/** The experiment's page, seen with a key. */
async function seen(key, look) {
  const { page, troubles, close } = await open("streams", look);
  await page.evaluate((own) => sessionStorage.setItem("undertone.key", own), key);
  await page.goto(`${CONSOLE}/#/experiments/${NAME}`);
  await page.getByRole("region", { name: "Traffic" }).waitFor();
  return { page, troubles, close };
}

const traffic = (page) => page.getByRole("region", { name: "Traffic" });
const dialog = (page) => page.getByRole("dialog");

async function sign(page, why) {
  await dialog(page).getByLabel("Your name").fill("Ada");
  await dialog(page).getByLabel("Why").fill(why);
}

/** Takes a step, and waits until the page says what it came to. */
async function step(page, title, why, state) {
  await traffic(page).getByRole("button", { name: title }).click();
  await sign(page, why);
  await dialog(page).getByRole("button", { name: title }).click();
  await page.locator(".said-last").getByText(`${NAME} is ${state}.`).waitFor();
  await page.locator(".lead .badge").getByText(state, { exact: true }).waitFor();
  await page.getByRole("table", { name: "Who changed it" }).getByText(why).waitFor();
}

test("a step needs a name, a reason and a key that may", async () => {
  const { page, troubles, close } = await seen(UNDERTONE_READING_KEY);
  await traffic(page).getByRole("button", { name: "Start" }).click();
  await dialog(page).getByRole("button", { name: "Start" }).click();
  assert.ok(await dialog(page).isVisible(), "nothing is done without a name and a reason");
  await sign(page, "to see whether I may");
  await dialog(page).getByRole("button", { name: "Start" }).click();
  await dialog(page).getByRole("alert").getByText(/admin/).waitFor();
  await assertUsable(page);
  assert.equal(await dialog(page).getByLabel("Why").inputValue(), "to see whether I may", "what was entered stays");
  await dialog(page).getByRole("button", { name: "Cancel" }).click();
  await page.locator(".lead .badge").getByText("draft", { exact: true }).waitFor();
  assert.equal(await page.getByText("to see whether I may").count(), 0);
  assert.deepEqual(troubles, []);
  await close();
});

test("an experiment is started, weighed, paused, taken up again and decided from its page", async () => {
  const { page, troubles, close } = await seen(UNDERTONE_KEY);
  await step(page, "Start", "the plan is agreed on", "running");
  await traffic(page).getByRole("button", { name: "Pause" }).click();
  await dialog(page).getByRole("button", { name: "Cancel" }).click();
  await traffic(page).getByRole("button", { name: "Change weights" }).click();
  await sign(page, "the first day was quiet");
  await dialog(page).getByLabel("lstm, in percent").fill("70");
  await dialog(page).getByText("cnn takes the rest: 30 %").waitFor();
  await assertUsable(page);
  await picture(page, "experiment-ramp-wide-light", { whole: false });
  await dialog(page).getByRole("button", { name: "Change weights" }).click();
  await traffic(page).getByText("lstm lstm, 70 %").waitFor();
  await traffic(page).getByText("cnn cnn, 30 %, control").waitFor();
  await step(page, "Pause", "the machine is serviced", "paused");
  await step(page, "Start", "the machine is back", "running");
  await traffic(page).getByRole("button", { name: "Promote an arm" }).click();
  await dialog(page).getByLabel("Which arm").selectOption("lstm");
  await dialog(page).getByRole("button", { name: "Cancel" }).click();
  await traffic(page).getByRole("button", { name: "Promote an arm" }).click();
  await sign(page, "it hears more");
  await dialog(page).getByLabel("Which arm").selectOption("lstm");
  await dialog(page).getByRole("button", { name: "Promote an arm" }).click();
  await page.locator(".said-last").getByText(`${NAME} is decided.`).waitFor();
  await traffic(page).getByText("promoted").waitFor();
  const told = await page.getByRole("table", { name: "Who changed it" }).getByRole("row").allInnerTexts();
  const steps = told.map((row) => row.split("\t")[1]);
  assert.deepEqual(steps.slice(1), ["create", "start", "ramp lstm=70", "pause", "start", "promote lstm"]);
  assert.ok(told.slice(2).every((row) => row.includes("Ada (key ")), told.join("\n"));
  assert.deepEqual(await traffic(page).getByRole("button").allInnerTexts(), ["Archive"]);
  assert.deepEqual(troubles, []);
  await close();
});

test("a step is taken on a telephone, in the dark", async () => {
  const { page, troubles, close } = await seen(UNDERTONE_KEY, { size: "narrow", dark: true });
  await traffic(page).getByRole("button", { name: "Archive" }).click();
  await sign(page, "it is done");
  await assertUsable(page);
  await assertFits(page);
  await picture(page, "experiment-archive-narrow-dark", { whole: false });
  await dialog(page).getByRole("button", { name: "Archive" }).click();
  await page.locator(".said-last").getByText(`${NAME} is archived.`).waitFor();
  await traffic(page).getByRole("button").first().waitFor({ state: "detached" });
  assert.deepEqual(troubles, []);
  await close();
});
