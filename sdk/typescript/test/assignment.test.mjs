import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "@undertone/client";
import { Allocation, assign, BUCKETS, bucket, experimentOf } from "@undertone/client/assignment";
import { ROOT } from "./support.mjs";

const vectors = JSON.parse(readFileSync(join(ROOT, "crates/experiments/reference/assignment.json"), "utf8"));
const allocation = (runs) => new Allocation(runs.map(([until, arm]) => ({ until, arm })));
const read = ({ salt, runs, slot, holdout }) => ({
  salt,
  allocation: allocation(runs),
  slot: { layer: slot.layer, start: slot.from, end: slot.until },
  holdout,
});

test("buckets are those of the vectors", () => {
  for (const [purpose, salt, key, expected] of vectors.buckets) assert.equal(bucket(purpose, salt, key), expected, key);
});

test("an experiment assigns as the vectors say", () => {
  const experiment = read(vectors.experiment);
  assert.deepEqual(Allocation.ofWeights(vectors.experiment.weights).runs, experiment.allocation.runs);
  for (const [key, expected] of Object.entries(vectors.experiment.outcomes)) {
    assert.equal(assign(experiment, key), typeof expected === "number" ? expected : expected.replace(" ", "_"));
  }
});

test("an experiment that a server told of assigns as the vectors say", () => {
  const { salt, runs, slot, holdout, outcomes } = vectors.experiment;
  const arms = [...new Set(runs.map(([, arm]) => arm))].sort().map((arm) => ({ name: `arm-${arm}` }));
  const told = {
    arms,
    allotment: {
      salt,
      runs: runs.map(([until, arm]) => ({ until, arm: `arm-${arm}` })),
      layer: { name: slot.layer, from: slot.from, until: slot.until },
      holdout: { name: holdout.salt, buckets: holdout.buckets },
    },
  };
  for (const [key, expected] of Object.entries(outcomes)) {
    assert.equal(assign(experimentOf(told), key), typeof expected === "number" ? expected : expected.replace(" ", "_"));
  }
});

test("an allotment that cannot be is told with what and where", () => {
  const told = (runs) => ({ name: "trial", arms: [{ name: "old" }, { name: "new" }], allotment: { salt: "pepper", runs } });
  const isTold = (sentence) => (error) => error instanceof UsageError && error.message === `experiment "trial": ${sentence}`;
  const runs = [{ until: 5000, arm: "old" }, { until: BUCKETS, arm: "oracle" }];
  assert.throws(() => experimentOf(told(runs)), isTold('allotment.runs[1] names the arm "oracle"; there are "old", "new"'));
  const old = { ...told(runs), allotment: undefined };
  assert.throws(() => experimentOf(old), isTold("the server does not tell what arms follow from; it is too old"));
  assert.throws(() => experimentOf(told(runs.slice(0, 1))), isTold("runs of buckets are in order and end at 10000, not 5000"));
});

test("kept runs say whose every bucket is", () => {
  for (const { history, runs } of vectors.allocations) {
    const counts = history.at(-1).map(() => 0);
    const own = allocation(runs);
    for (let place = 0; place < BUCKETS; place += 1) counts[own.arm(place)] += 1;
    assert.deepEqual(counts, history.at(-1));
  }
});

test("runs that do not cover all buckets are refused", () => {
  for (const ends of [[], [0, BUCKETS], [5000], [6000, 5000, BUCKETS], [BUCKETS + 1]]) {
    assert.throws(() => allocation(ends.map((end) => [end, 0])), UsageError);
  }
  assert.throws(() => Allocation.ofWeights([5000, 4999]), UsageError);
  for (const none of [-1, BUCKETS]) assert.throws(() => allocation([[BUCKETS, 0]]).arm(none), UsageError);
});

test("the hash is SHA-256 for messages of every length around a block", async () => {
  const { sha256 } = await import("../dist/sha256.js");
  for (let length = 0; length < 200; length += 1) {
    const message = randomBytes(length);
    const expected = createHash("sha256").update(message).digest("hex");
    assert.equal(Buffer.from(sha256(message)).toString("hex"), expected);
  }
});

test("all keys of the other languages get the same arms", (t) => {
  const file = process.env.UNDERTONE_ASSIGNMENTS;
  if (file === undefined) return t.skip("UNDERTONE_ASSIGNMENTS names no file; `cargo xtask test` makes one");
  const asked = JSON.parse(readFileSync(file, "utf8"));
  const experiment = read(asked);
  assert.equal(asked.keys.length, 1_000_000);
  assert.deepEqual(asked.keys.map((key) => assign(experiment, key)), asked.outcomes);
});
