import { afterEach, describe, expect, it, vi } from "vitest";
import { formatBytes, formatSeconds, printReport, type Report } from "./report.ts";

const report: Report = {
  title: "a.wav -> a.t12",
  rows: [
    ["sound", "1.00 s"],
    ["encoded in", "0.02 s"],
  ],
  json: { input: "a.wav", frames: 13, model: undefined },
};

function written(options: Parameters<typeof printReport>[1]): { out: string; err: string } {
  const texts = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((texts.out += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((texts.err += String(text))));
  printReport(report, options);
  return texts;
}

afterEach(() => vi.restoreAllMocks());

describe("a report", () => {
  it("is a small table for people", () => {
    expect(written({})).toEqual({ out: "a.wav -> a.t12\n  sound       1.00 s\n  encoded in  0.02 s\n", err: "" });
  });

  it("is one line of JSON for programs", () => {
    expect(written({ json: true })).toEqual({ out: '{"input":"a.wav","frames":13}\n', err: "" });
  });

  it("never goes where the data goes", () => {
    expect(written({ dataOnStdout: true }).out).toBe("");
    const { out, err } = written({ dataOnStdout: true, json: true });
    expect([out, err]).toEqual(["", '{"input":"a.wav","frames":13}\n']);
  });
});

describe("figures for people", () => {
  it.each([
    [0, "0.00 s"],
    [8.351, "8.35 s"],
    [99.99, "99.99 s"],
    [125, "2 min 05 s"],
    [3599.6, "1 h 00 min"],
    [3720, "1 h 02 min"],
    [360_000, "100 h 00 min"],
  ])("of %d seconds are %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [2349, "2.3 kB"],
    [17_200_000, "17.2 MB"],
    [682_000_000_000, "682.0 GB"],
    [5e15, "5000000.0 GB"],
  ])("of %d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
