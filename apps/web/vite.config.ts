import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** What makes a page cross-origin isolated, so that more than one thread can run: the server sends the same. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Lays the WebAssembly of the runtime beside itself as brotli and gzip: the server sends what the browser takes, a quarter of the bytes. */
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

export default defineConfig({
  plugins: [compressed],
  base: "./",
  build: { outDir: "../../packages/server/dist/page", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" }, // the codec's worker loads its FFT when it is needed
  optimizeDeps: { exclude: ["onnxruntime-web", "@echogarden/pffft-wasm"] }, // they find their WebAssembly beside their own file
  server: { headers: isolation },
  preview: { headers: isolation },
});
