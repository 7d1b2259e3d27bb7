import { defineConfig } from "vite";

/** What makes a page cross-origin isolated, so that more than one thread can run: the server sends the same. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig({
  base: "./",
  build: { outDir: "../../packages/server/dist/page", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" }, // the codec's worker loads its FFT when it is needed
  optimizeDeps: { exclude: ["onnxruntime-web", "@echogarden/pffft-wasm"] }, // they find their WebAssembly beside their own file
  server: { headers: isolation },
  preview: { headers: isolation },
});
