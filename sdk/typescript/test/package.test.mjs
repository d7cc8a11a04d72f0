// The package as it is installed elsewhere.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { ROOT } from "./support.mjs";

const PROJECT = resolve(import.meta.dirname, "..");

/** An empty project with the packed package and what that depends on. */
function installed(t) {
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
  return folder;
}

test("the packed package is imported in an empty project", (t) => {
  const folder = installed(t);
  const program = `
    import { connect, Client } from "@undertone/client";
    import { connect as connectGrpc } from "@undertone/client/node";
    import { Microphone } from "@undertone/client/microphone";
    import { Allocation, assign } from "@undertone/client/assignment";
    import { Models } from "@undertone/client/v1";
    const client = connectGrpc("127.0.0.1:1");
    console.log(client instanceof Client, typeof connect, typeof Microphone.open, Models.typeName);
    client.close();
    console.log(assign({ salt: "greeting", allocation: Allocation.ofWeights([0, 10000]) }, "person-17"));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder, encoding: "utf8" });
  assert.equal(said, "true function function undertone.v1.Models\n1\n");
});

test("every file of the contract is in @undertone/client/v1, and the page names every export", () => {
  const listed = readFileSync(join(PROJECT, "src/v1.ts"), "utf8");
  for (const file of readdirSync(join(ROOT, "proto/undertone/v1"))) {
    assert.ok(listed.includes(`/${file.replace(".proto", "_pb.js")}"`), file);
  }
  const page = readFileSync(join(ROOT, "docs/sdk-typescript.md"), "utf8");
  const { name, exports } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
  for (const place of Object.keys(exports)) assert.ok(page.includes(`| \`${name}${place.slice(1)}\` |`), place);
});

/** What the examples of the page take from around them. */
const AROUND = `
declare function show(what: unknown): void;
declare function decodeWithYourPackage(file: Uint8Array): Promise<Float32Array>;
`;

test("the examples of the page have the types that the packed package tells", (t) => {
  const folder = installed(t);
  const page = readFileSync(join(ROOT, "docs/sdk-typescript.md"), "utf8");
  const typed = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block);
  const begun = 'import { connect as connectNode, fromFile } from "@undertone/client/node";\n';
  assert.ok(typed.length > 1);
  const programs = typed.map((block) => {
    const client = block.includes("const client") ? "" : 'const client = connectNode("127.0.0.1:50151");\n';
    return `${begun}${AROUND}${client}${block}`;
  });
  const files = programs.map((program, place) => {
    writeFileSync(join(folder, `page-${place}.ts`), `${program}\nexport {};\n`);
    return `page-${place}.ts`;
  });
  const compiler = join(PROJECT, "node_modules/typescript/bin/tsc");
  const types = join(PROJECT, "node_modules/@types");
  const settings = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom,dom.iterable,dom.asynciterable"];
  try {
    execFileSync(process.execPath, [compiler, ...settings, "--typeRoots", types, "--types", "node", ...files], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
});
