/** What the library says to callers who hand over the wrong thing. */
import { Audio, type Codec, type Codes, openCodec } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let codec: Codec;
beforeAll(async () => {
  codec = await openCodec("compact");
});
afterAll(() => codec.close());

const int16 = (): Float32Array => new Int16Array(2400) as unknown as Float32Array;

describe("misuse", () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      "16-bit samples in Audio",
      () => new Audio(int16(), 24_000),
      /^Cannot use Int16Array as "samples": a Float32Array.*divide 16-bit samples by 32768$/,
    ],
    ["a list in Audio", () => new Audio([0, 1] as unknown as Float32Array, 24_000), /Cannot use Array as "samples"/],
    ["no rate in Audio", () => new Audio(new Float32Array(9), undefined as unknown as number), /"sampleRate" is undefined/],
    ["16-bit samples pushed", () => codec.openEncodeStream().push(int16()), /Cannot use Int16Array as "samples"/],
    [
      "samples instead of Audio",
      () => codec.encode(new Float32Array(9) as unknown as Audio),
      /Cannot use Float32Array as "audio": an Audio/,
    ],
    ["nothing instead of Audio", () => codec.encode(undefined as unknown as Audio), /Cannot use undefined as "audio"/],
    [
      "numbers instead of Codes",
      () => codec.decode(new Int16Array(16) as unknown as Codes),
      /Cannot use Int16Array as "codes": Codes are wanted/,
    ],
  ])("%s is a TypeError that names the parameter", async (_, work, says) => {
    const error = await Promise.resolve()
      .then(work)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(says);
  });

  it("a choice that does not exist is a RangeError that names what exists", async () => {
    const attention = "foo" as "windowed";
    await expect(codec.encode(new Audio(new Float32Array(2400), 24_000), { attention })).rejects.toThrow(RangeError);
    await expect(codec.encode(new Audio(new Float32Array(2400), 24_000), { attention })).rejects.toThrow(
      /"foo" as "attention": choose "reference" or "windowed"/,
    );
  });
});
