/** `twelvehz models` as its users run it, against a mock hub. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { listing, start, finished, inProcess, twelvehz, succeed, clipPath } from "../support/command.ts";
import { MODEL_FOLDER } from "../support/golden.ts";
import { MockHub, sha256 } from "./mock-hub.ts";
import { cacheOf, COMMIT, modelRepo, NAME, newEnvironment, newFolder, REPO_FOLDER, treeOf, WEIGHTS } from "./models.ts";

const SHIPPED = {
  "config.json": readFileSync(join(MODEL_FOLDER, "config.json")),
  "model.safetensors": readFileSync(join(MODEL_FOLDER, "model.safetensors")),
};
/** Variables of the user who runs the tests that would count here. */
const UNSET = {
  HF_HOME: "",
  HF_HUB_CACHE: "",
  HUGGINGFACE_HUB_CACHE: "",
  XDG_CACHE_HOME: "",
  XDG_CONFIG_HOME: "",
  HF_TOKEN: "",
  HF_HUB_OFFLINE: "",
  TRANSFORMERS_OFFLINE: "",
  MODELSCOPE_CACHE: "",
  TWELVEHZ_CONFIG: "",
  NO_PROXY: "127.0.0.1",
};

async function setUp(repo = modelRepo()) {
  const hub = await MockHub.start({ [NAME]: repo });
  const env = newEnvironment({ ...UNSET, HF_ENDPOINT: hub.url });
  return {
    hub,
    env,
    repo: join(cacheOf(env), REPO_FOLDER),
    partial: join(cacheOf(env), REPO_FOLDER, "blobs", `${sha256(WEIGHTS)}.twelvehz.incomplete`),
  };
}

describe("twelvehz models", () => {
  it("downloads a model, makes it the default, codes with it, checks and removes it", async () => {
    const { env } = await setUp({ commit: COMMIT, files: SHIPPED });
    const json = async (...args: string[]) =>
      JSON.parse((await succeed(["models", ...args, "--json"], { env })).stdout.toString()) as Record<string, unknown>;
    const bytes = SHIPPED["config.json"].length + SHIPPED["model.safetensors"].length;
    expect(await json("pull", NAME)).toMatchObject({ name: NAME, bytes, downloadedBytes: bytes, commit: COMMIT, hub: "hf" });
    const used = await succeed(["models", "use", NAME], { env });
    expect(used.stdout.toString()).toContain(`${NAME} is the default now`);
    expect(await json("list")).toMatchObject({
      default: NAME,
      chosenBy: "settings",
      models: [
        { name: "compact", default: false },
        { name: NAME, bytes, default: true },
      ],
    });
    const out = join(newFolder(), "clip.t12");
    await succeed(["encode", clipPath("english.flac"), "-o", out], { env });
    expect((await succeed(["models", "path"], { env })).stdout.toString()).toBe(
      `${join(cacheOf(env), REPO_FOLDER, "snapshots", COMMIT)}\n`,
    );
    expect(await json("verify")).toMatchObject({ name: NAME, ok: true });
    expect(await json("remove", NAME)).toMatchObject({ freedBytes: bytes, defaultReset: true });
    expect(await json("list")).toMatchObject({ default: "compact", chosenBy: "default" });
  });

  it("says which files are damaged, with exit status 78, and pull repairs them", async () => {
    const { env, repo } = await setUp();
    await succeed(["models", "pull"], { env });
    writeFileSync(join(repo, "blobs", sha256(WEIGHTS)), Buffer.from(WEIGHTS).fill(1, 2_000_000));
    const run = await twelvehz(["models", "verify", NAME], { env });
    expect([run.status, run.stdout.toString()]).toEqual([78, expect.stringMatching(/model\.safetensors +WRONG: its content has changed/)]);
    expect(run.stderr).toBe(
      `twelvehz: Cannot use "${NAME}": files are damaged or missing; run "twelvehz models pull ${NAME}", which replaces what is wrong\n`,
    );
    await succeed(["models", "pull"], { env });
    await succeed(["models", "verify", NAME], { env });
  });

  it("tells errors in one line, with the exit status of their kind", async () => {
    const { hub, env } = await setUp();
    hub.listPlan.push({ status: 401 });
    const statuses = [
      [["pull", NAME], 77],
      [["pull", "Qwen/Nothing"], 72],
      [["pull", "nothing"], 2],
      [["pull", NAME, "--offline"], 72],
      [["use", "Qwen/Nothing"], 72],
      [["use", newFolder()], 78],
      [["path", "Qwen/Nothing"], 72],
      [["remove", "compact"], 2],
      [["pull", "--hub", "other"], 2],
    ] as const;
    for (const [args, status] of statuses) {
      const run = await twelvehz(["models", ...args], { env });
      expect([args, run.status, run.stderr]).toEqual([args, status, expect.stringMatching(/^twelvehz: Cannot [^\n]+\n$/)]);
    }
  });

  it("keeps a folder as the default from wherever it is called", async () => {
    const { env } = await setUp();
    await succeed(["models", "use", "."], { env, cwd: MODEL_FOLDER });
    expect((await succeed(["models", "path"], { env, cwd: env.HOME })).stdout.toString().trim()).toBe(MODEL_FOLDER.replace(/\/$/, ""));
  });
});

describe("a pull", () => {
  it("that is killed is continued by the next, which takes over its lock", async () => {
    const { hub, env, partial, repo } = await setUp();
    hub.always = { throttle: 60_000 };
    const child = start(["models", "pull"], { env });
    const end = finished(child);
    await until(() => sizeOf(partial) > 600_000);
    child.kill("SIGKILL");
    expect((await end).signal).toBe("SIGKILL");
    const kept = sizeOf(partial);
    hub.always = {};
    const run = await succeed(["models", "pull", "--json"], { env });
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ downloadedBytes: WEIGHTS.length - kept });
    expect(hub.contents("model.safetensors").at(-1)?.range).toBe(`bytes=${kept}-`);
    expect(Object.keys(treeOf(repo)).some((path) => path.includes("incomplete"))).toBe(false);
    expect(listing(join(cacheOf(env), ".locks")).filter((path) => path.endsWith(".lock"))).toEqual([]);
  });

  it("by two processes at once downloads the weights once", async () => {
    const { hub, env, repo } = await setUp();
    hub.always = { throttle: 60_000 };
    const runs = await Promise.all([1, 2].map(() => inProcess(["models", "pull", "--json"], { env })));
    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    const total = WEIGHTS.length + 65;
    expect(hub.contents("model.safetensors").length).toBe(1);
    expect(runs.map(({ stdout }) => (JSON.parse(stdout.toString()) as { bytes: number }).bytes)).toEqual([total, total]);
    expect(sha256(readFileSync(join(repo, "blobs", sha256(WEIGHTS))))).toBe(sha256(WEIGHTS));
  });

  it("that is interrupted with Ctrl-C ends with 130 and keeps what has come", async () => {
    const { hub, env, partial } = await setUp();
    hub.always = { throttle: 30_000 };
    const child = start(["models", "pull"], { env });
    const end = finished(child);
    await until(() => sizeOf(partial) > 300_000);
    child.kill("SIGINT");
    expect(await end).toMatchObject({ status: 130, stderr: "twelvehz: The work was cancelled\n" });
    expect(sizeOf(partial)).toBeGreaterThan(300_000);
  });

  it("into a file that may not grow, as on a full disk, says so, and keeps what has come", async () => {
    const { env, partial } = await setUp();
    const main = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
    const limited = `ulimit -f 1000; exec "${process.execPath}" "${main}" models pull`;
    const run = await finished(spawn("bash", ["-c", limited], { env: { ...process.env, ...env } }));
    expect([run.status, run.stderr]).toEqual([
      74,
      expect.stringMatching(/^twelvehz: Cannot write ".*incomplete": .*; make room or set HF_HOME to another disk, and pull again/),
    ]);
    expect(sizeOf(partial)).toBe(1_024_000);
  });
});

function sizeOf(path: string): number {
  try {
    return readFileSync(path).length;
  } catch {
    return 0;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
