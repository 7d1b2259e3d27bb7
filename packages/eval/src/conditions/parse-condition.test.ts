import { CodecError } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { voice } from "@twelvehz/test-support/signals.ts";
import { CONDITION_EXAMPLES, parseCondition } from "./parse-condition.ts";

const SOUNDS = { noise: [voice(1, 200)], talkers: [voice(1, 100)] };

function errorOf(run: () => unknown): CodecError {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error;
  }
  throw new Error("no CodecError was thrown");
}

describe("parseCondition", () => {
  it.each(CONDITION_EXAMPLES)("knows %s, which is its own name", (text) => {
    expect(parseCondition(text, SOUNDS).name).toBe(text);
  });

  it("does not mind capitals, spaces or a form of the number", () => {
    expect(parseCondition(" NOISE  5db ", SOUNDS).name).toBe("noise 5 dB");
    expect(parseCondition("reverberation 0.50s").name).toBe("reverberation 0.5 s");
    expect(parseCondition("level -6.5 dB").name).toBe("level -6.5 dB");
    expect(parseCondition("playback pc").name).toBe("playback PC");
  });

  it("makes pink noise, and says so, where no recordings are given", () => {
    expect(parseCondition("noise 10 dB").name).toBe("pink noise 10 dB");
  });

  it.each(["", "nois 10 dB", "noise", "noise 10", "noise 10 s", "10 dB", "clean 3 dB", "reverberation", "playback radio", "constructor"])(
    "refuses %j and lists what exists",
    (text) => {
      const error = errorOf(() => parseCondition(text, SOUNDS));
      expect(error.code).toBe("usage");
      for (const example of CONDITION_EXAMPLES) expect(error.message).toContain(JSON.stringify(example));
    },
  );

  it("refuses numbers out of range, with the range", () => {
    const error = errorOf(() => parseCondition("noise 900 dB"));
    expect(error.code).toBe("usage");
    expect(error.message).toContain("-20 to 60 dB are possible");
  });

  it("refuses a second talker where none is given", () => {
    const error = errorOf(() => parseCondition("two talkers 10 dB"));
    expect(error.code).toBe("usage");
    expect(error.message).toContain("give at least one");
  });
});
