// A server that nobody has spoken to.
import { after, before, test } from "node:test";
import { everyLook, start, stop } from "./support.mjs";

before(start);
after(stop);

const PAGES = {
  live: "Speak, or choose a recording",
  streams: "No stream is open at this server.",
  analytics: "No answers are recorded in this time.",
  experiments: "There are no experiments.",
};

for (const [place, told] of Object.entries(PAGES)) {
  test(`${place} says what is missing and how to get it`, async () => {
    await everyLook(place, `empty-${place}`, (page) => page.getByText(told).first().waitFor());
  });
}
