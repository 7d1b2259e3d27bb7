import { expect, test } from "vitest";
import { countedBody } from "./counted-body.ts";
import type { LoadProgress } from "./engine-start.ts";

const BODY = new Uint8Array(1000);

/** An answer in two pieces. */
function answer(headers: Record<string, string>): Response {
  const pieces = [BODY.subarray(0, 500), BODY.subarray(500)];
  const body = new ReadableStream({
    pull: (controller) => (pieces.length > 0 ? controller.enqueue(pieces.shift()) : controller.close()),
  });
  return new Response(body, { headers });
}

test.each([
  ["plain, of a declared length", { "content-length": "1000" }, undefined, [0, 500, 1000], 1000],
  ["compressed, of a known length", { "content-length": "200", "content-encoding": "br" }, 1000, [0, 100, 200], 200],
  ["compressed, sent in chunks", { "content-encoding": "gzip" }, 1000, [0, 500, 1000], 1000],
  ["compressed, of no known length", { "content-length": "200", "content-encoding": "br" }, undefined, [0, 500, 1000], undefined],
  ["plain, sent in chunks", {}, undefined, [0, 500, 1000], undefined],
])("a body that is %s is counted in bytes as they are sent", async (_, headers, byteLength, loaded, total) => {
  const told: LoadProgress[] = [];
  const blob = await countedBody(answer(headers), (progress) => told.push(progress), byteLength);
  expect(blob.size).toBe(1000);
  expect(told).toEqual(loaded.map((loadedBytes) => ({ loadedBytes, totalBytes: total })));
});
