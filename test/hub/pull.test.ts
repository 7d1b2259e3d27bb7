/** Downloads from a hub that behaves, and from one that does not. */
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { pullModel, type PullProgress } from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { blobName, gitSha1, MockHub, sha256 } from "./mock-hub.ts";
import {
  asOrdinaryUser,
  cacheOf,
  COMMIT,
  config,
  layOut,
  modelRepo,
  NAME,
  newEnvironment,
  newFolder,
  quick,
  REPO_FOLDER,
  text,
  treeOf,
  WEIGHTS,
  weights,
} from "./models.ts";

const DIGEST = sha256(WEIGHTS);

async function setUp(files?: Readonly<Record<string, Uint8Array>>) {
  const hub = await MockHub.start({ [NAME]: modelRepo(files) });
  const env = newEnvironment();
  const repo = join(cacheOf(env), REPO_FOLDER);
  return { hub, env, repo, options: quick(hub, env), partial: join(repo, "blobs", `${DIGEST}.twelvehz.incomplete`) };
}

/** Bytes from which the weights were asked for. */
function rangeStarts(hub: MockHub): number[] {
  return hub.contents("model.safetensors").map(({ range }) => Number(/\d+/.exec(range ?? "")?.[0] ?? 0));
}

describe("pullModel", () => {
  it("brings the needed files, and no others, into the layout of the Python package", async () => {
    const { hub, env, repo, options } = await setUp();
    const model = await pullModel(NAME, options);
    const [configName, preprocessorName] = [config("qwen3_tts_tokenizer_12hz"), text(`{"sampling_rate": 24000}`)].map(gitSha1);
    expect(treeOf(cacheOf(env))).toEqual({
      [`${REPO_FOLDER}/blobs/${configName}`]: "41 bytes",
      [`${REPO_FOLDER}/blobs/${preprocessorName}`]: "24 bytes",
      [`${REPO_FOLDER}/blobs/${DIGEST}`]: `${WEIGHTS.length} bytes`,
      [`${REPO_FOLDER}/refs/main`]: "40 bytes",
      [`${REPO_FOLDER}/snapshots/${COMMIT}/config.json`]: `-> ../../blobs/${configName}`,
      [`${REPO_FOLDER}/snapshots/${COMMIT}/model.safetensors`]: `-> ../../blobs/${DIGEST}`,
      [`${REPO_FOLDER}/snapshots/${COMMIT}/preprocessor_config.json`]: `-> ../../blobs/${preprocessorName}`,
    });
    expect(readFileSync(join(repo, "refs", "main"), "utf8")).toBe(COMMIT);
    expect(Buffer.compare(readFileSync(join(model.folder, "model.safetensors")), WEIGHTS)).toBe(0);
    expect(model).toMatchObject({ name: NAME, commit: COMMIT, bytes: WEIGHTS.length + 65, downloadedBytes: WEIGHTS.length + 65 });
    expect(hub.seen.some(({ path }) => /README|pytorch_model/.test(path))).toBe(false);
  });

  it("downloads nothing that is there, also what Python has downloaded for another revision", async () => {
    const { hub, env, options } = await setUp();
    layOut(cacheOf(env), REPO_FOLDER, { "model.safetensors": WEIGHTS }, { commit: "a".repeat(40), ref: "old" });
    expect((await pullModel(NAME, options)).downloadedBytes).toBe(65);
    expect((await pullModel(NAME, options)).downloadedBytes).toBe(0);
    expect(hub.contents("model.safetensors")).toEqual([]);
  });

  it("writes nothing at all where everything is there already, so that a shared cache may be read-only", async () => {
    const { hub, env, options } = await setUp();
    layOut(cacheOf(env), REPO_FOLDER, {
      "config.json": hub.repos.get(NAME)!.files["config.json"],
      "model.safetensors": WEIGHTS,
      "preprocessor_config.json": hub.repos.get(NAME)!.files["preprocessor_config.json"],
    });
    await asOrdinaryUser(env.HOME, () => pullModel(NAME, options));
  });

  it("tells how far it is, up to the end", async () => {
    const { options } = await setUp();
    const told: PullProgress[] = [];
    await pullModel(NAME, { ...options, onProgress: (progress) => told.push(progress) });
    const total = WEIGHTS.length + 65;
    expect(told.at(-1)).toEqual({ file: "model.safetensors", doneBytes: total, totalBytes: total, downloadedBytes: total });
    expect(told.every(({ doneBytes }, i) => i === 0 || doneBytes >= told[i - 1].doneBytes)).toBe(true);
  });

  it("replaces a file of the cache that is damaged", async () => {
    const { repo, options } = await setUp();
    await pullModel(NAME, options);
    const blob = join(repo, "blobs", DIGEST);
    writeFileSync(blob, Buffer.from(WEIGHTS).fill(0, 1000, 1100));
    expect((await pullModel(NAME, options)).downloadedBytes).toBe(WEIGHTS.length);
    expect(sha256(readFileSync(blob))).toBe(DIGEST);
  });

  it("brings weights that are spread over several files, and reads a list of several pages", async () => {
    const shards = { "model-1.safetensors": weights(5000, "1", ["a"]), "model-2.safetensors": weights(6000, "2", ["b"]) };
    const index = text(JSON.stringify({ weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } }));
    const { hub, options } = await setUp();
    const { "model.safetensors": _, ...rest } = modelRepo().files;
    hub.repos.set(NAME, { commit: COMMIT, files: { ...rest, "model.safetensors.index.json": index, ...shards } });
    hub.pageSize = 2;
    const model = await pullModel(NAME, options);
    expect(model.files).toEqual(["config.json", "preprocessor_config.json", "model.safetensors.index.json", ...Object.keys(shards)]);
  });

  it("takes a model out of a folder of a repository", async () => {
    const { hub, env, options } = await setUp();
    const inside = Object.entries(modelRepo().files).map(([path, bytes]) => [`speech_tokenizer/${path}`, bytes] as const);
    hub.repos.set("Qwen/Speech", {
      commit: COMMIT,
      files: { "config.json": config("qwen3_tts"), "model.safetensors": weights(9000), ...Object.fromEntries(inside) },
    });
    await expect(pullModel("Qwen/Speech", options)).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringContaining(`its codec is "Qwen/Speech/speech_tokenizer"`),
    });
    const model = await pullModel("Qwen/Speech/speech_tokenizer", options);
    expect(model.folder).toBe(join(cacheOf(env), "models--Qwen--Speech", "snapshots", COMMIT, "speech_tokenizer"));
    expect(treeOf(model.folder)["config.json"]).toMatch(/^-> \.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  });

  it("refuses a model of another kind before its weights are downloaded", async () => {
    const { hub, options } = await setUp({ "config.json": config("llama") });
    await expect(pullModel(NAME, options)).rejects.toMatchObject({ code: "bad-model", message: expect.stringContaining(`"llama"`) });
    expect(hub.contents("")).toEqual([]);
  });

  it("takes a branch, a tag or a commit, and notes names only", async () => {
    const { hub, repo, options } = await setUp();
    await pullModel(NAME, { ...options, revision: COMMIT });
    expect(existsSync(join(repo, "refs"))).toBe(false);
    await pullModel(NAME, { ...options, revision: "v1" });
    expect(readFileSync(join(repo, "refs", "v1"), "utf8")).toBe(COMMIT);
    await expect(pullModel(NAME, { ...options, revision: "v2" })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("--revision"),
    });
    const before = hub.seen.length;
    await expect(pullModel(NAME, { ...options, revision: "../../x" })).rejects.toMatchObject({ code: "usage" });
    expect(hub.seen.length).toBe(before);
  });
});

describe("a connection that is cut", () => {
  it("is continued where it was cut", async () => {
    const { hub, repo, options } = await setUp();
    hub.plan.push({ cutAfter: 1_200_000 }, { cutAfter: 500_000 }, { cutAfter: 0 });
    const model = await pullModel(NAME, options);
    const starts = rangeStarts(hub);
    expect(starts.length).toBe(4);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b)); // what came shortly before the cut may be lost with the connection
    expect([starts[1] > 1_000_000, starts[2] > 1_400_000, starts[3] === starts[2]]).toEqual([true, true, true]);
    expect(sha256(readFileSync(join(repo, "blobs", DIGEST)))).toBe(DIGEST);
    expect(model.downloadedBytes).toBe(WEIGHTS.length + 65);
  });

  it("that never gets further is given up; the next download continues what is there", async () => {
    const { hub, options, partial } = await setUp();
    hub.plan.push({ cutAfter: 2_000_000 });
    hub.always = { cutAfter: 0 };
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/^Cannot download "model.safetensors": the connection was cut \(127.0.0.1:\d+\); check the network/),
    });
    const kept = readFileSync(partial).length;
    expect(kept).toBeGreaterThan(1_500_000);
    hub.always = {};
    const model = await pullModel(NAME, options);
    expect(model.downloadedBytes).toBe(WEIGHTS.length - kept);
    expect(hub.contents("model.safetensors").at(-1)?.range).toBe(`bytes=${kept}-`);
    expect(existsSync(partial)).toBe(false);
  });

  it("is continued when it is silent instead of cut", async () => {
    const { hub, options } = await setUp();
    hub.plan.push({ cutAfter: 1_000_000, silent: true });
    await pullModel(NAME, { ...options, stallMs: 150 });
    expect(hub.contents("model.safetensors").map(({ range }) => range)).toEqual([undefined, "bytes=1000000-"]);
  });

  it("is not seen in one that is only slow", async () => {
    const { hub, options } = await setUp();
    hub.always = { throttle: 150_000 };
    await pullModel(NAME, { ...options, stallMs: 150 });
    expect(hub.contents("model.safetensors").length).toBe(1);
  });

  it.each([
    ["ignores Range", { ignoreRange: true }],
    ["continues elsewhere", { skip: 7 }],
    ["refuses to continue", { refuseRange: true }],
  ])("is begun again where the server %s", async (_, misbehaviour) => {
    const { hub, repo, options } = await setUp();
    hub.plan.push({ cutAfter: 1_000_000 }, misbehaviour);
    await pullModel(NAME, options);
    expect(sha256(readFileSync(join(repo, "blobs", DIGEST)))).toBe(DIGEST);
  });

  it("of the Python package is continued, once that seems to have ended", async () => {
    const { hub, repo, options } = await setUp();
    const theirs = join(repo, "blobs", `${DIGEST}.incomplete`);
    mkdirSync(join(repo, "blobs"), { recursive: true });
    writeFileSync(theirs, WEIGHTS.subarray(0, 1_234_567));
    utimesSync(theirs, new Date(0), new Date(Date.now() - 120_000));
    await pullModel(NAME, options);
    expect(hub.contents("model.safetensors")[0].range).toBe("bytes=1234567-");
    expect(existsSync(theirs)).toBe(false);
  });

  it("of the Python package is left alone while it may be running", async () => {
    const { hub, repo, options } = await setUp();
    const theirs = join(repo, "blobs", `${DIGEST}.incomplete`);
    mkdirSync(join(repo, "blobs"), { recursive: true });
    writeFileSync(theirs, WEIGHTS.subarray(0, 1000));
    await pullModel(NAME, options);
    expect(hub.contents("model.safetensors")[0].range).toBeUndefined();
    expect(readFileSync(theirs).length).toBe(1000);
  });
});

describe("wrong content", () => {
  it("is found by its digest, and downloaded again", async () => {
    const { hub, repo, options } = await setUp();
    hub.plan.push({ corruptAt: 77 });
    await pullModel(NAME, options);
    expect(sha256(readFileSync(join(repo, "blobs", DIGEST)))).toBe(DIGEST);
  });

  it("that stays wrong is an error that names both digests, and leaves no file", async () => {
    const { hub, repo, options, partial } = await setUp();
    hub.always = { corruptAt: 77 };
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringMatching(new RegExp(`its SHA-256 is [0-9a-f]{64}, the hub's list says ${DIGEST}; .*--endpoint`)),
    });
    expect(hub.contents("model.safetensors").length).toBe(2);
    expect([existsSync(join(repo, "blobs", DIGEST)), existsSync(partial)]).toEqual([false, false]);
  });

  it("in what an earlier run left costs a download from the first byte, no more", async () => {
    const { hub, repo, options, partial } = await setUp();
    mkdirSync(join(repo, "blobs"), { recursive: true });
    writeFileSync(partial, new Uint8Array(1_000_000));
    await pullModel(NAME, options);
    expect(hub.contents("model.safetensors").map(({ range }) => range)).toEqual(["bytes=1000000-", undefined]);
  });

  it("of a small file is found too", async () => {
    const { hub, options } = await setUp();
    const repo = modelRepo();
    hub.repos.set(NAME, { ...repo, listedDigests: { "config.json": "0".repeat(40) } });
    await expect(pullModel(NAME, options)).rejects.toMatchObject({ code: "bad-format", message: expect.stringContaining("git SHA-1") });
  });

  it.each([
    ["announces less", { announce: 1_000_000 }, 0],
    ["announces more", { announce: 5_000_000 }, 0],
    ["sends more", { extra: 10 }, 0],
    ["continues a file of another length", { headers: { "content-range": `bytes 500-4999999/5000000` } }, 500],
  ])("of a server that %s is found", async (_, misbehaviour, present) => {
    const { hub, options, repo, partial } = await setUp();
    mkdirSync(join(repo, "blobs"), { recursive: true });
    writeFileSync(partial, WEIGHTS.subarray(0, present));
    hub.always = misbehaviour;
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining(`the hub's list says ${WEIGHTS.length}`),
    });
    hub.always = {};
    await pullModel(NAME, options);
  });
});

describe("a hub that answers otherwise", () => {
  it("with 500, 503 or a cut list is asked again", async () => {
    const { hub, options } = await setUp();
    hub.listPlan.push({ status: 500 }, { cutAfter: 0 }, { status: 503 });
    hub.plan.push({ status: 502 });
    await pullModel(NAME, options);
  });

  it("with 429 is asked again after the time that it asks for", async () => {
    const { hub, options } = await setUp();
    hub.plan.push({ status: 429, headers: { "retry-after": "1" } });
    const began = performance.now();
    await pullModel(NAME, options);
    expect(performance.now() - began).toBeGreaterThan(990);
  });

  it("with 429 and a long time to wait is given up, with that time", async () => {
    const { hub, options } = await setUp();
    hub.plan.push({ status: 429, headers: { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() } });
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/status 429 and asks to wait 3[56]\d\d s; /),
    });
  });

  it("with 500 always is given up after five attempts", async () => {
    const { hub, options } = await setUp();
    hub.always = { status: 500 };
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("status 500; check the network, or use --hub modelscope"),
    });
    expect(hub.contents("model.safetensors").length).toBe(5);
  });

  it.each([
    [{ status: 401 }, "no-permission", "asks for a token (status 401); set HF_TOKEN"],
    [{ status: 403, headers: { "x-error-code": "GatedRepo" } }, "no-permission", "accept them on its page"],
    [{ status: 404 }, "not-found", "check the spelling"],
    [{ status: 418 }, "io", "status 418"],
  ] as const)("with %j says what that means", async (answer, code, words) => {
    const { hub, options } = await setUp();
    hub.listPlan.push(answer);
    await expect(pullModel(NAME, options)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(hub.seen.length).toBe(1);
  });

  it("that does not know the model says so", async () => {
    const { options } = await setUp();
    await expect(pullModel("Qwen/Other", options)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(`Cannot find the model "Qwen/Other"`),
    });
  });

  it("or is none, or is not there, is named", async () => {
    const { options, env } = await setUp();
    const page = async (): Promise<Response> => new Response("<html>");
    await expect(pullModel(NAME, { ...options, fetch: page })).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringContaining("no JSON"),
    });
    const closed = { env, retryMs: 1, endpoint: "http://127.0.0.1:9" };
    await expect(pullModel(NAME, closed)).rejects.toMatchObject({ code: "io", message: expect.stringContaining("127.0.0.1:9") });
    await expect(pullModel(NAME, { ...closed, endpoint: "ftp://x" })).rejects.toMatchObject({ code: "usage" });
  });

  it("with a redirect from https to http is refused", async () => {
    const { env } = await setUp();
    const redirect = async (): Promise<Response> => new Response(null, { status: 302, headers: { location: "http://other.example/" } });
    await expect(pullModel(NAME, { env, fetch: redirect })).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("from https to http:"),
    });
  });

  it("with redirects without end is refused", async () => {
    const { env } = await setUp();
    const redirect = async (): Promise<Response> => new Response(null, { status: 302, headers: { location: "/again" } });
    await expect(pullModel(NAME, { env, fetch: redirect })).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("more than 10 times"),
    });
  });

  it("with names that leave the cache is not followed", async () => {
    const { hub, options } = await setUp({ "model.safetensors.index.json": text(`{"weight_map":{"a":"../../../x.safetensors"}}`) });
    const { "model.safetensors": _, ...files } = hub.repos.get(NAME)!.files;
    hub.repos.set(NAME, { commit: COMMIT, files });
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringContaining("no weight file beside it"),
    });
    hub.repos.set(NAME, { commit: "../../../../x", files });
    hub.listPlan.push({});
    await expect(pullModel(NAME, options)).rejects.toMatchObject({ code: "bad-format" });
  });
});

describe("the token", () => {
  it.each([
    ["HF_TOKEN", { HF_TOKEN: "secret", HUGGING_FACE_HUB_TOKEN: "other" }],
    ["HUGGING_FACE_HUB_TOKEN", { HUGGING_FACE_HUB_TOKEN: "secret" }],
  ])("of %s goes to the hub, and not to the host that it redirects to", async (_, variables) => {
    const { hub, env, options } = await setUp();
    await pullModel(NAME, { ...options, env: { ...env, ...variables } });
    expect(hub.seen.length).toBeGreaterThan(4);
    for (const { host, authorization } of hub.seen) expect(authorization).toBe(host === "hub" ? "Bearer secret" : undefined);
  });

  it("of the file that `hf auth login` writes is used, unless that is switched off", async () => {
    const { hub, options } = await setUp();
    const home = newFolder();
    writeFileSync(join(home, "token"), "from file\n");
    await pullModel(NAME, { ...options, env: { HF_HOME: home } });
    expect(hub.seen[0].authorization).toBe("Bearer from file");
    await pullModel(NAME, { ...options, env: { HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" } });
    expect(hub.seen.at(-1)?.authorization).toBeUndefined();
  });

  it("that the hub refuses is named by its variable, never itself", async () => {
    const { hub, env, options } = await setUp();
    hub.listPlan.push({ status: 403 });
    const failure = pullModel(NAME, { ...options, env: { ...env, HF_TOKEN: "secret" } });
    await expect(failure).rejects.toMatchObject({ code: "no-permission", message: expect.stringMatching(/^(?!.*secret).*HF_TOKEN/) });
  });
});

describe("ModelScope", () => {
  it("gives the same model into the same cache, under a snapshot of its own", async () => {
    const { hub, env, repo, options } = await setUp();
    const model = await pullModel(NAME, { ...options, hub: "modelscope", env: { ...env, MODELSCOPE_API_TOKEN: "secret" } });
    expect(readFileSync(join(repo, "refs", "modelscope", "master"), "utf8")).toBe(model.commit);
    expect(hub.seen[0].path).toBe(`/api/v1/models/${NAME}/repo/files?Revision=master&Recursive=true`);
    expect(hub.seen.filter(({ host }) => host === "hub").every(({ cookie }) => cookie === "m_session_id=secret")).toBe(true);
    expect(hub.contents("").every(({ cookie, authorization }) => cookie === undefined && authorization === undefined)).toBe(true);
    const again = await pullModel(NAME, options); // from the other hub: the weights are there
    expect(again.downloadedBytes).toBe(65);
  });

  it("is continued and checked as the other hub is", async () => {
    const { hub, options } = await setUp();
    hub.plan.push({ cutAfter: 1_000_000 }, { corruptAt: 2_000_000 });
    await pullModel(NAME, { ...options, hub: "modelscope" });
    expect(rangeStarts(hub)).toEqual([0, expect.any(Number), 0]);
    await expect(pullModel("Qwen/Other", { ...options, hub: "modelscope" })).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("offline", () => {
  it("finds what is there, and otherwise says what is missing, without the network", async () => {
    const { hub, env, options, repo } = await setUp();
    const offline = { ...options, offline: true };
    await expect(pullModel(NAME, offline)).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining(cacheOf(env)) });
    layOut(cacheOf(env), REPO_FOLDER, { "config.json": config("qwen3_tts_tokenizer_12hz") });
    await expect(pullModel(NAME, { ...options, env: { ...env, HF_HUB_OFFLINE: "yes" } })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("its files model.safetensors are not in the cache"),
    });
    layOut(cacheOf(env), REPO_FOLDER, { "model.safetensors": WEIGHTS });
    expect(await pullModel(NAME, offline)).toMatchObject({ folder: join(repo, "snapshots", COMMIT), downloadedBytes: 0 });
    expect(hub.seen).toEqual([]);
  });
});

describe("a disk", () => {
  it("with too little room is found before the download", async () => {
    const { hub, options } = await setUp();
    hub.repos.set(NAME, { ...modelRepo(), listedBytes: { "model.safetensors": 1e15 } });
    await expect(pullModel(NAME, options)).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/it needs 1000000000 MB, and the disk of .* free; make room, or set HF_HOME/),
    });
    expect(hub.contents("model.safetensors")).toEqual([]);
  });

  it("that may not be written is an error that names the place", async () => {
    const { env, options } = await setUp();
    await asOrdinaryUser(env.HOME, async () => {
      await expect(pullModel(NAME, options)).rejects.toMatchObject({ code: "no-permission", message: expect.stringContaining(env.HOME) });
    });
  });
});

describe("several at once", () => {
  it("download each file once", async () => {
    const { hub, options } = await setUp();
    hub.always = { throttle: 300_000 };
    const models = await Promise.all([pullModel(NAME, options), pullModel(NAME, options), pullModel(NAME, options)]);
    expect(hub.contents("model.safetensors").length).toBe(1);
    expect(models.map(({ downloadedBytes }) => downloadedBytes).sort((a, b) => b - a)[0]).toBeGreaterThanOrEqual(WEIGHTS.length);
  });

  it("do not wait for the lock of a process that has died, or has had the number of this one", async () => {
    const { env, options } = await setUp();
    const locks = join(cacheOf(env), ".locks", REPO_FOLDER);
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, `${DIGEST}.twelvehz.lock`), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    writeFileSync(
      join(locks, `${blobName(config("qwen3_tts_tokenizer_12hz"))}.twelvehz.lock`),
      JSON.stringify({ pid: process.pid, host: hostname() }),
    );
    await pullModel(NAME, options);
  });

  it("take a lock of another machine that nobody touches any more, and wait for one that is touched", async () => {
    const { env, options } = await setUp();
    const lock = join(cacheOf(env), ".locks", REPO_FOLDER, `${DIGEST}.twelvehz.lock`);
    mkdirSync(join(lock, ".."), { recursive: true });
    writeFileSync(lock, JSON.stringify({ pid: 1, host: "elsewhere" }));
    const signal = AbortSignal.timeout(300);
    await expect(pullModel(NAME, { ...options, signal })).rejects.toMatchObject({ code: "aborted" });
    utimesSync(lock, new Date(0), new Date(0));
    await pullModel(NAME, options);
    expect(existsSync(lock)).toBe(false);
  });
});

describe("a download that is cancelled", () => {
  it("ends at once, keeps what has come, and leaves no lock", async () => {
    const { hub, env, options, partial } = await setUp();
    hub.always = { throttle: 100_000 };
    const controller = new AbortController();
    const onProgress = ({ doneBytes }: PullProgress): void => {
      if (doneBytes > 500_000) controller.abort();
    };
    await expect(pullModel(NAME, { ...options, signal: controller.signal, onProgress })).rejects.toMatchObject({ code: "aborted" });
    expect(readFileSync(partial).length).toBeGreaterThan(400_000);
    expect(Object.keys(treeOf(join(cacheOf(env), ".locks")))).toEqual([]);
    hub.always = {};
    expect((await pullModel(NAME, options)).downloadedBytes).toBeLessThan(WEIGHTS.length);
  });
});
