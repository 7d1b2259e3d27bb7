/** A standard output that takes no more. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../root.ts";

const command = `"${process.execPath}" "${join(root, "packages/cli/dist/main.js")}"`;

describe.skipIf(!existsSync("/dev/full"))("a full disk behind the standard output", () => {
  it.each(["info compact", "info compact --json", "completion bash", "--help"])("is one line and exit status 74 for %s", (args) => {
    const { status, stderr } = spawnSync("sh", ["-c", `${command} ${args} > /dev/full`], { encoding: "utf8" });
    expect(stderr).toBe("twelvehz: Cannot write the standard output: the disk is full\n");
    expect(status).toBe(74);
  });
});
