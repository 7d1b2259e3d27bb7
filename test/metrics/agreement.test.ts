/**
 * PESQ and STOI against the values of the Python packages in agreement.json, which says what made
 * it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pesqNarrowBand, pesqWideBand } from "../../packages/eval/dist/measures/pesq/pesq.js";
import { estoi, stoi } from "../../packages/eval/dist/measures/stoi.js";
import { root } from "../root.ts";
import { inLongForm } from "../support/long-form.ts";
import { CLIPS, degrade, readClip } from "../support/degradations.mjs";

interface Row {
  readonly clip: string;
  readonly degradation: string;
  readonly pesqWb: number;
  readonly pesqNb: number;
  readonly stoi: number;
  readonly estoi: number;
}

/**
 * The targets of the project: 95 % of PESQ values within 0.15, here all of them; STOI within 0.002.
 */
const PESQ_TOLERANCE = 0.15;
const PESQ_MEAN_TOLERANCE = 0.05;
const STOI_TOLERANCE = 0.002;

const { scores } = JSON.parse(readFileSync(`${root}/test/metrics/agreement.json`, "utf8")) as { scores: Row[] };

describe.each(CLIPS)("on the clip %s", (name) => {
  const rows = scores.filter((row) => row.clip === name);

  it("PESQ agrees with the Python package", async () => {
    const clip = await readClip(name);
    const tried = rows.filter((_, i) => inLongForm || i % 2 === 0);
    const degraded = tried.map((row) => degrade(clip, row.degradation));
    const wide = tried.map((row, i) => (pesqWideBand(clip, degraded[i]) ?? Number.NaN) - row.pesqWb);
    const narrow = tried.map((row, i) => (pesqNarrowBand(clip, degraded[i]) ?? Number.NaN) - row.pesqNb);
    for (const errors of [wide, narrow]) {
      expect(Math.max(...errors.map(Math.abs)), String(errors)).toBeLessThan(PESQ_TOLERANCE);
      expect(Math.abs(errors.reduce((sum, x) => sum + x, 0) / errors.length)).toBeLessThan(PESQ_MEAN_TOLERANCE);
    }
  });

  it("STOI and ESTOI agree with the Python package", async () => {
    const clip = await readClip(name);
    for (const row of rows) {
      const degraded = degrade(clip, row.degradation);
      expect(Math.abs((stoi(clip, degraded) ?? Number.NaN) - row.stoi), row.degradation).toBeLessThan(STOI_TOLERANCE);
      expect(Math.abs((estoi(clip, degraded) ?? Number.NaN) - row.estoi), row.degradation).toBeLessThan(STOI_TOLERANCE);
    }
  });
});
