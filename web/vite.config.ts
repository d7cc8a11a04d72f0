import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";
import { CLIENT, captureModule } from "./build/client.ts";
import { compressed } from "./build/compressed.ts";

const CAPTURE_MODULE = await captureModule();
/** Everything but the page itself lies below this, on the server. */
const BASE = "/console/";
/** Where `npm run dev` sends what is not the console's: the HTTP address of a running server. */
const SERVER = process.env.UNDERTONE_SERVER ?? "http://127.0.0.1:8151";
/** The paths of a server's methods, its pages and its streams. */
const OF_SERVER = ["^/undertone\\.v1\\..*", "^/grpc\\..*", "^/api/.*", "/readyz", "/healthz", "/metrics", "/v1/stream"];

/** The module of the audio thread as a file of its own: the pages' policy lets no script come from a blob. */
function capture(): Plugin {
  const name = `assets/capture-${createHash("sha256").update(CAPTURE_MODULE).digest("hex").slice(0, 8)}.js`;
  return {
    name: "undertone-capture",
    resolveId: (id) => (id === "virtual:capture" ? "\0capture" : undefined),
    load: (id) => (id === "\0capture" ? `export default ${JSON.stringify(BASE + name)};` : undefined),
    generateBundle() {
      this.emitFile({ type: "asset", fileName: name, source: CAPTURE_MODULE });
    },
    configureServer(server) {
      server.middlewares.use(BASE + name, (_, response) => {
        response.setHeader("content-type", "text/javascript").end(CAPTURE_MODULE);
      });
    },
  };
}

export default defineConfig({
  base: BASE,
  plugins: [capture(), compressed()],
  resolve: {
    alias: CLIENT,
    dedupe: ["@bufbuild/protobuf"],
  },
  build: { target: "es2022", modulePreload: { polyfill: false }, emptyOutDir: true, outDir: process.env.UNDERTONE_CONSOLE_OUT ?? "built" },
  server: {
    proxy: Object.fromEntries(OF_SERVER.map((path) => [path, { target: SERVER, ws: path === "/v1/stream" }])),
  },
});
