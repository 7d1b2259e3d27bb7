import { HOP, WINDOW_SIZE } from "../../dsp/frames.ts";
import type { ModelInfo } from "../../codes/model-info.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { OpenedModel } from "../family.ts";
import type { CompactConfig } from "./config.ts";
import { STEPS_PER_FRAME } from "./networks.ts";

/**
 * Opens a compact model whose weights were checked: in C where the backend has a module for it. What
 * runs it is loaded here, for those who open one.
 */
export async function openCompact(model: OpenedModel<CompactConfig>): Promise<Engine> {
  const { config, origin, weights, backend } = model;
  const info: ModelInfo = {
    ...origin,
    name: config.name,
    sampleRate: config.sampleRate,
    frameRate: config.frameRate,
    samplesPerFrame: STEPS_PER_FRAME * HOP,
    layers: config.layers,
    codebookSize: config.codebookSize,
    decodeDelaySamples: WINDOW_SIZE - HOP + config.openSteps * HOP,
  };
  if (!backend.codecModule) return (await import("./engine.ts")).CompactEngine.open(info, model);
  const module = backend.codecModule(); // is compiled meanwhile
  const { WasmCompactEngine } = await import("./wasm-engine.ts");
  return new WasmCompactEngine(info, config, weights, module);
}
