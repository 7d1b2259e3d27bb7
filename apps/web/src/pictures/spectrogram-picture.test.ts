import { Audio } from "@twelvehz/codec";
import { expect, test } from "vitest";
import { heightOfHertz, hertzAt } from "./band-spectrum.ts";
import { spectrogramPicture } from "./spectrogram-picture.ts";

const ROWS = 64;
const COLUMNS = 10;

function tone(hertz: number): Audio {
  return new Audio(
    Float32Array.from({ length: 24_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / 24_000)),
    24_000,
  );
}

test("height and frequency are inverse, from 0 Hz at the bottom to 12 kHz at the top", () => {
  expect(hertzAt(0)).toBe(0);
  expect(hertzAt(1)).toBeCloseTo(12_000, 6);
  for (const hertz of [100, 1000, 8000]) expect(hertzAt(heightOfHertz(hertz))).toBeCloseTo(hertz, 6);
});

test.each([500, 2000, 7000])("a tone of %i Hz is strongest in the row of its frequency", (hertz) => {
  const { levels } = spectrogramPicture(tone(hertz), ROWS, COLUMNS);
  const column = Array.from({ length: ROWS }, (_, row) => levels[row * COLUMNS + 5]);
  const strongest = column.indexOf(Math.max(...column));
  expect(column[strongest]).toBeGreaterThan(250);
  expect(Math.abs(strongest - (1 - heightOfHertz(hertz)) * ROWS)).toBeLessThan(1.5);
});

test("silence and the shortest clip are as dark as paper", () => {
  for (const samples of [new Float32Array(24_000), new Float32Array(1)])
    expect(spectrogramPicture(new Audio(samples, 24_000), ROWS, COLUMNS).levels.every((level) => level === 0)).toBe(true);
});

test("a burst is seen where it sounds", () => {
  const samples = new Float32Array(24_000);
  samples.set(tone(1000).samples.subarray(0, 2400), 12_000);
  const { levels } = spectrogramPicture(new Audio(samples, 24_000), ROWS, COLUMNS);
  const energy = Array.from({ length: COLUMNS }, (_, column) =>
    Math.max(...Array.from({ length: ROWS }, (_, row) => levels[row * COLUMNS + column])),
  );
  expect(energy.indexOf(Math.max(...energy))).toBe(5);
  expect(energy[1]).toBe(0);
});
