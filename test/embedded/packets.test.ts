/** Command packets in C: those that TypeScript writes, and what a device with a radio plays of them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codes, exportC, openCodec, readAudio, specOf } from "@twelvehz/codec/node";
import { commandPacketBytes, writeCommandPacket } from "@twelvehz/transport";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { englishClip, root } from "../root.ts";
import { compileInC, hasCompiler } from "../support/c-compiler.ts";
import { MODEL_FOLDER } from "../support/golden.ts";
import { relativeError } from "../support/spectrum.ts";

const place = mkdtempSync(join(tmpdir(), "twelvehz-packets-"));
afterAll(() => rmSync(place, { recursive: true }));
const blob = join(place, "t12d.bin");

/** A packet as the program in C reads it. */
function framed(packet: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(Uint16Array.of(packet.length).buffer), packet]);
}

describe.skipIf(!hasCompiler)("packets in C", () => {
  let program: (name: string) => string;
  let packetOf: (codes: readonly number[], layers: number) => Uint8Array;
  beforeAll(async () => {
    await exportC(MODEL_FOLDER, place, { predictor: true });
    program = compileInC(join(place, "small"), [], ["test/packet.c", "examples/radio.c"]);
    const codec = await openCodec(MODEL_FOLDER);
    const spec = specOf(codec.info);
    await codec.close();
    packetOf = (codes, layers) => writeCommandPacket(new Codes(Int16Array.from(codes), layers, spec));
  });

  /** What the program makes of packets: those that it wrote again, and the statuses of others. */
  function repeated(packets: readonly Uint8Array[]): { written: Buffer; statuses: string } {
    const { status, stdout, stderr } = spawnSync(program("packet"), [blob], {
      input: Buffer.concat(packets.map(framed)),
      maxBuffer: 2 ** 26,
    });
    expect(status).toBe(0);
    return { written: stdout, statuses: stderr.toString().trim() };
  }

  it("reads what TypeScript writes, and writes the same bytes", () => {
    const code = fc.integer({ min: 0, max: 2047 });
    const packets = fc.sample(
      fc.integer({ min: 1, max: 16 }).chain((layers) => {
        const frames = fc.array(fc.array(code, { minLength: layers, maxLength: layers }), { minLength: 1, maxLength: 40 });
        return frames.map((rows) => packetOf(rows.flat(), layers));
      }),
      { numRuns: 60, seed: 12 },
    );
    const { written, statuses } = repeated(packets);
    expect(statuses).toBe("");
    expect(Buffer.compare(written, Buffer.concat(packets))).toBe(0);
  });

  it("refuses what is cut, changed, foreign or empty, each with its status", () => {
    const packet = packetOf([1, 2, 3, 4, 5, 6], 2);
    const flipped = Array.from({ length: packet.length * 8 }, (_, i) => packet.with(i >> 3, packet[i >> 3]! ^ (1 << (i & 7))));
    const { written, statuses } = repeated([new Uint8Array(0), packet.subarray(0, 8), packet.subarray(0, 12), ...flipped]);
    const [format, damaged] = ["-3", "-4"];
    expect(written).toHaveLength(0);
    expect(statuses.split(" ")).toEqual([format, format, damaged, ...flipped.map((_, i) => (i < 8 ? format : damaged))]);
  });

  it.each([
    ["lora", 51],
    ["nb-iot", 512],
  ] as const)("plays the packets of the example for %s, of which some are lost", async (link, longest) => {
    const [sound, packets] = [join(place, `${link}.wav`), join(place, `${link}.bin`)];
    const args = [join(root, "examples/thin-link.mjs"), englishClip, sound, "--link", link, "--lose", "20", "--packets", packets];
    const env = { ...process.env, TWELVEHZ_MODEL: MODEL_FOLDER };
    const example = spawnSync(process.execPath, args, { encoding: "utf8", env });
    expect([example.status, example.stderr]).toEqual([0, ""]);
    expect(example.stdout).toMatch(new RegExp(`packets of up to ${longest} bytes.*[1-9]\\d* lost`));
    const { status, stdout, stderr } = spawnSync(program("radio"), [blob], { input: readFileSync(packets), maxBuffer: 2 ** 26 });
    expect([status, stderr.toString()]).toEqual([0, ""]);
    const found = Float32Array.from(
      new Int16Array(stdout.buffer.slice(stdout.byteOffset + 44, stdout.byteOffset + stdout.length)),
      (x) => x / 32768,
    );
    const wanted = (await readAudio(sound)).samples;
    expect(found).toHaveLength(wanted.length);
    expect(relativeError(wanted, found)).toBeLessThan(-30);
    expect(commandPacketBytes(1, 16, 2048)).toBeLessThan(longest);
  });
});
