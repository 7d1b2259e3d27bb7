import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSound } from "@twelvehz/test-support/sound.ts";

interface WavParts {
  readonly tag?: number;
  readonly channels?: number;
  readonly bits: number;
  /** Bytes of sound. */
  readonly data: Uint8Array;
  /** The size that the data chunk declares. Default: the true one. */
  readonly dataSize?: number;
  readonly riffSize?: number;
  /** Chunks before `fmt `, between `fmt ` and `data`, and after `data`. */
  readonly before?: Uint8Array;
  readonly between?: Uint8Array;
  readonly after?: Uint8Array;
  readonly container?: string;
  /** More of the `fmt ` chunk. */
  readonly extension?: Uint8Array;
  readonly frameBytes?: number;
}

const EMPTY = new Uint8Array(0);
const RATE = 8000;

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

function text(id: string): Uint8Array {
  return new TextEncoder().encode(id);
}

function chunk(id: string, body: Uint8Array, size: number = body.length): Uint8Array {
  return join(text(id), u32(size), body, body.length % 2 === 1 ? Uint8Array.of(0) : EMPTY);
}

function wav(parts: WavParts): Uint8Array {
  const { tag = 1, channels = 1, bits, data, before = EMPTY, between = EMPTY, after = EMPTY, extension = EMPTY } = parts;
  const frame = parts.frameBytes ?? (channels * bits) / 8;
  const format = new Uint8Array(16);
  const view = new DataView(format.buffer);
  for (const [at, value] of [
    [0, tag],
    [2, channels],
    [12, frame],
    [14, bits],
  ])
    view.setUint16(at, value, true);
  view.setUint32(4, RATE, true);
  view.setUint32(8, RATE * frame, true);
  const fmt = chunk("fmt ", extension.length > 0 ? join(format, Uint8Array.of(extension.length, 0), extension) : format);
  const body = join(text("WAVE"), before, fmt, between, chunk("data", data, parts.dataSize ?? data.length), after);
  return join(text(parts.container ?? "RIFF"), u32(parts.riffSize ?? body.length), body);
}

function bytesOf(count: number, size: number, write: (view: DataView, i: number) => void): Uint8Array {
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) write(view, i);
  return bytes;
}

async function firstChannel(bytes: Uint8Array): Promise<number[]> {
  return [...(await readSound(bytes)).channels[0]];
}

describe("sample formats", () => {
  it("8 bits are unsigned", async () => {
    expect(await firstChannel(wav({ bits: 8, data: Uint8Array.of(0, 64, 128, 255) }))).toEqual([-1, -0.5, 0, 127 / 128]);
  });

  it("16, 24 and 32 bits are signed, and full scale is -1", async () => {
    const values = [-1, -0.5, 0, 0.25];
    const s16 = bytesOf(4, 2, (view, i) => view.setInt16(i * 2, values[i] * 2 ** 15, true));
    const s24 = join(...values.map((x) => u32(x * 2 ** 23).subarray(0, 3)));
    const s32 = bytesOf(4, 4, (view, i) => view.setInt32(i * 4, values[i] * 2 ** 31, true));
    for (const [bits, data] of [
      [16, s16],
      [24, s24],
      [32, s32],
    ] as const)
      expect(await firstChannel(wav({ bits, data }))).toEqual(values);
  });

  it("floats of 32 and 64 bits are taken as they are", async () => {
    const values = [0.1, -2.5, 1e-20, 0];
    const f32 = bytesOf(4, 4, (view, i) => view.setFloat32(i * 4, values[i], true));
    const f64 = bytesOf(4, 8, (view, i) => view.setFloat64(i * 8, values[i], true));
    for (const [bits, data] of [
      [32, f32],
      [64, f64],
    ] as const) {
      expect(await firstChannel(wav({ tag: 3, bits, data }))).toEqual(values.map(Math.fround));
    }
  });

  it("20 bits in three bytes, and 12 in two, fill them from the top", async () => {
    expect(await firstChannel(wav({ bits: 20, frameBytes: 3, data: Uint8Array.of(0, 0, 0xc0) }))).toEqual([-0.5]);
    expect(await firstChannel(wav({ bits: 12, frameBytes: 2, data: Uint8Array.of(0, 0x20) }))).toEqual([0.25]);
  });

  it("the extensible format names its sub-format", async () => {
    const tail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    const extension = Uint8Array.of(16, 0, 4, 0, 0, 0, 1, 0, ...tail);
    expect(await firstChannel(wav({ tag: 0xfffe, bits: 16, extension, data: Uint8Array.of(0, 0x40) }))).toEqual([0.5]);
    const other = wav({ tag: 0xfffe, bits: 16, extension: extension.with(9, 7), data: Uint8Array.of(0, 0x40) });
    await expect(readSound(other)).rejects.toMatchObject({ code: "unsupported", message: /unknown sub-format/ });
  });

  it("channels are taken apart", async () => {
    const data = bytesOf(6, 2, (view, i) => view.setInt16(i * 2, i * 1024, true));
    const { info, channels } = await readSound(wav({ channels: 3, bits: 16, data }));
    expect(info).toEqual({ format: "WAV, 16-bit PCM", sampleRate: RATE, channels: 3, durationSeconds: 2 / RATE });
    expect(channels.map((channel) => [...channel].map((x) => x * 32))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe("chunks", () => {
  const data = Uint8Array.of(0, 0x40, 0, 0xc0);
  const wanted = [0.5, -0.5];

  it("others are skipped, before and after, with their padding", async () => {
    const list = chunk("LIST", text("INFOx"));
    expect(await firstChannel(wav({ bits: 16, data, before: list, between: list, after: list }))).toEqual(wanted);
  });

  it.each([0xffffffff, 0x7ffff000, 0x7fffffff, 0x80000000, 0xfffffff0, 0])(
    "a data size of %i, left by a writer to a pipe, goes on to the end",
    async (dataSize) => {
      const bytes = wav({ bits: 16, data, dataSize, riffSize: dataSize });
      expect(await firstChannel(bytes)).toEqual(wanted);
      expect((await readSound(bytes)).info.durationSeconds).toBeUndefined();
    },
  );

  it("a data size of 0 with chunks after it is an empty sound", async () => {
    const bytes = wav({ bits: 16, data: EMPTY, after: chunk("LIST", text("INFO")) });
    expect(await readSound(bytes)).toMatchObject({ info: { durationSeconds: 0 }, channels: [{ length: 0 }] });
  });

  it("RF64 has its size in ds64", async () => {
    const ds64 = chunk("ds64", join(u32(0), u32(0), u32(data.length), u32(0), new Uint8Array(12)));
    const bytes = wav({
      container: "RF64",
      bits: 16,
      data,
      dataSize: 0xffffffff,
      riffSize: 0xffffffff,
      before: ds64,
      after: chunk("junk", text("noise")),
    });
    expect(await firstChannel(bytes)).toEqual(wanted);
    expect((await readSound(bytes)).info).toMatchObject({ format: "RF64, 16-bit PCM", durationSeconds: 2 / RATE });
  });

  it("half a frame at the end of a streamed file is dropped", async () => {
    expect(await firstChannel(wav({ channels: 2, bits: 16, data: Uint8Array.of(0, 0x40, 0, 0, 7, 7), dataSize: 0xffffffff }))).toEqual([
      0.5,
    ]);
  });

  it("sizes that are declared take no memory", async () => {
    const before = process.memoryUsage().arrayBuffers;
    await expect(readSound(wav({ bits: 16, data, dataSize: 0x7fff0000 }), { maxSeconds: 1e9, strict: true })).rejects.toMatchObject({
      code: "bad-format",
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e7);
  });

  it("16-bit samples are read as themselves over 32768", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1 }), async (values) => {
        const found = await firstChannel(
          wav({ bits: 16, data: bytesOf(values.length, 2, (view, i) => view.setInt16(i * 2, values[i], true)) }),
        );
        expect(found).toEqual(values.map((x) => x / 32_768));
      }),
    );
  });
});
