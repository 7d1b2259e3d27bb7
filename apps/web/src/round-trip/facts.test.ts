import { Codes } from "@twelvehz/codec";
import { expect, test } from "vitest";
import { roundTripFacts } from "./facts.ts";

test("ten seconds of speech are 125 frames, 2.2 kbit/s, and as much smaller as the file says", () => {
  const facts = roundTripFacts({
    codes: new Codes(new Int16Array(125 * 16), 16),
    sampleCount: 240_000,
    sampleRate: 24_000,
    frameRate: 12.5,
    bytes: 2800,
    workSeconds: 0.5,
  });
  expect(facts).toEqual({
    frames: 125,
    layers: 16,
    frameRate: 12.5,
    codesSeconds: 10,
    bytes: 2800,
    bitsPerSecond: 2200,
    ratio: 480_000 / 2800,
    workSeconds: 0.5,
    timesRealTime: 20,
  });
});
