// A real Chromium on the console of a real server, whose address is in UNDERTONE_CONSOLE. Pictures go to the folder in
// UNDERTONE_PICTURES, if one is named.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { UNDERTONE_CHROMIUM, UNDERTONE_PICTURES } = process.env;
export const CONSOLE = process.env.UNDERTONE_CONSOLE;
export const CLIP = process.env.UNDERTONE_CLIP;

/** Of a desk and of a telephone. */
const SIZES = { wide: { width: 1280, height: 1000 }, narrow: { width: 390, height: 844 } };
const SERIOUS = ["serious", "critical"];

/** Other tests run beside these, on few cores. */
const PATIENCE_MS = 90_000;

let browser;

/** Chromium, with a microphone that hears the clip once. */
export async function start() {
  browser = await chromium.launch({
    executablePath: UNDERTONE_CHROMIUM,
    args: [
      "--no-sandbox",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${CLIP}%noloop`,
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

export async function stop() {
  await browser?.close();
}

/** A page of the console. Its `troubles` are what the browser complained about, which is to be nothing. */
export async function open(place, { size = "wide", dark = false } = {}) {
  const colorScheme = dark ? "dark" : "light";
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(String(error)));
  await page.goto(`${CONSOLE}/#/${place}`);
  return { page, troubles, close: () => context.close() };
}

/** Nothing of what axe finds is serious, as the page is now. */
export async function assertUsable(page) {
  // The page's policy lets no script in, but does not hold the debugger.
  const found = await page.evaluate(`${AXE}; axe.run(document, { resultTypes: ["violations"] })`);
  const serious = found.violations.filter(({ impact }) => SERIOUS.includes(impact));
  const told = serious.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join("\n  ")}`);
  assert.deepEqual(told, []);
}

/** No part of the page hangs over its edge. */
export async function assertFits(page) {
  const { wide, there } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, there: innerWidth }));
  assert.ok(wide <= there, `the page is ${wide} pixels wide on a screen of ${there}`);
}

/** Keeps a picture of the whole page, or of what is on the screen. */
export async function picture(page, name, { whole = true } = {}) {
  if (UNDERTONE_PICTURES === undefined) return;
  mkdirSync(UNDERTONE_PICTURES, { recursive: true });
  await page.screenshot({ path: join(UNDERTONE_PICTURES, `${name}.png`), fullPage: whole });
}

/** The page as it looks to everybody: light and dark, at a desk and on a telephone; each of them usable. */
export async function everyLook(place, name, ready) {
  for (const size of Object.keys(SIZES)) {
    for (const dark of [false, true]) {
      const { page, troubles, close } = await open(place, { size, dark });
      await ready(page);
      await assertUsable(page);
      await assertFits(page);
      await picture(page, `${name}-${size}-${dark ? "dark" : "light"}`);
      await picture(page, `${name}-${size}-${dark ? "dark" : "light"}-top`, { whole: false });
      assert.deepEqual(troubles, []);
      await close();
    }
  }
}
