/** The codec in a page: models in a Web Worker, weights fetched once and kept. */
export * from "../index.ts";
