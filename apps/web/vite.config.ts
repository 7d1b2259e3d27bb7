import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/**
 * What makes a page cross-origin isolated, so that more than one thread can run: the server sends
 * the same.
 */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SERVICE_WORKER = "service-worker.js";
/** 14 MB for models that this page does not open: fetched by whoever does, kept by nobody. */
const RUNTIME = /ort-wasm[^/]*\.wasm$/;

/**
 * Lays the WebAssembly of the runtime beside itself as brotli and gzip: the server sends what the
 * browser takes, a quarter of the bytes.
 */
const compressed: Plugin = {
  name: "compressed",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "asset" || !file.fileName.endsWith(".wasm")) continue;
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
      this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: brotliCompressSync(file.source, { params }) });
      this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(file.source) });
    }
  },
};

/**
 * Builds the service worker of the page, and tells it, and the page where there is none, which
 * files the page is made of.
 */
const keptPage: Plugin = {
  name: "kept-page",
  enforce: "post",
  config({ root }) {
    if (root === undefined || resolve(root) !== resolve(at("."))) return undefined; // another page is built with these settings
    const input = { index: at("index.html"), "service-worker": at("src/offline/service-worker.ts") };
    const entryFileNames = ({ name }: { readonly name: string }): string =>
      name === "service-worker" ? SERVICE_WORKER : "assets/[name]-[hash].js";
    return { build: { rolldownOptions: { input, output: { entryFileNames } } } };
  },
  generateBundle(_, bundle) {
    const worker = bundle[SERVICE_WORKER];
    if (worker?.type !== "chunk") return;
    if (worker.imports.length > 0) this.error(`${SERVICE_WORKER} imports ${worker.imports.join(", ")}: a service worker is one file`);
    const isKept = (name: string): boolean => !/\.(br|gz)$/.test(name) && name !== SERVICE_WORKER && !RUNTIME.test(name);
    const built = Object.values(bundle).filter(({ fileName }) => isKept(fileName));
    const copied = readdirSync(at("public"), { recursive: true, encoding: "utf8" }).filter((name) =>
      statSync(at(`public/${name}`)).isFile(),
    );
    const files = [...built.map(({ fileName }) => fileName), ...copied.map((name) => name.replaceAll("\\", "/"))].sort();
    const content = built.map((file) => (file.type === "asset" ? file.source : file.code));
    const version = content
      .reduce((hash, part) => hash.update(part), createHash("sha256").update(files.join()))
      .digest("hex")
      .slice(0, 16);
    this.emitFile({ type: "asset", fileName: "files.json", source: JSON.stringify(files) });
    worker.code = `const PAGE_FILES = ${JSON.stringify(files)}, PAGE_VERSION = "${version}";\n${worker.code}`;
  },
};

export default defineConfig(({ mode }) => ({
  plugins: mode === "demo" ? [keptPage] : [compressed, keptPage], // a host of static files compresses by itself, or not
  base: "./",
  build: { outDir: "../../packages/server/dist/page", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" }, // the codec's worker loads its FFT when it is needed
  optimizeDeps: { exclude: ["onnxruntime-web", "@echogarden/pffft-wasm"] }, // they find their WebAssembly beside their own file
  server: { headers: isolation },
  preview: { headers: isolation },
}));
