import type { Provenance } from "../evaluation/results.ts";
import { provenance } from "./provenance.ts";

/** How an atlas was made. */
export interface AtlasMaking extends Provenance {
  /** The same in a sentence for people. */
  readonly words: string;
}

/**
 * Says how an atlas is being made: on this machine, today.
 * @param command that was typed
 * @param commit of the program, where it is known
 */
export function atlasMaking(command: string, commit?: string): AtlasMaking {
  const made = provenance({ command, commit });
  const versions = Object.entries(made.versions).map(([name, version]) => `${name} ${version}`);
  return { ...made, words: `${command} · ${made.date} · ${made.machine} · ${versions.join(", ")}` };
}
