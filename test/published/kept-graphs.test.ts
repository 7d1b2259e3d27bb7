/** Networks as ONNX Runtime has left them: found again, by those they belong to alone. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, openEngine, ortBackend, type OrtModule } from "@twelvehz/codec/internal";
import { folderFiles } from "@twelvehz/codec/node";
import * as ort from "onnxruntime-node";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keptGraphsIn } from "../../packages/codec/dist/node/kept-graphs.js";
import { seededConfig, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { temporaryFolder } from "../support/command.ts";
import { TINY_CODEBOOK, TINY_LAYERS } from "../support/published.ts";

const folder = temporaryFolder();
const checkpoint = join(folder, "tiny7");
writeSeededCheckpoint(checkpoint, seededConfig("tiny"), 7);
const codes = Int16Array.from({ length: 6 * TINY_LAYERS }, (_, i) => (i * 31) % TINY_CODEBOOK);

let kept: string;
let runs = 0;
/** How the sessions of a test were made. */
let made: ("kept" | "written" | "plain")[];
beforeEach(() => {
  kept = join(folder, `kept${runs++}`);
  made = [];
});

const watched: OrtModule = {
  Tensor: ort.Tensor as unknown as OrtModule["Tensor"],
  InferenceSession: {
    async create(bytes, options) {
      const session = await ort.InferenceSession.create(bytes, options);
      made.push(options.graphOptimizationLevel === "disabled" ? "kept" : options.optimizedModelFilePath ? "written" : "plain");
      return session;
    },
  },
};

async function decoded({ runtime = "one", leastBytes = 0, model = checkpoint } = {}): Promise<Float32Array> {
  const backend = ortBackend(watched, { name: "test", threads: 1, kept: keptGraphsIn({ runtime, folder: kept, leastBytes }) });
  const engine: Engine = await openEngine(folderFiles(model), backend);
  const sound = await (await engine.openDecoder()).push(codes);
  await engine.close();
  return sound;
}

/** A file of the one network that is kept. */
function keptFile(name: string): string {
  const [entry, ...others] = readdirSync(kept);
  expect(others).toEqual([]);
  return join(kept, entry, name);
}

describe("networks that are kept", () => {
  it("give the same bits when they are opened again", async () => {
    const first = await decoded();
    expect(await decoded()).toEqual(first);
    expect(made).toEqual(["written", "kept"]);
  });

  it("are written anew when they are cut short, or cannot be loaded", async () => {
    const first = await decoded();
    truncateSync(keptFile("network.bin"), 100);
    expect(await decoded()).toEqual(first);
    writeFileSync(keptFile("network.onnx"), "no graph");
    expect(await decoded()).toEqual(first);
    expect(await decoded()).toEqual(first);
    expect(made).toEqual(["written", "written", "written", "kept"]);
  });

  it("are not used by another version of the runtime, nor for weights that were changed", async () => {
    await decoded();
    await decoded({ runtime: "two" });
    utimesSync(join(checkpoint, "model.safetensors"), 1e9, 1e9);
    await decoded({ runtime: "two" });
    expect(made).toEqual(["written", "written", "written"]);
  });

  it("go with the model they belong to", async () => {
    const other = join(folder, "other");
    cpSync(checkpoint, other, { recursive: true });
    await decoded({ model: other });
    const [entry] = readdirSync(kept);
    rmSync(other, { recursive: true });
    await decoded();
    expect(readdirSync(kept)).toEqual([expect.not.stringContaining(entry)]);
  });

  it("go when nobody has opened them for long, and stay where somebody has", async () => {
    const other = join(folder, "unused");
    cpSync(checkpoint, other, { recursive: true });
    await decoded({ model: other });
    const [entry] = readdirSync(kept);
    const another = async (name: string): Promise<void> => {
      const model = join(folder, name);
      cpSync(checkpoint, model, { recursive: true });
      await decoded({ model });
    };
    utimesSync(join(kept, entry, "about.json"), 1e9, 1e9);
    await decoded({ model: other }); // opened again: it is new again
    await another("one");
    expect(readdirSync(kept)).toContain(entry);
    utimesSync(join(kept, entry, "about.json"), 1e9, 1e9);
    await another("two");
    expect(readdirSync(kept)).not.toContain(entry);
    expect(readdirSync(kept)).toHaveLength(2);
    expect(made).toEqual(["written", "kept", "written", "written"]);
  });

  it("are none where the user wants none", () => {
    vi.stubEnv("TWELVEHZ_KEEP_NETWORKS", "0");
    expect(keptGraphsIn({ runtime: "one" })).toBeUndefined();
    vi.unstubAllEnvs();
    expect(keptGraphsIn({ runtime: "one" })).toBeDefined();
  });

  it("are none where the model is small, another process is writing, or the folder cannot be made", async () => {
    await decoded({ leastBytes: 2 ** 30 });
    expect(existsSync(kept)).toBe(false);
    await decoded();
    mkdirSync(join(kept, `${readdirSync(kept)[0]}.new`));
    await decoded({ runtime: "two" });
    kept = join(checkpoint, "config.json", "kept");
    await decoded();
    expect(made).toEqual(["plain", "written", "plain", "plain"]);
  });
});
