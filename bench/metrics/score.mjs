/** Runs score.py: PESQ and STOI by the Python packages. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @returns versions of the packages, and for each clip and codec
 * `{ clip, codec, pesqWb, pesqNb, stoi, estoi }`
 */
export function scoreInPython(python, folder, clips, codecs) {
  const script = join(dirname(fileURLToPath(import.meta.url)), "score.py");
  const result = spawnSync(python, [script, folder, String(clips), ...codecs], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (result.status !== 0) throw new Error(`Cannot score: ${python} ended with status ${result.status}`);
  return JSON.parse(result.stdout);
}
