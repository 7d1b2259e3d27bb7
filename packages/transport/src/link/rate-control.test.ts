import { DEFAULT_SPEC } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { depthOf, layoutText, parseLayout } from "../packets/layout.ts";
import { chooseLayout, layoutKbps, RateControl } from "./rate-control.ts";

const UDP = 28 + 11;
const LINKS = [0, 0.02, 0.1, 0.2, 0.4].flatMap((loss) => [1 / (1 - loss), 2.5].map((burst) => ({ loss, burst })));

describe("the choice of a layout", () => {
  it.each([4, 6.5, 8, 12, 20])("stays within %f kbit/s whatever is lost", (kbps) => {
    for (const link of LINKS) {
      const layout = chooseLayout(DEFAULT_SPEC, { kbps, overheadBytes: UDP }, link);
      expect(layoutKbps(layout, DEFAULT_SPEC, UDP)).toBeLessThanOrEqual(kbps);
    }
  });

  it("spends nothing on copies where nothing is lost, and more the more is lost", () => {
    const chosen = (loss: number): string =>
      layoutText(chooseLayout(DEFAULT_SPEC, { kbps: 8, overheadBytes: UDP }, { loss, burst: 1 / (1 - loss) }));
    expect([0, 0.02, 0.2].map(chosen)).toEqual(["16", "16+8@1", "16+8@1+4@2+1@3"]);
  });

  it("puts the copies further apart where losses come in bursts: the same bytes, and more delay", () => {
    const chosen = (burst: number, overheadBytes: number): string =>
      layoutText(chooseLayout(DEFAULT_SPEC, { kbps: 8, overheadBytes }, { loss: 0.2, burst }));
    expect([1.25, 2.5].map((burst) => chosen(burst, UDP))).toEqual(["16+8@1+4@2+1@3", "16+8@2+4@4+1@6"]);
    expect([1.25, 2.5].map((burst) => chosen(burst, 15))).toEqual(["16+16@1+8@2+4@3", "16+16@2+8@4+4@6"]);
  });

  it("has copies within 8 kbit/s in the RTP of a browser, with tags of 4 bytes", () => {
    const chosen = (loss: number): string =>
      layoutText(chooseLayout(DEFAULT_SPEC, { kbps: 8, overheadBytes: 50 + 7 }, { loss, burst: 1 / (1 - loss) }));
    expect([0, 0.05, 0.2].map(chosen)).toEqual(["16", "2x16+16@1+5@2", "2x16+16@1+5@2"]);
  });

  it("lets nobody wait longer than 600 ms, whatever the carrier adds", () => {
    for (const overheadBytes of [15, UDP, 51, 61, 89])
      for (const link of LINKS) {
        const layout = chooseLayout(DEFAULT_SPEC, { kbps: 8, overheadBytes }, link);
        expect(layout.frames * (1 + depthOf(layout)) * 80 + 40).toBeLessThanOrEqual(600);
      }
  });

  it("takes fewer layers and more frames a packet where the rate is small, and the thinnest where it is too small", () => {
    const thin = chooseLayout(DEFAULT_SPEC, { kbps: 2.2, overheadBytes: UDP }, { loss: 0, burst: 0 });
    expect(layoutText(thin)).toBe("4x8");
    expect(layoutText(chooseLayout(DEFAULT_SPEC, { kbps: 1, overheadBytes: UDP }, { loss: 0, burst: 0 }))).toBe("4x8");
  });

  it("takes no more layers than the model has", () => {
    const { layers } = chooseLayout({ ...DEFAULT_SPEC, layers: 8 }, { kbps: 20, overheadBytes: UDP }, { loss: 0.2, burst: 1.25 });
    expect(layers).toBe(8);
  });

  it("counts headers: the table of docs/packets.md", () => {
    expect(layoutKbps(parseLayout("16+8@1+4@2+1@3"), DEFAULT_SPEC, UDP)).toBeCloseTo(8, 9);
  });
});

describe("rate control", () => {
  const report = (loss: number, queueMs = 30) => ({ kind: "report", loss, burst: loss > 0 ? 1.25 : 0, queueMs, concealed: 0 }) as const;

  it("follows losses up at once and back within some reports", () => {
    const control = new RateControl(DEFAULT_SPEC, { kbps: 8, overheadBytes: UDP });
    expect(depthOf(control.layout)).toBe(0);
    control.report(report(0.2));
    expect(depthOf(control.layout)).toBe(3);
    for (let i = 0; i < 12; i++) control.report(report(0));
    expect(depthOf(control.layout)).toBeLessThanOrEqual(1);
  });

  it("sends less, not more, when losses come with a queue that fills, and takes the rate back afterwards", () => {
    const control = new RateControl(DEFAULT_SPEC, { kbps: 8, overheadBytes: UDP });
    control.report(report(0.2));
    const before = layoutKbps(control.layout, DEFAULT_SPEC, UDP);
    for (let i = 0; i < 3; i++) control.report(report(0.3, 600));
    expect(control.kbps).toBeLessThan(5);
    expect(layoutKbps(control.layout, DEFAULT_SPEC, UDP)).toBeLessThan(before);
    for (let i = 0; i < 10; i++) control.report(report(0));
    expect(control.kbps).toBe(8);
  });
});
