// What is kept of a stream until the server has acknowledged it, and when a call is made again.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ServerError } from "@undertone/client";
import { Replay } from "../dist/replay.js";
import { mayPass, RetryPolicy } from "../dist/retry.js";

const END = { action: { case: "endUtterance", value: {} } };
const FLUSH = { action: { case: "flush", value: {} } };

function held(replay) {
  const items = [];
  for (let number = replay.first; replay.item(number) !== undefined; number += 1) items.push(replay.item(number));
  return items;
}

test("what is left is the audio behind any acknowledged byte", () => {
  const audio = randomBytes(1000);
  for (let position = 0; position <= 1000; position += 7) {
    const replay = new Replay(10_000);
    for (let start = 0; start < 1000; start += 130) replay.add(audio.subarray(start, start + 130));
    replay.forget(position);
    const items = held(replay);
    assert.deepEqual(Buffer.concat(items.map(({ data }) => data)), audio.subarray(position));
    assert.equal(items[0]?.start ?? position, position);
  }
});

test("a large chunk goes in pieces that servers take", () => {
  const replay = new Replay(2 ** 30);
  replay.add(new Uint8Array(1_000_001));
  const items = held(replay);
  assert.equal(Math.max(...items.map(({ data }) => data.length)), 64 * 1024);
  assert.equal(items.at(-1).start + items.at(-1).data.length, 1_000_001);
});

test("a mark stays until audio behind it is acknowledged", () => {
  const replay = new Replay(100);
  replay.add(Buffer.from("0123"));
  replay.mark(END);
  replay.mark(FLUSH);
  replay.add(Buffer.from("4567"));
  const told = () => held(replay).map((item) => item.control?.action.case ?? Buffer.from(item.data).toString());
  replay.forget(4);
  assert.deepEqual(told(), ["endUtterance", "flush", "4567"]);
  replay.forgetFlushes();
  assert.deepEqual(told(), ["endUtterance", "4567"]);
  replay.forget(5);
  assert.deepEqual(told(), ["567"]);
});

test("a full replay has room again when audio was acknowledged", () => {
  const replay = new Replay(8);
  replay.add(Buffer.from("01234567"));
  assert.equal(replay.hasRoom, false);
  replay.forget(1);
  assert.equal(replay.hasRoom, true);
});

test("delays double up to the longest, and follow the server", () => {
  const retry = new RetryPolicy({ firstDelay: 1, longestDelay: 4 });
  const lost = new ServerError("UNAVAILABLE", "gone");
  for (const [tries, longest] of [[1, 1], [2, 2], [3, 4], [40, 4]]) {
    const delays = Array.from({ length: 100 }, () => retry.delay(tries, lost));
    assert.ok(Math.min(...delays) >= longest / 2 && Math.max(...delays) <= longest, `${tries}: ${delays}`);
  }
  const full = retry.delay(1, new ServerError("RESOURCE_EXHAUSTED", "full", [], 30));
  assert.ok(full >= 30 && full <= 37.5, `${full}`);
  const atOnce = new ServerError("UNAVAILABLE", "lost", [], 0);
  assert.equal(retry.delay(1, atOnce), 0);
  assert.ok(retry.delay(2, atOnce) > 0);
  assert.ok(mayPass(lost) && !mayPass(new ServerError("INVALID_ARGUMENT", "wrong")));
});
