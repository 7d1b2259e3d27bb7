import { describe, expect, it } from "vitest";
import { MEASURES } from "../measures/measures.ts";
import { resultsCsv } from "./results-csv.ts";

describe("results as CSV", () => {
  it("has a line for each trial and comparison, fields empty where there is no value, names quoted where they must be", () => {
    const measures = MEASURES.slice(0, 2);
    const csv = resultsCsv({
      measures,
      trials: [
        { clip: 'a "b", c.wav', condition: "clean", codec: "x", seconds: 1.5, byteLength: 10, delaySeconds: 0, values: { pesqWb: 2.5 } },
        { clip: "d.wav", condition: "noise 5 dB", codec: "unprocessed", seconds: 2, values: {} },
        {
          clip: "e.wav",
          condition: "noise 5 dB",
          codec: "x",
          seconds: 2,
          byteLength: 11,
          delaySeconds: 0.5,
          values: { pesqNb: 1 },
          inputValues: { pesqNb: 2 },
        },
      ],
    });
    expect(csv.split("\r\n")).toEqual([
      "clip,condition,codec,against,seconds,bytes,delaySeconds,pesqWb,pesqNb",
      '"a ""b"", c.wav",clean,x,clean,1.5,10,0,2.5,',
      "d.wav,noise 5 dB,unprocessed,clean,2,,,,",
      "e.wav,noise 5 dB,x,clean,2,11,0.5,,1",
      "e.wav,noise 5 dB,x,input,2,11,0.5,,2",
      "",
    ]);
  });
});
