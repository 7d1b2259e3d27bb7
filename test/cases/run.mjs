/** Runs the command, and lines of a shell in which `twelvehz` is the command. */
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** Whether an ffmpeg is on the PATH. */
export const ffmpegIsThere = spawnSync("ffmpeg", ["-version"]).status === 0;

/** Runs the command to its end. */
export function twelvehz(args, options = {}) {
  return toEnd(spawn(process.execPath, [MAIN, ...args], withoutSettings(options)));
}

/** Runs a line of bash to its end, in a folder. */
export function bash(line, cwd, env = {}) {
  const command = `"${process.execPath}" "${MAIN}" `;
  return toEnd(spawn("bash", ["-c", line.replaceAll("twelvehz ", command)], withoutSettings({ cwd, env })));
}

function withoutSettings({ env, ...options }) {
  return { ...options, env: { ...process.env, TWELVEHZ_MODEL: "", TWELVEHZ_CONFIG: "/nonexistent/settings.json", ...env } };
}

async function toEnd(child) {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].on("data", (bytes) => (said[name] += bytes));
  child.stdin.end();
  const status = await new Promise((resolve) => child.on("close", resolve));
  return { status, ...said };
}
