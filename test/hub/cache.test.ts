/**
 * Models that are found where Python has put them, the settings, and the order in which names
 * count.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import {
  findCachedModel,
  hubCacheFolder,
  listCachedModels,
  parseHubId,
  readSettings,
  removeModel,
  resolveModel,
  settingsPath,
  verifyModel,
  writeSettings,
} from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { linkOrCopy, placeFile } from "../../packages/codec/dist/node/hub/cache.js";
import { configHome, modelScopeFolders } from "../../packages/codec/dist/node/hub/environment.js";
import { retryAfterMs } from "../../packages/codec/dist/node/hub/retries.js";
import { blobName, sha256 } from "./mock-hub.ts";
import { cacheOf, COMMIT, config, layOut, NAME, newEnvironment, newFolder, REPO_FOLDER, text, treeOf, weights } from "./models.ts";

const CONFIG = config("qwen3_tts_tokenizer_12hz");
const SMALL = weights(5000);
const FILES = { "config.json": CONFIG, "model.safetensors": SMALL };
const ID = parseHubId(NAME)!;

describe("the folder of the cache", () => {
  it.each([
    [{ HF_HUB_CACHE: "/a", HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/c" }, "/a"],
    [{ HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/c", XDG_CACHE_HOME: "/d" }, "/b"],
    [{ HF_HOME: "/c", XDG_CACHE_HOME: "/d" }, "/c/hub"],
    [{ XDG_CACHE_HOME: "/d", HOME: "/e" }, "/d/huggingface/hub"],
    [{ HF_HOME: "", HOME: "/e" }, "/e/.cache/huggingface/hub"],
    [{ HF_HOME: "~/models", HOME: "/e" }, "/e/models/hub"],
  ])("is for %j that of the Python package", (env, folder) => {
    expect(hubCacheFolder(env)).toBe(folder);
  });

  it("of ModelScope, and that of settings, follow their variables", () => {
    expect(modelScopeFolders({ MODELSCOPE_CACHE: "/m" })[0]).toBe("/m/hub/models");
    expect(configHome({ XDG_CONFIG_HOME: "/x" }, "linux")).toBe("/x");
    expect(configHome({ APPDATA: "/app" }, "win32")).toBe("/app");
  });
});

describe("a hub id", () => {
  it.each(["Qwen/Qwen3-TTS-Tokenizer-12Hz", "a/b/speech_tokenizer"])("is %s", (id) => expect(parseHubId(id)).toBeDefined());
  it.each(["compact", "a/", "/a/b", "../a", "a/../b", "a--b/c", "./a/b", "a/b c", "a/b..c"])("is not %s", (id) =>
    expect(parseHubId(id)).toBeUndefined(),
  );
});

describe("a model that Python has downloaded", () => {
  it("is found, listed and checked", async () => {
    const env = newEnvironment();
    const folder = layOut(cacheOf(env), REPO_FOLDER, FILES);
    expect(resolveModel(NAME, env)).toEqual({ name: NAME, folder, chosenBy: "argument" });
    expect(listCachedModels(env)).toEqual([{ name: NAME, folder, cache: "hf", commit: COMMIT, missing: [] }]);
    const checked = await verifyModel(NAME, { env });
    expect(checked).toMatchObject({ ok: true, folder });
    expect(checked.files.map(({ digest }) => digest?.hex)).toEqual([blobName(CONFIG), blobName(SMALL)]);
  });

  it("is found under the commit that main stands for, even if another is newer", () => {
    const env = newEnvironment();
    const folder = layOut(cacheOf(env), REPO_FOLDER, FILES);
    layOut(cacheOf(env), REPO_FOLDER, FILES, { commit: "a".repeat(40), ref: "pr/1".replace("/", "-") });
    expect(findCachedModel(ID, env)?.folder).toBe(folder);
    expect(findCachedModel(ID, env, "pr-1")?.commit).toBe("a".repeat(40));
    expect(findCachedModel(ID, env, "b".repeat(40))).toBeUndefined();
  });

  it("without main is found under its newest complete snapshot", () => {
    const env = newEnvironment();
    const folders = ["a", "b", "c"].map((digit) => layOut(cacheOf(env), REPO_FOLDER, FILES, { commit: digit.repeat(40), ref: "" }));
    folders.forEach((folder, i) => utimesSync(folder, 0, [10, 30, 20][i]));
    expect(findCachedModel(ID, env)?.folder).toBe(folders[1]);
    rmSync(join(folders[1], "config.json"));
    utimesSync(folders[1], 0, 30);
    expect(findCachedModel(ID, env)?.folder).toBe(folders[2]);
  });

  it("in part is not used, and the error says what to do", () => {
    const env = newEnvironment();
    layOut(cacheOf(env), REPO_FOLDER, { "config.json": CONFIG });
    expect(listCachedModels(env)).toEqual([]);
    expect(() => resolveModel(NAME, env)).toThrow(
      /of its files, model\.safetensors is not in the cache .*; run "twelvehz models pull Qwen\/Qwen3/,
    );
    expect(() => resolveModel("Qwen/Nothing", env)).toThrow(expect.objectContaining({ code: "not-found" }));
  });

  it("of another kind is not listed; the codec inside a speech model is", () => {
    const env = newEnvironment();
    layOut(cacheOf(env), "models--meta--llama", { "config.json": config("llama"), "model.safetensors": SMALL });
    layOut(cacheOf(env), "models--Qwen--Speech", {
      "config.json": config("qwen3_tts"),
      "model.safetensors": SMALL,
      "speech_tokenizer/config.json": CONFIG,
      "speech_tokenizer/model.safetensors": SMALL,
    });
    expect(listCachedModels(env).map(({ name }) => name)).toEqual(["Qwen/Speech/speech_tokenizer"]);
  });

  it("with ModelScope's package is found in its cache", async () => {
    const env = newEnvironment();
    const folder = join(env.HOME, ".cache", "modelscope", "hub", "models", "Qwen", "A-1___5");
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name), bytes);
    expect(resolveModel("Qwen/A-1.5", env).folder).toBe(folder);
    expect(listCachedModels(env).map(({ name }) => name)).toEqual(["Qwen/A-1.5"]);
    expect((await verifyModel("Qwen/A-1.5", { env })).ok).toBe(true);
    await expect(removeModel("Qwen/A-1.5", { env })).rejects.toMatchObject({ code: "usage" });
  });
});

describe("where links are not possible", () => {
  it("a hard link or a copy serves, is found and checked, and a changed copy is seen", async () => {
    for (const place of [async (from: string, to: string) => linkSync(from, to), copyFile]) {
      const env = newEnvironment();
      const [blobs, folder] = [join(cacheOf(env), REPO_FOLDER, "blobs"), join(cacheOf(env), REPO_FOLDER, "snapshots", COMMIT)];
      mkdirSync(blobs, { recursive: true });
      for (const [name, bytes] of Object.entries(FILES)) {
        writeFileSync(join(blobs, blobName(bytes)), bytes);
        await placeFile(join(blobs, blobName(bytes)), join(folder, name), place);
      }
      expect((await verifyModel(NAME, { env })).files.map(({ digest }) => digest?.hex)).toEqual([blobName(CONFIG), blobName(SMALL)]);
      writeFileSync(join(folder, "model.safetensors"), Buffer.from(SMALL).fill(0, 4000, 4100));
      expect((await verifyModel(NAME, { env })).files[1].problem).toBe("its content has changed");
      expect((await removeModel(NAME, { env })).freedBytes).toBeGreaterThanOrEqual(SMALL.length);
      expect(treeOf(cacheOf(env))).toEqual({});
    }
  });

  it("an existing file is replaced as a whole", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "blob"), "new");
    writeFileSync(join(folder, "file"), "old");
    await placeFile(join(folder, "blob"), join(folder, "file"), linkOrCopy);
    expect(treeOf(folder)).toEqual({ blob: "3 bytes", file: "-> blob" });
  });
});

describe("verifyModel", () => {
  it("names what is wrong with each file", async () => {
    const env = newEnvironment();
    const folder = layOut(cacheOf(env), REPO_FOLDER, FILES);
    writeFileSync(join(folder, "..", "..", "blobs", sha256(SMALL)), SMALL.subarray(0, 4000));
    const { ok, files } = await verifyModel(NAME, { env });
    expect([ok, ...files.map(({ problem }) => problem)]).toEqual([false, undefined, "its content has changed"]);
  });

  it.each([
    ["a weight file that is cut short", { "model.safetensors": SMALL.subarray(0, 4000) }, /ends at byte/],
    ["a configuration that is no JSON", { "config.json": text("{") }, /JSON/],
    ["the configuration of another model", { "config.json": config("llama") }, /"llama"/],
    [
      "an index that names a tensor elsewhere",
      {
        "model.safetensors.index.json": text(`{"weight_map":{"lost":"part.safetensors"}}`),
        "part.safetensors": SMALL,
        "model.safetensors": undefined,
      },
      /"lost" is in part/,
    ],
    ["an index that is no index", { "model.safetensors.index.json": text("[]"), "model.safetensors": undefined }, /weight_map/],
    [
      "an index whose file is missing",
      { "model.safetensors.index.json": text(`{"weight_map":{"x":"part.safetensors"}}`), "model.safetensors": undefined },
      /missing/,
    ],
  ] as const)("finds %s in a folder", async (_, changes, problem) => {
    const folder = newFolder();
    for (const [name, bytes] of Object.entries({ ...FILES, ...changes })) if (bytes) writeFileSync(join(folder, name), bytes);
    const { ok, files } = await verifyModel(folder, { env: newEnvironment() });
    expect(ok).toBe(false);
    expect(files.map((file) => file.problem ?? "").join(" ")).toMatch(problem);
  });
});

describe("removeModel", () => {
  it("keeps what another revision uses", async () => {
    const env = newEnvironment();
    const folder = layOut(cacheOf(env), REPO_FOLDER, { ...FILES, "README.md": text("new") });
    const other = layOut(cacheOf(env), REPO_FOLDER, FILES, { commit: "a".repeat(40), ref: "old" });
    const partial = join(folder, "..", "..", "blobs", `${"0".repeat(64)}.twelvehz.incomplete`);
    writeFileSync(partial, "1234567");
    const removed = await removeModel(NAME, { env });
    expect(removed).toMatchObject({ commit: COMMIT, freedBytes: 3 + 7, keptRevisions: 1 });
    expect([existsSync(folder), existsSync(partial)]).toEqual([false, false]);
    expect(findCachedModel(ID, env)?.folder).toBe(other);
    expect((await verifyModel(NAME, { env })).ok).toBe(true);
    expect(await removeModel(NAME, { env })).toMatchObject({ keptRevisions: 0, freedBytes: CONFIG.length + SMALL.length });
    expect(existsSync(join(cacheOf(env), REPO_FOLDER))).toBe(false);
    await expect(removeModel(NAME, { env })).rejects.toMatchObject({ code: "not-found" });
  });

  it("takes the codec out of a speech model and leaves the rest", async () => {
    const env = newEnvironment();
    const speech = { "config.json": config("qwen3_tts"), "model.safetensors": weights(6000, "speech") };
    const folder = layOut(cacheOf(env), "models--Qwen--Speech", {
      ...speech,
      "speech_tokenizer/config.json": CONFIG,
      "speech_tokenizer/model.safetensors": SMALL,
    });
    await removeModel("Qwen/Speech/speech_tokenizer", { env });
    expect(Object.keys(treeOf(folder))).toEqual(["config.json", "model.safetensors"]);
    expect(sha256(readFileSync(join(folder, "model.safetensors")))).toBe(sha256(speech["model.safetensors"]));
    expect(readFileSync(join(folder, "..", "..", "refs", "main"), "utf8")).toBe(COMMIT);
  });

  it("takes away what a broken download has left", async () => {
    const env = newEnvironment();
    const blobs = join(cacheOf(env), REPO_FOLDER, "blobs");
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, `${"0".repeat(64)}.twelvehz.incomplete`), "123");
    expect(await removeModel(NAME, { env })).toMatchObject({ freedBytes: 3, commit: undefined });
    expect(existsSync(join(blobs, ".."))).toBe(false);
  });
});

describe("the default model", () => {
  it("is the argument, then TWELVEHZ_MODEL, then the settings, then compact", async () => {
    const env = newEnvironment();
    const folder = newFolder();
    layOut(cacheOf(env), REPO_FOLDER, FILES);
    expect(resolveModel(undefined, env)).toMatchObject({ name: "compact", chosenBy: "default" });
    await writeSettings({ model: NAME }, env);
    expect(resolveModel(undefined, env)).toMatchObject({ name: NAME, chosenBy: "settings" });
    const withVariable = { ...env, TWELVEHZ_MODEL: folder };
    expect(resolveModel("", withVariable)).toEqual({ name: folder, folder, chosenBy: "environment" });
    expect(resolveModel("compact", withVariable)).toMatchObject({ name: "compact", chosenBy: "argument" });
  });

  it("that is not there is an error that says who named it", async () => {
    const env = newEnvironment();
    await writeSettings({ model: NAME }, env);
    expect(() => resolveModel(undefined, env)).toThrow(/, which the settings in ".*settings\.json" name: .*; run "twelvehz models pull/);
    expect(() => resolveModel(undefined, { ...env, TWELVEHZ_MODEL: "./nothing" })).toThrow(
      /, which TWELVEHZ_MODEL names: there is no such folder; give "compact"/,
    );
  });

  it("is kept in a file that keeps what others have written there", async () => {
    const env = newEnvironment();
    const path = join(env.HOME, ".config", "twelvehz", "settings.json");
    expect([settingsPath(env), readSettings(env)]).toEqual([path, { model: undefined }]);
    await writeSettings({ model: "compact" }, env);
    writeFileSync(path, `{"other": 1, "model": "compact"}`);
    await writeSettings({ model: undefined }, env);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ other: 1 });
    expect(settingsPath({ TWELVEHZ_CONFIG: "/c.json" })).toBe("/c.json");
  });

  it.each([["{"], ["[]"], [`{"model": 3}`], [`{"model": ""}`]])("in settings that read %s is an error with the remedy", (content) => {
    const path = join(newFolder(), "settings.json");
    writeFileSync(path, content);
    expect(() => readSettings({ TWELVEHZ_CONFIG: path })).toThrow(
      expect.objectContaining({ code: "bad-format", message: expect.stringContaining("correct the file or delete it") }),
    );
  });
});

describe("Retry-After", () => {
  it("is seconds or a date", () => {
    expect(retryAfterMs("7")).toBe(7000);
    expect(retryAfterMs(new Date(61_000).toUTCString(), 1000)).toBe(60_000);
    expect([retryAfterMs(null), retryAfterMs("soon"), retryAfterMs(new Date(0).toUTCString())]).toEqual([0, 0, 0]);
  });
});
