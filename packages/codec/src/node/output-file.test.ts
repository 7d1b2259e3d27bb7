import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discardOpenOutputs, OutputFile } from "./output-file.ts";

/** The built module, for other processes. */
const SOURCE = new URL("../../dist/node/output-file.js", import.meta.url).href;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twelvehz-output-"));
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Runs a step as a user who is not root, whom no permission stops. */
async function asOrdinaryUser<T>(step: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return step();
  process.seteuid?.(65_534);
  try {
    return await step();
  } finally {
    process.seteuid?.(0);
  }
}

describe("OutputFile", () => {
  it("appears under its name only when it is committed, and nothing else is left", async () => {
    const path = join(folder, "out.bin");
    const file = await OutputFile.create(path);
    await file.write(bytes("hello "));
    await file.write(bytes("world"));
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(new RegExp(`^\\.out\\.bin\\.partial-${process.pid}-[0-9a-f]{8}$`))]);
    expect(file.position).toBe(11);
    await file.commit();
    expect(readdirSync(folder)).toEqual(["out.bin"]);
    expect(readFileSync(path, "utf8")).toBe("hello world");
  });

  it("a discarded file leaves nothing, and what was there before stays", async () => {
    const path = join(folder, "out.bin");
    writeFileSync(path, "before");
    const file = await OutputFile.create(path);
    await file.write(bytes("after"));
    await file.discard();
    await file.discard();
    expect(readdirSync(folder)).toEqual(["out.bin"]);
    expect(readFileSync(path, "utf8")).toBe("before");
  });

  it("a committed file stays when it is discarded or committed once more", async () => {
    const path = join(folder, "out.bin");
    const file = await OutputFile.create(path);
    await file.write(bytes("x"));
    await file.commit();
    await file.commit();
    await file.discard();
    expect(readFileSync(path, "utf8")).toBe("x");
  });

  it("bytes can be written over", async () => {
    const file = await OutputFile.create(join(folder, "out.bin"));
    expect(file.seekable).toBe(true);
    await file.write(bytes("____ world"));
    await file.writeAt(bytes("good"), 0);
    await file.write(bytes("!"));
    await file.commit();
    expect(readFileSync(join(folder, "out.bin"), "utf8")).toBe("good world!");
  });

  it("all open outputs can be discarded at once, as a signal handler does", async () => {
    const files = [await OutputFile.create(join(folder, "a")), await OutputFile.create(join(folder, "b"))];
    await files[0].write(bytes("x"));
    discardOpenOutputs();
    expect(readdirSync(folder)).toEqual([]);
    await expect(files[0].commit()).rejects.toMatchObject({ code: "not-found" });
    await files[1].discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("a process that exits leaves nothing half written", () => {
    const script = `import { OutputFile } from ${JSON.stringify(SOURCE)};
      const file = await OutputFile.create(process.argv[1]);
      await file.write(new Uint8Array(10));
      process.exit(3);`;
    expect(() => execFileSync(process.execPath, ["--input-type=module", "-e", script, join(folder, "out.bin")])).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("a file is replaced through a link to it, and keeps its mode", async () => {
    const real = join(folder, "real.bin");
    const link = join(folder, "link.bin");
    writeFileSync(real, "before", { mode: 0o640 });
    symlinkSync(real, link);
    const file = await OutputFile.create(link);
    await file.write(bytes("after"));
    await file.commit();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toBe("after");
    expect(statSync(real).mode & 0o777).toBe(0o640);
  });

  it("a name as long as names may be works", async () => {
    const path = join(folder, `${"n".repeat(251)}.wav`);
    const file = await OutputFile.create(path);
    await file.commit();
    expect(existsSync(path)).toBe(true);
  });

  it("a device is written in place, not replaced", async () => {
    const file = await OutputFile.create("/dev/null");
    expect(file.seekable).toBe(false);
    await file.write(bytes("x"));
    await expect(file.writeAt(bytes("y"), 0)).rejects.toMatchObject({ code: "io", message: /takes bytes in order only/ });
    await file.commit();
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it.each([
    ["a folder", () => folder, "io", /^Cannot write ".*": it is a folder; a file is wanted$/],
    ["a folder that is not there", () => join(folder, "none", "out.wav"), "not-found", /there is no such file or folder$/],
    ["a path through a file", () => join(occupied(), "out.wav"), "not-found", /a part of the path is a file, not a folder$/],
  ] as const)("%s is a clear error", async (_, path, code, message) => {
    await expect(OutputFile.create(path())).rejects.toMatchObject({ name: "CodecError", code, message: expect.stringMatching(message) });
  });

  it("a file that is there is kept when overwriting is off", async () => {
    await expect(OutputFile.create(occupied(), { overwrite: false })).rejects.toMatchObject({
      code: "io",
      message: /it exists already; choose another name$/,
    });
  });

  it("a folder without write permission is a clear error, and so is a file without", async () => {
    const path = occupied();
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    const denied = { code: "no-permission", message: expect.stringMatching(/^Cannot write ".*": permission is denied$/) };
    await asOrdinaryUser(() => expect(OutputFile.create(join(folder, "new.wav"))).rejects.toMatchObject(denied));
    await asOrdinaryUser(() => expect(OutputFile.create(path)).rejects.toMatchObject(denied));
  });

  function occupied(): string {
    const path = join(folder, "there.bin");
    writeFileSync(path, "x");
    return path;
  }
});

describe("the standard output", () => {
  const script = (lines: string): string[] => [
    "--input-type=module",
    "-e",
    `import { OutputFile } from ${JSON.stringify(SOURCE)};\n${lines}`,
  ];

  it("takes everything, in order, however slow the reader", () => {
    const lines = `const out = await OutputFile.create("-");
      for (let i = 0; i < 64; i++) await out.write(new Uint8Array(65536).fill(i));
      await out.commit();`;
    const found = execFileSync(process.execPath, script(lines), { maxBuffer: 1 << 24 });
    expect(found.length).toBe(64 * 65_536);
    expect([0, 31, 63].map((i) => found[i * 65_536 + 100])).toEqual([0, 31, 63]);
  });

  it("a reader that stops early is a quiet end", () => {
    const lines = `const out = await OutputFile.create("-");
      for (let i = 0; i < 64; i++) await out.write(new Uint8Array(65536));
      await out.commit();
      process.stderr.write("ended well");`;
    const command = `"$0" "$@" | head -c 10 | wc -c`;
    const found = execFileSync("sh", ["-c", `{ ${command}; } 2>&1`, process.execPath, ...script(lines)], { encoding: "utf8" });
    expect(found.replace(/\s/g, "")).toMatch(/^(endedwell10|10endedwell)$/);
  });
});
