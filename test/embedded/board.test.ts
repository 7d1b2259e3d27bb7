/**
 * Decoder and encoder on an emulated Cortex-M7 with 1 MB of memory, where compiler and emulator are:
 * the short form of bench/embedded.mjs, which also compiles the examples for boards.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../root.ts";

const hasBoard = ["arm-none-eabi-gcc", "qemu-system-arm"].every((program) => spawnSync(program, ["--version"]).status === 0);

interface Run {
  readonly bits: number;
  readonly flags: readonly string[];
  readonly stackBytes: number;
  readonly arenaBytes: number;
  readonly meanInstructions: number;
  readonly differenceDb?: number;
}

it.skipIf(!hasBoard)("on a Cortex-M7 assembly gives the bits of C, within the instructions, memory and stack that are promised", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "bench/embedded.mjs"), "--frames", "8"], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]); // it fails where assembly and C differ
  const { decoders, encoders, codeBytes } = JSON.parse(stdout) as { decoders: readonly Run[]; encoders: readonly Run[]; codeBytes: number };
  const [assembly, plain] = decoders as [Run, Run];
  expect([assembly.bits, assembly.flags, plain.flags]).toEqual([8, [], ["-DT12_PLAIN_C"]]);
  expect(assembly.meanInstructions).toBeLessThan(28e6);
  expect(plain.meanInstructions).toBeLessThan(30e6);
  expect(assembly.differenceDb).toBeLessThan(-35);
  expect(assembly.arenaBytes).toBeLessThan(320_000);
  for (const { stackBytes } of [...decoders, ...encoders]) expect(stackBytes).toBeLessThan(4096);
  expect(encoders[0]!.meanInstructions).toBeLessThan(30e6);
  expect(codeBytes).toBeLessThan(40_000);
});
