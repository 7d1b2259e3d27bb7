import { describe, expect, it } from "vitest";
import { ERROR_TABLE } from "@twelvehz/codec/node";
import { readFileSync } from "node:fs";
import { succeed, twelvehz } from "../support/command.ts";

const COMMANDS = ["encode", "decode", "roundtrip", "info", "export-c", "completion"];

describe("help", () => {
  it("of the command names every command, every exit status and the version", async () => {
    const { stdout, stderr } = await succeed(["--help"]);
    const text = stdout.toString();
    for (const command of COMMANDS) expect(text).toContain(`  ${command} `);
    for (const [code, { exitStatus }] of Object.entries(ERROR_TABLE)) expect(text).toMatch(new RegExp(`\\b${exitStatus}  ${code}: `));
    expect(stderr).toBe("");
    const { version } = JSON.parse(readFileSync(new URL("../../packages/cli/package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect((await succeed(["--version"])).stdout.toString()).toBe(`${version}\n`);
  });

  it.each(COMMANDS)("of %s shows its arguments, its options and an example that begins with it", async (command) => {
    const text = (await succeed([command, "--help"])).stdout.toString();
    expect(text).toContain(`Usage: twelvehz ${command}`);
    expect(text).toContain("Arguments:");
    expect(text).toMatch(new RegExp(`Examples:\\n(.*\\n)*.*twelvehz ${command} `));
    expect((await succeed(["help", command])).stdout.toString()).toBe(text);
  });

  it("is shown when there is no command, as an error", async () => {
    const { status, stderr, stdout } = await twelvehz([]);
    expect(status).toBe(ERROR_TABLE.usage.exitStatus);
    expect(stderr).toContain("Usage: twelvehz");
    expect(stdout.toString()).toBe("");
  });

  it.each(["bash", "zsh", "fish"])("of a shell, its completion for %s, knows the commands and their options", async (shell) => {
    const script = (await succeed(["completion", shell])).stdout.toString();
    for (const word of [...COMMANDS, "mute-layers", "salvage", "live"]) expect(script).toContain(word);
  });
});
