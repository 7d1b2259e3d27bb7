import { Codes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { firstLayersOf } from "../../steps/chosen-layers.ts";
import { COLUMNS_PER_FRAME, LivePicture } from "./live-picture.ts";
import { type LiveView, pixelOf, stripsOf } from "./live-view.ts";
import { CodeColumns, LevelColumns, Loudness } from "./rolling-columns.ts";
import { RollingSpectrum } from "./rolling-spectrum.ts";
import { SteadyClock } from "./steady-clock.ts";

const MODEL = { sampleRate: 24_000, samplesPerFrame: 1920, layers: 16 };

function tone(hertz: number, seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 24_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / 24_000));
}

describe("the columns of sound that comes in pieces", () => {
  it("are those of the whole, however it is cut", () => {
    const sound = tone(440, 0.5);
    const whole = new RollingSpectrum(24_000, 32, 240).push(sound);
    const rolling = new RollingSpectrum(24_000, 32, 240);
    const parts: number[] = [];
    for (let at = 0, size = 1; at < sound.length; at += size, size = (size * 7) % 1013)
      parts.push(...rolling.push(sound.subarray(at, at + size)));
    expect(parts).toEqual([...whole]);
  });

  it("stand where the sound is: a click is loudest in the column that holds it", () => {
    const sound = new Float32Array(24_000);
    sound[50 * 240 + 120] = 1;
    const columns = new RollingSpectrum(24_000, 8, 240).push(sound);
    const loudness = Array.from({ length: columns.length / 8 }, (_, column) => columns[8 * column + 4]);
    expect(loudness.indexOf(Math.max(...loudness))).toBe(50);
  });
});

describe("the picture of a live loop", () => {
  it("has eight columns for each frame of codes, and keeps the three in step", () => {
    const picture = new LivePicture(MODEL);
    picture.takeInput(tone(1000, 1.6));
    picture.takeCodes(new Codes(new Int16Array(10 * 16), 16), firstLayersOf(16, 4));
    picture.takeOutput(tone(1000, 0.8));
    expect(picture.codes.count).toBe(10);
    expect(picture.input.count).toBe(20 * COLUMNS_PER_FRAME - 2); // the last spectra need the sound after them
    expect(picture.output.count).toBe(10 * COLUMNS_PER_FRAME - 2);
  });

  it("never runs back, whatever its clock does", () => {
    const picture = new LivePicture(MODEL);
    picture.readClock(1, 100);
    const before = picture.now;
    picture.readClock(0.5, 100.01);
    expect(picture.now).toBe(before);
    picture.readClock(2, 101);
    expect(picture.now).toBeGreaterThan(before);
  });
});

describe("columns that roll", () => {
  it("keep the newest, and paint them in the ink of their level", () => {
    const columns = new LevelColumns(2, 4);
    for (let i = 0; i < 6; i++) columns.push(Float32Array.of(20, -100), new Loudness());
    expect(columns.count).toBe(6);
    const light = columns.paint(4, 6, false);
    expect(light).toHaveLength(2 * 2 * 4);
    expect([...light.subarray(0, 4)]).toEqual([6, 26, 30, 255]); // the strongest ink
    expect([...light.subarray(8, 12)]).toEqual([250, 250, 248, 255]); // paper
    expect([...columns.paint(5, 6, true).subarray(0, 4)]).not.toEqual([6, 26, 30, 255]);
  });

  it("show codes by their colour, and faintly where a layer is off", () => {
    const columns = new CodeColumns(2, 3);
    for (const code of [0, 1000, 2047, 2047]) columns.push(Int16Array.of(code, code), 2048, [true, false]);
    const pixels = columns.paint(2, 4);
    const [on, off] = [pixels.subarray(0, 4), pixels.subarray(8, 12)];
    expect([...on.subarray(0, 3)]).toEqual([...off.subarray(0, 3)]);
    expect([on[3], off[3]]).toEqual([255, 46]);
    expect(columns.paint(1, 2)[0]).not.toBe(on[0]); // 1000 is another colour
  });

  it("refer to the loudest sound of late, which fades", () => {
    const loudness = new Loudness();
    expect(loudness.take(Float32Array.of(30, 10))).toBe(30);
    const quiet = Float32Array.of(-50);
    expect(loudness.take(quiet)).toBeLessThan(30);
    for (let i = 0; i < 10_000; i++) loudness.take(quiet);
    expect(loudness.take(quiet)).toBe(5); // the noise of a room is not blown up
  });
});

describe("where things stand", () => {
  const rolling: LiveView = { width: 400, columnPixels: 2, columnsPerFrame: 8, now: 300.25, sweeps: false };
  const sweeping: LiveView = { ...rolling, sweeps: true };

  it("rolling, the present is the right edge, and frames stand over their columns", () => {
    expect(pixelOf(rolling, 300)).toBe(399); // half a pixel is rounded
    const [columns] = stripsOf(rolling, { count: 298, capacity: 1000 }, 1);
    expect(columns).toEqual({ from: 100, to: 298, x: pixelOf(rolling, 100) });
    const [frames] = stripsOf(rolling, { count: 36, capacity: 100 }, 8);
    expect(frames).toEqual({ from: 12, to: 36, x: pixelOf(rolling, 96) });
  });

  it("rolling, what is no more kept is not drawn", () => {
    expect(stripsOf(rolling, { count: 298, capacity: 50 }, 1)).toEqual([{ from: 248, to: 298, x: pixelOf(rolling, 248) }]);
    expect(stripsOf(rolling, { count: 0, capacity: 50 }, 1)).toEqual([]);
  });

  it("sweeping, places stay where they are, and a gap runs before the present", () => {
    expect(pixelOf(sweeping, 201)).toBe(2); // a page of 25 frames
    expect(pixelOf({ ...sweeping, now: 310 }, 201)).toBe(2);
    const strips = stripsOf(sweeping, { count: 298, capacity: 1000 }, 1);
    expect(strips).toEqual([
      { from: 112, to: 200, x: 224 },
      { from: 200, to: 298, x: 0 },
    ]);
    expect(stripsOf(sweeping, { count: 36, capacity: 100 }, 8)).toEqual([
      { from: 14, to: 25, x: 224 },
      { from: 25, to: 36, x: 0 },
    ]);
  });
});

describe("a steady clock", () => {
  it("runs evenly beside one that goes in steps, and follows a jump", () => {
    const clock = new SteadyClock();
    const readings = Array.from({ length: 400 }, (_, i) => clock.at(5 + Math.floor((i * 0.016) / 0.05) * 0.05, i * 0.016));
    const steps = readings.slice(200).map((now, i, all) => (i === 0 ? 0.016 : now - all[i - 1]));
    expect(Math.max(...steps)).toBeLessThan(0.02);
    expect(Math.min(...steps)).toBeGreaterThan(0.012);
    expect(clock.at(100, 400 * 0.016)).toBeCloseTo(100, 6);
  });
});
