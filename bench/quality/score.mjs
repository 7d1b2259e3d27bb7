/** score.py beside this file: PESQ and STOI of sounds in a folder. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";

/**
 * What score.py says.
 * @param python with numpy, soundfile, soxr, pesq and pystoi
 * @param folder of NAME.reference.wav and NAME.SUFFIX.wav
 */
export function score(python, folder, suffixes) {
  const result = spawnSync(python, [join(root, "bench/quality/score.py"), folder, ...suffixes], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (result.status !== 0) throw new Error(`Cannot score: ${python} ended with status ${result.status}`);
  return JSON.parse(result.stdout);
}
