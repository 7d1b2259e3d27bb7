/**
 * Judges in Python, asked by judges.mjs where a Python is named: what `voice_judges.py` says of a
 * folder of clips.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAudio } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";

/** As `MEASURES` of the evaluation describes its own. */
export const VOICE_MEASURES = [
  { id: "speaker", label: "Speaker similarity", better: "higher", decimals: 3 },
  { id: "wordError", label: "Words heard otherwise", unit: "%", better: "lower", decimals: 2 },
];

/** Collects clips, and asks about all of them at once. */
export class VoiceJudges {
  #folder = mkdtempSync(join(tmpdir(), "twelvehz-judges-"));
  #count = 0;

  /**
   * @param {import("@twelvehz/codec").Audio} reference
   * @param {readonly import("@twelvehz/codec").Audio[]} versions the same number for every clip
   */
  async add(reference, versions) {
    const name = String(this.#count++).padStart(4, "0");
    await writeAudio(join(this.#folder, `${name}.reference.wav`), reference);
    for (const [i, version] of versions.entries()) await writeAudio(join(this.#folder, `${name}.${i}.wav`), version);
  }

  /**
   * @param {string} python
   * @param {number} versions of each clip
   * @returns {{ packages: Record<string, string>; values: Record<string, number | null>[][] }}
   * names and versions of the judges that are installed,
   *     and what they say, clip by clip and version by version
   */
  ask(python, versions) {
    const script = join(root, "bench/quality/voice_judges.py");
    const codecs = Array.from({ length: versions }, (_, i) => String(i));
    const { status, stdout } = spawnSync(python, ["-W", "ignore", script, this.#folder, ...codecs], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`Cannot ask the judges: ${python} ended with status ${status}`);
    const { packages, values } = JSON.parse(stdout);
    return { packages, values: Object.values(values).map((clip) => codecs.map((codec) => clip[codec])) };
  }

  close() {
    rmSync(this.#folder, { recursive: true });
  }
}
