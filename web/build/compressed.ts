import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** What shrinks. */
const TEXT = /\.(html|js|css|svg|json)$/;
/** Below it a packet is sent anyway. */
const WORTH_BYTES = 1024;

/** Lays beside each larger text a copy in gzip and one in Brotli, which the server gives to browsers that take them. */
export function compressed(): Plugin {
  return {
    name: "undertone-compressed",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle).filter((own) => TEXT.test(own))) {
        const text = await readFile(join(dir, name));
        if (text.length < WORTH_BYTES) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
        await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION }));
        await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(text, { params }));
      }
    },
  };
}
