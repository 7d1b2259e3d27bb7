/**
 * The library in C by every further compiler that is here, clang beside gcc, with sanitizers. The
 * first compiler is that of the other tests.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Codes, exportC, writeTokenFile } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileInC, compilers } from "../support/c-compiler.ts";
import { golden, goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";
import { relativeError } from "../support/spectrum.ts";

const LAYERS = 16;
const FRAMES = 30;
const PROGRAMS = ["test/golden.c", "test/encode.c"];
const place = mkdtempSync(join(tmpdir(), "twelvehz-compilers-"));
afterAll(() => rmSync(place, { recursive: true }));
const at = (name: string): string => join(place, name);

/** Builds of the library: flags, how near its sound is at least, dB, which share of its codes may differ. */
const BUILDS = {
  small: { name: "for small devices", flags: [], mostDb: -35, mostDiffering: 0.05 },
  wide: { name: "with a vector unit", flags: ["-DT12_WIDE"], mostDb: -60, mostDiffering: 0 },
} as const;

beforeAll(async () => {
  await exportC(MODEL_FOLDER, place, { parts: "both" });
  writeFileSync(at("codes"), goldenCodes());
  writeFileSync(at("samples"), goldenClip().samples);
  writeFileSync(at("golden.t12"), writeTokenFile(new Codes(goldenCodes(), LAYERS)));
});

/** Standard output of a program, which must succeed and have nothing to complain about. */
function run(program: string, args: readonly (string | number)[]): string {
  const { status, stdout, stderr } = spawnSync(program, args.map(String), { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

/**
 * The golden clip in both directions, the self-test, and changed blobs, streams and sounds.
 * @param builds which are tried
 * @param runs with changed blobs and streams; half as many with changed sounds
 */
export function expectOfCompilers(builds: readonly (keyof typeof BUILDS)[], runs: number): void {
  describe.each(compilers.slice(1))("compiled by %s", (compiler) => {
    it.each(builds.map((build) => BUILDS[build]))("$name it decodes and encodes the golden clip", ({ flags, mostDb, mostDiffering }) => {
      const program = compileInC(at(`golden${flags.length}`), flags, PROGRAMS, compiler);
      run(program("golden"), [at("t12d.bin"), at("codes"), FRAMES, LAYERS, at("sound")]);
      const sound = new Float32Array(readFileSync(at("sound")).buffer.slice(0));
      expect(relativeError(golden("decoded") as Float32Array, sound)).toBeLessThan(mostDb);
      run(program("encode"), [at("t12d.bin"), at("samples"), at("found")]);
      const codes = new Int16Array(new Uint8Array(readFileSync(at("found"))).buffer);
      const differing = codes.filter((code, i) => code !== goldenCodes()[i]).length;
      expect(differing / goldenCodes().length).toBeLessThanOrEqual(mostDiffering);
    });

    it("it answers changed blobs, streams and sounds with a status or codes in range, never a fault", () => {
      const program = compileInC(at("fuzz"), [], ["test/self-test.c", "test/fuzz.c", "test/fuzz_encoder.c"], compiler);
      expect(run(program("self-test"), [at("t12d.bin")])).toBe("the self-test passes\n");
      expect(run(program("fuzz"), [at("t12d.bin"), at("golden.t12"), runs, 2])).toContain(`${runs} runs`);
      expect(run(program("fuzz_encoder"), [at("t12d.bin"), at("samples"), runs >> 1, 2])).toContain(`${runs >> 1} runs`);
    });
  });
}
