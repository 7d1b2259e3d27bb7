/** A graphics card for tests: SwiftShader, which plays one on the processor and comes with Chromium. */
import { copyFileSync, createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll } from "vitest";
import { halvedTensors } from "@twelvehz/codec/internal";
import { folderFiles } from "@twelvehz/codec/node";
import { type GraphicsCard, type GraphicsRequest, openCard } from "../../packages/codec/dist/gpu/card.js";
import { checkKernels } from "../../packages/codec/dist/gpu/check.js";
import { GpuNetwork } from "../../packages/codec/dist/gpu/network.js";
import type { Plan } from "../../packages/codec/dist/gpu/plan.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedDecoder } from "../../packages/codec/dist/model/published/graphics-decoder-plan.js";
import { HalvedFile } from "../../packages/server/dist/routes/halved-file.js";
import { seededConfig } from "../reference/seeded-checkpoint.mjs";

/** Where the driver is looked for: what VK_ICD_FILENAMES names, then where Debian's Chromium has it. */
const DRIVER = process.env["VK_ICD_FILENAMES"] || "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Where Debian and Ubuntu have the loader that finds drivers. */
const LOADERS = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/libvulkan.so.1`);

/** Whether there is a card for tests. */
export const hasGraphics: boolean = existsSync(DRIVER) && LOADERS.some((path) => existsSync(path));

/** To be put into the name of a test that is skipped for want of a card. */
export const graphicsNote: string = hasGraphics ? "" : " (skipped: no SwiftShader; install Chromium and libvulkan1)";

/** Has the driver found by this process and by those that it starts. */
export function useDriver(): void {
  process.env["VK_ICD_FILENAMES"] = DRIVER;
  process.env["XDG_RUNTIME_DIR"] ??= tmpdir(); // it would complain
}

const tiny = seededConfig("tiny");
/** The smallest network with every kind of kernel. */
export const SMALLEST_CONFIG: typeof tiny = { ...tiny, decoder_config: { ...tiny.decoder_config, decoder_dim: 16, num_hidden_layers: 1 } };

/** What Dawn created must not be collected. */
const created: unknown[] = [];

/**
 * Opens the card.
 * @param shader changes the text of every kernel
 */
export async function openTestCard(shader: (code: string) => string = (code) => code): Promise<GraphicsCard> {
  useDriver();
  const { create } = await import("webgpu");
  const gpu = create([]);
  created.push(gpu);
  const card = await openCard(gpu as unknown as GPU, { takesFallback: true, compiler: "" });
  const compile = card.device.createShaderModule.bind(card.device);
  card.device.createShaderModule = (descriptor) => compile({ ...descriptor, code: shader(descriptor.code) });
  return card;
}

/** A card that is opened again and again. */
export interface SharedCard {
  /** @param shader changes the text of every kernel, until it is opened again */
  open(shader?: (code: string) => string): Promise<GraphicsCard>;
}

/**
 * One card for the tests of a block, which compiles each kernel once: that is what takes long. It closes
 * after them.
 */
export function sharedCard(): SharedCard {
  let opening: Promise<GraphicsCard> | undefined;
  let change: (code: string) => string;
  afterAll(async () => (await opening)?.device.destroy());
  const first = async (): Promise<GraphicsCard> => {
    const card = await openTestCard();
    const { device } = card;
    const [module, pipeline] = [device.createShaderModule.bind(device), device.createComputePipelineAsync.bind(device)];
    const compiled = new Map<string, Promise<GPUComputePipeline>>();
    device.createShaderModule = ({ code }) => ({ code: change(code) }) as never;
    device.createComputePipelineAsync = (descriptor) => {
      const { code } = descriptor.compute.module as unknown as { code: string };
      const found = compiled.get(code) ?? pipeline({ ...descriptor, compute: { ...descriptor.compute, module: module({ code }) } });
      compiled.set(code, found);
      return found;
    };
    return { ...card, close: () => undefined };
  };
  return {
    async open(shader = (code) => code) {
      change = shader;
      return (opening ??= first());
    },
  };
}

/** Checks the kernels of a plan on a card for tests, whose kernels `shader` may change. */
export async function checkPlan(
  plan: Plan,
  shader?: (code: string) => string,
  { open }: SharedCard = { open: openTestCard },
): Promise<void> {
  const card = await open(shader);
  try {
    await checkKernels(await GpuNetwork.open(card, plan, 3));
  } finally {
    card.close();
  }
}

/** The plan of a published decoder in a folder. @param halves whether the card keeps matrices in 16 bits */
export async function decoderPlanOf(folder: string, halves = false): Promise<Plan> {
  const config = parsePublishedConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>);
  return planPublishedDecoder(config, await folderFiles(folder).weights(), halves);
}

/** Writes a model as a server gives it with weights of 16 bits. */
export async function writeHalved(folder: string, halved: string): Promise<void> {
  mkdirSync(halved, { recursive: true });
  copyFileSync(join(folder, "config.json"), join(halved, "config.json"));
  const file = await HalvedFile.open(join(folder, "model.safetensors"), await halvedTensors(folderFiles(folder)));
  await pipeline(file.bytes(0, file.byteLength), createWriteStream(join(halved, "model.safetensors")));
}

/** A memory of checks that knows all of them as passed. */
export const ALL_PASSED: GraphicsRequest["passed"] = { has: async () => true, add: async () => undefined };

/** A wish for a card, and what came of it. */
export interface TestRequest extends GraphicsRequest {
  readonly notes: string[];
  readonly keys: Set<string>;
}

/** A wish for a card, with a memory of its own. */
export function requestFor(open: () => Promise<GraphicsCard>, isRequired = false): TestRequest {
  const [notes, keys]: [string[], Set<string>] = [[], new Set()];
  return {
    isRequired,
    open,
    passed: {
      has: async (key) => keys.has(key),
      add: async (key) => void keys.add(key),
    },
    note: (reason) => void notes.push(reason),
    notes,
    keys,
  };
}
