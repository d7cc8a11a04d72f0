import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = resolve(import.meta.dirname, "../../sdk/typescript");

interface Package {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly default: string }>>;
}

/** Where the TypeScript client has what it exports. An import of anything else of it finds nothing, as it would for everybody. */
export const CLIENT = exported();

function exported(): { find: RegExp; replacement: string }[] {
  const { name, exports } = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8")) as Package;
  const places = Object.entries(exports).map(([place, { default: file }]) => ({ place: name + place.slice(1), file }));
  return places.map(({ place, file }) => ({ find: new RegExp(`^${place}$`), replacement: join(FOLDER, file) }));
}

/** The module that runs in the audio thread. */
export async function captureModule(): Promise<string> {
  const place = CLIENT.find(({ find }) => find.test("@undertone/client/microphone"))?.replacement ?? "";
  const { CAPTURE_MODULE } = (await import(pathToFileURL(place).href)) as { readonly CAPTURE_MODULE: string };
  return CAPTURE_MODULE;
}
