/** The packages as others get them: packed, unpacked into an empty folder, and used from there. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { soundPath } from "../support/command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Folder of every package, by its name. */
const FOLDERS: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(join(ROOT, "packages")).map((folder) => {
    const { name } = JSON.parse(readFileSync(join(ROOT, "packages", folder, "package.json"), "utf8")) as { name: string };
    return [name, folder];
  }),
);
const PACKAGES = Object.keys(FOLDERS);

/** Promises of the project, in bytes. */
const LARGEST_MODEL = 20_000_000;
const LARGEST_CODEC = 400_000;

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const exec = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
let packed: readonly Packed[];
afterAll(() => rmSync(home, { recursive: true }));

function npm(args: readonly string[]): Promise<{ stdout: string }> {
  const program = process.env["npm_execpath"]; // set where npm started this
  const options = { cwd: ROOT, maxBuffer: 2 ** 26 };
  return program ? exec(process.execPath, [program, ...args], options) : exec("npm", [...args], options);
}

/** Puts a packed package, and links to what it says it depends on, where Node finds them. */
async function install({ name, filename }: Packed): Promise<void> {
  const folder = join(home, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  await exec("tar", ["-xzf", join(home, filename), "-C", folder, "--strip-components=1"]);
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies?: Record<string, string> };
  for (const dependency of Object.keys(dependencies).filter((d) => !PACKAGES.includes(d))) {
    const link = join(home, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(installedAt(name, dependency), link, "junction");
  }
}

/** Where npm has put what a package of the workspace depends on: beside it, or at the root. */
function installedAt(name: string, dependency: string): string {
  const places = [join(ROOT, "packages", FOLDERS[name], "node_modules", dependency), join(ROOT, "node_modules", dependency)];
  return places.find((place) => existsSync(place)) ?? places[1];
}

beforeAll(async () => {
  const { stdout } = await npm(["pack", ...PACKAGES.flatMap((name) => ["-w", name]), "--json", "--pack-destination", home]);
  const listed = JSON.parse(stdout) as Packed[] | Record<string, Packed>; // npm 10 gives a list, npm 11 an object
  packed = Array.isArray(listed) ? listed : Object.values(listed);
  for (const one of packed) await install(one);
  writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module", private: true }));
});

function packageOf(name: string): Packed {
  const found = packed.find((one) => one.name === name);
  if (!found) throw new Error(`${name} was not packed`);
  return found;
}

describe("what is packed", () => {
  it("is every package of the workspace", () => {
    expect(packed.map(({ name }) => name).sort()).toEqual(PACKAGES.toSorted());
    expect(Object.values(FOLDERS).sort()).toEqual(readdirSync(join(ROOT, "packages")).sort());
  });

  it.each(PACKAGES)("of %s holds the licence, the notice and a description, and neither tests nor leftovers of the build", (name) => {
    const files = packageOf(name).files.map(({ path }) => path);
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "NOTICE", "README.md", "package.json"]));
    expect(files.filter((path) => /\.test\.|tsbuildinfo|\.map$|^src\//.test(path))).toEqual([]);
    for (const file of ["LICENSE", "NOTICE"]) {
      expect(readFileSync(join(home, "node_modules", name, file), "utf8")).toBe(readFileSync(join(ROOT, file), "utf8"));
    }
  });

  it("of the model is at most 20 MB, and of the codec at most 400 kB", () => {
    expect(packageOf("@twelvehz/compact-model").size).toBeLessThanOrEqual(LARGEST_MODEL);
    expect(packageOf("@twelvehz/codec").size).toBeLessThanOrEqual(LARGEST_CODEC);
  });

  it("of the codec brings a page at most 400 kB of program, before it is made smaller", () => {
    const bytes = [...reachableFrom("index.js").files].reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThanOrEqual(LARGEST_CODEC);
  });
});

/**
 * Everything that a module of the codec imports, and what that imports: files of the package, and
 * names of others.
 */
function reachableFrom(entry: string): { files: ReadonlySet<string>; names: ReadonlySet<string> } {
  const dist = join(home, "node_modules/@twelvehz/codec/dist");
  const [files, names, waiting] = [new Set<string>(), new Set<string>(), [join(dist, entry)]];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const text = readFileSync(file, "utf8");
    for (const match of text.matchAll(
      /^(?:import|export|\}).*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)|new URL\("(\.[^"]+)"/gm,
    )) {
      const target = match.slice(1).find((name) => name !== undefined) ?? "";
      if (target.startsWith(".")) waiting.push(join(dirname(file), target));
      else names.add(target);
    }
  }
  return { files, names };
}

describe("the entry for a page", () => {
  it("reaches no module of Node, and nothing of the entry for Node", () => {
    const { files, names } = reachableFrom("index.js");
    expect(files.size).toBeGreaterThan(30);
    expect([...names].filter((name) => isBuiltin(name) || name === "onnxruntime-node")).toEqual([]);
    const dist = join(home, "node_modules/@twelvehz/codec/dist");
    expect([...files].map((file) => relative(dist, file)).filter((file) => file.startsWith("node"))).toEqual([]);
    expect([...reachableFrom("node/index.js").names]).toContain("node:fs/promises"); // the search does find such
  });

  it("names no package that the codec does not depend on", () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(home, "node_modules/@twelvehz/codec/package.json"), "utf8"),
    ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
    const names = [
      ...reachableFrom("index.js").names,
      ...reachableFrom("web/index.js").names,
      ...reachableFrom("web/engine-worker.js").names,
      ...reachableFrom("node/index.js").names,
      ...reachableFrom("node/engine-worker.js").names,
    ];
    const packages = names
      .filter((name) => !isBuiltin(name))
      .map((name) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      );
    expect(packages.filter((name) => !(name in dependencies || name in peerDependencies))).toEqual([]);
  });
});

describe("an installed package", () => {
  const run = (source: string): Promise<{ stdout: string; stderr: string }> =>
    exec(process.execPath, ["--input-type=module", "-e", source], { cwd: home });

  it("is imported from both entries, which share their classes", async () => {
    const { stdout } = await run(`
      import { Codes } from "@twelvehz/codec";
      import { Codes as Same, readAudio } from "@twelvehz/codec/node";
      console.log(Codes === Same, typeof readAudio);`);
    expect(stdout).toBe("true function\n");
  });

  it("encodes and decodes with the model that is installed beside it", async () => {
    const { stdout, stderr } = await run(`
      import { openCodec, readAudio, writeAudio } from "@twelvehz/codec/node";
      const codec = await openCodec("compact");
      const codes = await codec.encode(await readAudio(${JSON.stringify(soundPath("english.mp3"))}));
      await writeAudio("out.wav", await codec.decode(codes));
      await codec.close();
      console.log(codes.frames, codes.layers);`);
    expect([stdout, stderr]).toEqual(["13 16\n", ""]); // one second
    expect(statSync(join(home, "out.wav")).size).toBeGreaterThan(44);
  });

  it("says what to install where a graphics card is asked for", async () => {
    writeSeededCheckpoint(join(home, "tiny"), seededConfig("tiny"), 7);
    const { stdout } = await run(`
      import { openCodec } from "@twelvehz/codec/node";
      await openCodec("./tiny", { device: "webgpu" }).catch(({ code, message }) => console.log(code, message));`);
    const remedy = 'run "npm install webgpu@0.6.2", or choose the device "cpu"';
    expect(stdout).toBe(`runtime Cannot use a graphics card: the package webgpu is not installed; ${remedy}\n`);
  });

  it("has a command that works", async () => {
    const { bin } = JSON.parse(readFileSync(join(home, "node_modules/twelvehz/package.json"), "utf8")) as { bin: { twelvehz: string } };
    const main = join(home, "node_modules/twelvehz", bin.twelvehz);
    expect(readFileSync(main, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { stdout } = await exec(process.execPath, [main, "roundtrip", soundPath("chinese.flac"), "-m", "compact", "-o", "-"], {
      cwd: home,
      encoding: "buffer",
    });
    expect(stdout.subarray(0, 4).toString()).toBe("RIFF");
  });

  it("has types that a strict program for a page can be written with, without those of Node", async () => {
    const source = `
      import { Audio, Codec, Codes, type ModelInfo } from "@twelvehz/codec";
      import type { Engine } from "@twelvehz/codec/internal";
      export async function use(engine: Engine): Promise<Float32Array> {
        await using codec = new Codec(engine);
        const info: ModelInfo = codec.info;
        const codes: Codes = await codec.encode(new Audio(new Float32Array(1), info.sampleRate), { layers: 4 });
        // @ts-expect-error an option that is not there
        await codec.decode(codes, { layer: 1 });
        return (await codec.decode(codes)).samples;
      }`;
    expect(await typeErrors("page.ts", source, ["--types", ""])).toBe("");
  });

  it("has types that a strict program for Node can be written with", async () => {
    mkdirSync(join(home, "node_modules/@types"));
    symlinkSync(join(ROOT, "node_modules/@types/node"), join(home, "node_modules/@types/node"), "junction");
    const source = `
      import { openCodec, readAudio, writeAudio } from "@twelvehz/codec/node";
      const codec = await openCodec("compact", { threads: 2 });
      const { clippedSamples } = await writeAudio("out.wav", await codec.decode(await codec.encode(await readAudio("in.wav"))));
      export const clipped: number = clippedSamples;`;
    expect(await typeErrors("program.ts", source, ["--types", "node"])).toBe("");
  });

  async function typeErrors(name: string, source: string, options: readonly string[]): Promise<string> {
    writeFileSync(join(home, name), source);
    const { bin } = createRequire(import.meta.url)("typescript/package.json") as { bin: { tsc: string } };
    const tsc = join(ROOT, "node_modules/typescript", bin.tsc);
    const args = [
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--lib",
      "es2023,dom,dom.iterable",
      ...options,
      name,
    ];
    return (await exec(process.execPath, [tsc, ...args], { cwd: home }).catch((error: { stdout: string }) => error)).stdout;
  }
});

describe("the descriptions of the packages", () => {
  it.each(PACKAGES)("of %s hold before publint", async (name) => {
    const program = join(ROOT, "node_modules/publint/src/cli.js");
    const { stdout } = await exec(process.execPath, [program, "run", "--strict", join(home, packageOf(name).filename)], { cwd: ROOT });
    expect(stdout).toContain("All good!");
  });

  it("of the codec give every kind of resolution its types, but for require(), which this library does not serve", async () => {
    const program = join(ROOT, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const args = [program, join(home, packageOf("@twelvehz/codec").filename), "--profile", "esm-only", "--format", "json"];
    const { stdout } = await exec(process.execPath, args, { cwd: ROOT, maxBuffer: 2 ** 26 });
    const { problems } = JSON.parse(stdout) as { problems?: Record<string, unknown> };
    expect(Object.keys(problems ?? {}).filter((kind) => !["NoResolution", "CJSResolvesToESM"].includes(kind))).toEqual([]);
  });
});
