// Real servers, real speech, and the answers of the server's own command line. `cargo xtask test` sets UNDERTONE_STAGE
// (the staged tree) and UNDERTONE_ROOT (the repository).
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectWebSocket } from "@undertone/client";
import { connect as connectGrpc } from "@undertone/client/node";
import { WebSocket } from "ws";

export const ROOT = process.env.UNDERTONE_ROOT ?? resolve(import.meta.dirname, "../../..");
export const CLIP = join(ROOT, "examples/demo/undertone-demo.wav");
/** Files of the tests of the server's decoder: five tones. */
export const fixture = (name) => join(ROOT, "crates/audio/tests/fixtures", name);
const STAGE = process.env.UNDERTONE_STAGE ?? join(ROOT, "target/stage");
const ENVIRONMENT = { ...process.env, ORT_DISABLE_TELEMETRY: "1", NO_COLOR: "1" };
const PROGRAM = join(STAGE, "bin/undertone");

/** Servers that nobody closed yet. */
const open = new Set();
// A test that failed left its own running, for which the process would wait.
after(() => Promise.all(Array.from(open, (server) => server.close())));

/** A server process on free ports, over a data folder of its own. */
export class Server {
  #folder = mkdtempSync(join(tmpdir(), "undertone-typescript-"));
  #settings;
  #process;
  grpc = "127.0.0.1:0";
  http = "127.0.0.1:0";

  constructor(settings) {
    this.#settings = settings.flatMap((setting) => ["--set", setting]);
  }

  static async start(...settings) {
    const server = new Server(settings);
    open.add(server);
    await server.start();
    return server;
  }

  async start() {
    const ready = join(this.#folder, "ready.json");
    rmSync(ready, { force: true });
    const places = ["--data-dir", this.#folder, "--ready-file", ready];
    const ports = ["--grpc-listen", this.grpc, "--http-listen", this.http];
    // Tests open every stream and look at every update, however busy the machine is.
    const patient = ["--set", "engine.admit_below=1.0", "--set", "engine.thin_after=60s"];
    const settings = ["--set", "log.filter=warn", ...patient, ...this.#settings];
    this.#process = spawn(PROGRAM, ["serve", ...places, ...ports, ...settings], { env: ENVIRONMENT, stdio: "inherit" });
    while (!existsSync(ready)) {
      assert.equal(this.#process.exitCode, null, "the server ended before it was ready");
      await pause(10);
    }
    const addresses = JSON.parse(readFileSync(ready, "utf8"));
    this.grpc = addresses.grpc.replace(/^.*:\/\//, "");
    this.http = addresses.http.replace(/^.*:\/\//, "");
  }

  /** A new API key of this server. */
  newKey() {
    const asked = ["keys", "create", "test", "--data-dir", this.#folder];
    return execFileSync(PROGRAM, asked, { env: ENVIRONMENT, encoding: "utf8" }).trim();
  }

  /** Runs the server's command line against it. */
  run(...asked) {
    return execFileSync(PROGRAM, [...asked, "--server", `http://${this.grpc}`], { env: ENVIRONMENT, encoding: "utf8" });
  }

  async stop(how = "SIGTERM") {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill(how);
      await ended;
    }
  }

  /** Stops it and starts it again at the same addresses, over the same data. */
  async restart(how) {
    await this.stop(how);
    await this.start();
  }

  /** Whoever comes first closes it. */
  async close() {
    if (!open.delete(this)) return;
    await this.stop();
    rmSync(this.#folder, { recursive: true });
  }
}

/** The ways to a server, each of which keeps the same rules. */
export const WAYS = {
  gRPC: (server, options) => connectGrpc(server.grpc, options),
  WebSocket: (server, options) => connectWebSocket(`http://${server.http}`, { WebSocket, ...options }),
};

/** Runs `work` with a client that is closed afterwards. */
export async function using(client, work) {
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** What `undertone recognize --format json` says about a file. */
export function commandLine(file, server, ...more) {
  const asked = ["recognize", file, "--format", "json", "--server", `http://${server.grpc}`, ...more];
  return JSON.parse(execFileSync(PROGRAM, asked, { env: ENVIRONMENT, encoding: "utf8" }));
}

/** The samples of the shipped clip: 16 kHz, one channel, 16 bits. */
export function samples() {
  const bytes = readFileSync(CLIP);
  assert.equal(bytes.toString("latin1", 36, 40), "data", "its header is the plain one");
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
}

/** An answer of this package is that of the command line. */
export function assertSame(answer, expected, tolerance = 1e-5) {
  assert.deepEqual(answer.model, { name: expected.model, version: expected.version });
  assert.ok(Math.abs(answer.duration - expected.seconds) < 1e-9);
  assert.equal(answer.utterances.length, expected.utterances.length);
  for (const [place, own] of answer.utterances.entries()) assertSameUtterance(own, expected.utterances[place], tolerance);
}

/** A final result is that of the command line. */
export function assertSameUtterance(own, other, tolerance = 1e-5) {
  assert.equal(apart(own, other), 0);
  assert.equal(own.top, other.top);
  for (const [label, probability] of Object.entries(other.probabilities)) {
    assert.ok(Math.abs(own.probabilities[label] - probability) <= tolerance, `${label} ${probability}`);
  }
}

/** How far the edges of an utterance are from those that the command line saw, in seconds; 0 within a nanosecond. */
export function apart(own, other) {
  const seconds = Math.max(Math.abs(own.start - other.start_s), Math.abs(own.end - other.end_s));
  return seconds < 1e-9 ? 0 : seconds;
}

/** Everything that a stream tells. */
export async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

export const finals = (events) => events.filter((event) => event.type === "final");
