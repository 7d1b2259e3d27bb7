import { inflateSync } from "node:zlib";
import { Audio } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { MEASURES } from "../measures/measures.ts";
import type { EvaluationResults } from "../evaluation/results.ts";
import { html } from "./html.ts";
import { lineChart } from "./line-chart.ts";
import { omissions } from "./omissions.ts";
import { encodePng } from "./png.ts";
import { seriesOf, spreadOf, stepOf } from "./series.ts";
import { loudestPower, pictureSpectrum, spectrogramImage } from "./spectrogram-image.ts";
import { delayText, mainTable, robustnessTable, signed } from "./tables.ts";
import { textTables } from "./text-tables.ts";

describe("markup", () => {
  it("escapes what is put in, and takes markup as it is", () => {
    expect(html`<p title="${`"<'&`}">${html`<b>${"a<b"}</b>`}${[html`1`, false, undefined]}${false}</p>`.text).toBe(
      '<p title="&#34;&#60;&#39;&#38;"><b>a&#60;b</b>1</p>',
    );
  });

  it("shows a number without a sign where it rounds to zero", () => {
    expect([signed(-0.001, 2), signed(-1.26, 1), signed(1.26, 1)]).toEqual(["0.00", "−1.3", "1.3"]);
  });
});

describe("tables", () => {
  const measures = [{ ...MEASURES[0], main: true }];
  const means = [2.504, 2.496, 1.2].map((mean, i) => {
    const names = { codec: `c${i}`, condition: "clean", measure: measures[0].id, against: "clean" } as const;
    return { ...names, mean, halfWidth: 0.1, count: 2, undefinedCount: 0 };
  });
  const results: EvaluationResults = {
    format: "twelvehz-eval",
    version: 1,
    made: { date: "2026-01-01", machine: "none", versions: {} },
    longestSeconds: 12,
    measures,
    clips: [],
    conditions: ["clean"],
    codecs: ["c0", "c1", "c2", "c3"].map((codec) => ({ codec, kilobitsPerSecond: 2.2, foundDelaySeconds: 0 })),
    means,
    failures: [],
    trials: [],
  };

  it("mark every value that is best as shown, and show what is missing", () => {
    const cells = [...mainTable(results).text.matchAll(/<td class="(best|none)? ?">(\d\.\d\d|–)/g)].map(([, mark, text]) => [mark, text]);
    expect(cells).toEqual([
      ["best", "2.50"],
      ["best", "2.50"],
      [undefined, "1.20"],
      ["none", "–"],
    ]);
  });

  it("are printed for a terminal with their columns aligned", () => {
    const lines = textTables(results).split("\n");
    expect(lines[0]).toBe("clean");
    expect(new Set(lines.slice(1, 6).map((line) => line.length)).size).toBe(1);
    expect(lines[2]).toMatch(/^ {2}c0 .*2\.50 ± 0\.10$/);
  });

  it("show the delay that was found where none is known by design", () => {
    const [codec] = results.codecs;
    expect([delayText({ ...codec, foundDelaySeconds: 0.1 }), delayText({ ...codec, algorithmicDelaySeconds: 0.0265 })]).toEqual([
      "found 100",
      "26.5",
    ]);
  });

  it("count the clips that a measure has no value for, and list failures", () => {
    const clips = [1, 2, 3].map((i) => ({ name: `${i}.wav`, seconds: 1 }));
    const lacking = (counts: number[]) => means.map((mean, i) => ({ ...mean, undefinedCount: counts[i] }));
    const said = (counts: number[]) => omissions({ ...results, clips, means: lacking(counts) }).map((line) => line.replace(/,.*/, ""));
    expect([said([0, 0, 0]), said([2, 2, 2]), said([0, 1, 3])]).toEqual([
      [],
      ["no value for 2 of 3 clips"],
      ["no value for 3 of 3 clips through c2"],
    ]);
    const failures = Array.from({ length: 42 }, (_, i) => ({ clip: `${i}.wav`, condition: "clean", reason: "Cannot hear" }));
    const lines = omissions({ ...results, failures });
    expect([lines[0], lines.length, lines.at(-1)]).toEqual(["0.wav, clean: Cannot hear", 41, "and 2 more failures"]);
  });

  it("compare with the clean clip and the input, but under playback once", () => {
    const conditions = ["clean", "noise 5 dB", "playback PC"];
    const own = (["clean", "input"] as const).map((against) => ({ ...means[0], condition: "noise 5 dB", against }));
    const { text } = robustnessTable({ ...results, conditions, means: [...means, ...own] }, measures[0]);
    expect([...text.matchAll(/style="text-align:right">([^<]*)</g)].map(([, head]) => head)).toEqual([
      "",
      "to clean",
      "to input",
      "both played",
    ]);
    expect([...text.matchAll(/colspan="(\d)"/g)].map(([, width]) => width)).toEqual(["1", "2", "1"]);
  });
});

describe("a chart of lines", () => {
  const chart = (halfWidth: number): string => {
    const points = [
      { x: 1, y: 1, halfWidth },
      { x: 2, y: 3, halfWidth },
    ];
    return lineChart({ title: "Q", xLabel: "x", xTicks: [[1, "1"]], yDecimals: 1, series: [{ name: "a & b", colour: 7, points }] }).text;
  };

  it("says its values in words, and escapes names", () => {
    expect(chart(0)).toContain('aria-label="Q. a &#38; b: 1.0, 3.0"');
    expect(chart(0)).toContain("a &#38; b</text>");
  });

  it("keeps every number within the picture, however wide an interval is", () => {
    const heights = [...chart(1e6).matchAll(/ (?:y[12]?|cy)="(-?[\d.]+)"/g)].map(([, text]) => Number(text));
    expect(heights.length).toBeGreaterThan(10);
    expect(heights.filter((y) => !(y >= 0 && y <= 320))).toEqual([]);
  });

  it("turns the marks of its axis where they would meet", () => {
    const points = [0, 1, 2].map((x) => ({ x, y: x, halfWidth: 0 }));
    const drawn = (texts: string[]): boolean => {
      const xTicks = texts.map((text, x) => [x, text] as const);
      return lineChart({ title: "Q", xLabel: "x", xTicks, yDecimals: 1, series: [{ name: "a", colour: 0, points }] }).text.includes(
        "rotate(",
      );
    };
    expect([drawn(["1", "2", "3"]), drawn(["clean", "reverberation 0.5 s", "playback smart speaker"])]).toEqual([false, true]);
  });

  it("is nothing without points", () => {
    expect(lineChart({ title: "Q", xLabel: "x", xTicks: [], yDecimals: 1, series: [{ name: "a", colour: 0, points: [] }] }).text).toBe("");
  });
});

describe("series of codecs", () => {
  const names = ["m, 16 layers", "m, 8 layers", "m, 1 layer", "Opus 6 kbit/s CBR", "Opus 8 kbit/s CBR", "PCM 8 kHz 8 bit"];

  it("are known by what their names have in common", () => {
    expect(names.map(seriesOf)).toEqual(["m", "m", "m", "Opus CBR", "Opus CBR", "PCM 8 kHz 8 bit"]);
    expect(names.map((name) => stepOf(name)?.value)).toEqual([16, 8, 1, 6, 8, undefined]);
  });

  it("give one of each before a second of any", () => {
    expect(spreadOf(names, 3)).toEqual(["m, 16 layers", "Opus 6 kbit/s CBR", "PCM 8 kHz 8 bit"]);
    expect(spreadOf(names, 4)).toEqual(["m, 16 layers", "m, 8 layers", "Opus 6 kbit/s CBR", "PCM 8 kHz 8 bit"]);
    expect(spreadOf(names, 99)).toEqual(names);
  });
});

/** Rows of a picture with one part of data. */
function pixelsOf(png: Uint8Array, width: number): number[][] {
  const buffer = Buffer.from(png);
  const at = buffer.indexOf("IDAT");
  const rows = inflateSync(buffer.subarray(at + 4, at + 4 + buffer.readUInt32BE(at - 4)));
  return Array.from({ length: rows.length / (width + 1) }, (_, y) => [...rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1))]);
}

describe("pictures", () => {
  it("are PNG files with the checksum of the standard", async () => {
    const png = await encodePng({ width: 2, height: 2, pixels: Uint8Array.of(0, 1, 1, 0), palette: Uint8Array.of(0, 0, 0, 255, 255, 255) });
    expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect(Buffer.from(png.subarray(-4)).toString("hex")).toBe("ae426082"); // that of an empty IEND
    expect(pixelsOf(png, 2)).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it("show a tone as a line at its frequency, low ones at the bottom", async () => {
    const tone = new Audio(
      Float32Array.from({ length: 4800 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 3000 * n) / 24_000)),
      24_000,
    );
    const powers = pictureSpectrum(tone);
    const rows = pixelsOf(await spectrogramImage(powers, loudestPower(powers)), 20);
    const middle = rows.map((row) => row[10]);
    expect(rows).toHaveLength(112);
    expect(Math.abs(middle.indexOf(Math.max(...middle)) - 0.75 * 112)).toBeLessThanOrEqual(1);
    expect(Math.max(...middle)).toBeGreaterThan(60);
    expect(middle[10]).toBe(0);
  });

  it("of silence are dark", async () => {
    const powers = pictureSpectrum(new Audio(new Float32Array(2400), 24_000));
    expect(new Set(pixelsOf(await spectrogramImage(powers, loudestPower(powers)), 10).flat())).toEqual(new Set([0]));
  });
});
