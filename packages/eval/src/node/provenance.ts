import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import type { Provenance } from "../evaluation/results.ts";

/** Packages whose versions change results. */
const PACKAGES = ["@twelvehz/codec", "@twelvehz/eval", "libopus-wasm", "onnxruntime-node"];

/**
 * Machine, day and versions of this program.
 * @param known what only the caller knows: the command and the commit
 */
export function provenance(known: Pick<Provenance, "command" | "commit"> = {}): Provenance {
  const processors = cpus();
  const versions = PACKAGES.flatMap((name) => {
    const version = versionOf(name);
    return version === undefined ? [] : [[name, version] as const];
  });
  return {
    ...known,
    date: new Date().toISOString().slice(0, 10),
    machine: `${processors[0]?.model.trim() ?? "unknown processor"}, ${processors.length} processors`,
    versions: { node: process.versions.node, ...Object.fromEntries(versions) },
  };
}

/**
 * Version of an installed package, found as Node finds the package; undefined when it is not there.
 */
function versionOf(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")) as { version?: string }).version;
    } catch {
      continue; // not in this folder
    }
  }
  return undefined;
}
