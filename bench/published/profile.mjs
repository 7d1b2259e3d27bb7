/**
 * Where the time of the published network goes, per kind of operation. Writes
 * bench/results/published-profile.json.
 *
 *     node bench/published/profile.mjs CHECKPOINT_DIR [THREADS]
 *
 * Uses the profiler of ONNX Runtime on the graphs of this package; one network at a time, 2 s of
 * sound in groups as the codec runs them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const built = join(root, "packages/codec/dist");
const ort = createRequire(join(root, "packages/codec/package.json"))("onnxruntime-node");
const { folderFiles } = await import(join(built, "node/model-files.js"));
const { parsePublishedConfig } = await import(join(built, "model/published/config.js"));
const { buildPublishedDecoder } = await import(join(built, "model/published/decoder.js"));
const { buildPublishedEncoder } = await import(join(built, "model/published/encoder.js"));
const { StatefulSession } = await import(join(built, "runtime/session.js"));

const RUNS = 12;
const [folder, threads = "2"] = process.argv.slice(2);
const files = folderFiles(folder);
const config = parsePublishedConfig(JSON.parse(new TextDecoder().decode(await files.config())));
const weights = await files.weights();

/** Runs a graph and returns milliseconds a second of sound per kind of operation. */
async function profile(graph, inputs, secondsPerRun) {
  const output = mkdtempSync(join(tmpdir(), "twelvehz-profile-"));
  const session = await ort.InferenceSession.create(graph.bytes, {
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
    enableProfiling: true,
    profileFilePrefix: join(output, "run"),
    extra: { session: { model_external_initializers_file_folder_path: graph.weightFolder } },
  });
  const network = new StatefulSession(
    { run: (feeds) => session.run(Object.fromEntries(Object.entries(feeds).map(([k, t]) => [k, new ort.Tensor(t.type, t.data, t.dims)]))) },
    graph.states,
  );
  for (let i = 0; i < RUNS; i++) await network.run(inputs);
  session.endProfiling();
  await session.release();
  const events = JSON.parse(readFileSync(join(output, readdirSync(output)[0]), "utf8"));
  rmSync(output, { recursive: true });
  const totals = {};
  for (const { cat, args, dur, name } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
    totals[args.op_name] = (totals[args.op_name] ?? 0) + dur / 1000 / (RUNS * secondsPerRun);
  }
  return Object.fromEntries(Object.entries(totals).sort(([, a], [, b]) => b - a));
}

const frames = { decoder: 8, encoder: 8 };
const codes = {
  type: "int64",
  dims: [frames.decoder, config.layers],
  data: BigInt64Array.from({ length: frames.decoder * config.layers }, (_, i) => BigInt((i * 7919) % config.decoder.codebookSize)),
};
const gains = { type: "float32", dims: [1, config.layers], data: new Float32Array(config.layers).fill(1) };
const pcm = {
  type: "float32",
  dims: [frames.encoder * 1920],
  data: Float32Array.from({ length: frames.encoder * 1920 }, (_, i) => Math.sin(i * i * 1e-6) * 0.3),
};
const window = { type: "int64", dims: [1], data: BigInt64Array.of(BigInt(config.encoder.slidingWindow)) };
const results = {
  measured: measuredOn("node bench/published/profile.mjs CHECKPOINT_DIR"),
  threads: Number(threads),
  decoder: await profile(buildPublishedDecoder(config, weights), { codes, gains }, frames.decoder / 12.5),
  encoder: await profile(buildPublishedEncoder(config, weights), { pcm, window }, frames.encoder / 12.5),
};
writeFileSync(join(root, "bench/results/published-profile.json"), `${JSON.stringify(results, null, 2)}\n`);
console.log(results);
