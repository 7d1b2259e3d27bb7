/** The library in C under cppcheck, with the rules of MISRA C or without. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../root.ts";

const hasCppcheck = spawnSync("cppcheck", ["--version"]).status === 0;

/** @param args of scripts/misra-c.mjs */
export function expectNoFinding(args: readonly string[]): void {
  it.skipIf(!hasCppcheck)("cppcheck finds nothing in the library in C that was not reviewed", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/misra-c.mjs"), ...args], { encoding: "utf8" });
    expect([stderr, stdout, status]).toEqual(["", "no finding that was not reviewed\n", 0]);
  });
}
