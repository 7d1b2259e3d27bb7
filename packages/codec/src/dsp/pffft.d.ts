declare module "@echogarden/pffft-wasm/simd" {
  /** Instantiates the WebAssembly module. */
  const create: () => Promise<unknown>;
  export default create;
}
