// The package as it is installed elsewhere.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";

const PROJECT = resolve(import.meta.dirname, "..");

test("the packed package is imported in an empty project", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "undertone-package-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const packing = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const packed = execFileSync("npm", packing, { cwd: PROJECT, encoding: "utf8" }).trim();
  const place = join(folder, "node_modules/@undertone/client");
  mkdirSync(place, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed), "-C", place, "--strip-components=1"]);
  // What it depends on comes from this project, and nothing of the package itself does.
  for (const own of ["@bufbuild/protobuf", "@grpc/grpc-js"]) {
    const link = join(folder, "node_modules", own);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(PROJECT, "node_modules", own), link);
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  const program = `
    import { connect, Client } from "@undertone/client";
    import { connect as connectGrpc } from "@undertone/client/node";
    import { Microphone } from "@undertone/client/microphone";
    import { Allocation, assign } from "@undertone/client/assignment";
    const client = connectGrpc("127.0.0.1:1");
    console.log(client instanceof Client, typeof connect, typeof Microphone.open);
    client.close();
    console.log(assign({ salt: "greeting", allocation: Allocation.ofWeights([0, 10000]) }, "person-17"));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder, encoding: "utf8" });
  assert.equal(said, "true function function\n1\n");
});
