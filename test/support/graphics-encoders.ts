import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folderFiles } from "@twelvehz/codec/node";
import type { GraphicsRequest } from "../../packages/codec/dist/gpu/card.js";
import { ModelCard } from "../../packages/codec/dist/model/graphics-card.js";
import { GraphicsEncoders } from "../../packages/codec/dist/model/graphics-encoders.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedEncoder } from "../../packages/codec/dist/model/published/graphics-encoder-plan.js";
import type { Engine } from "../../packages/codec/dist/runtime/engine.js";

/**
 * The encoders of a published model on a card, without its decoder.
 * @param processor the same model on the processor
 * @param longestWindow steps that attention of `reference` can see
 */
export async function openGraphicsEncoders(
  folder: string,
  request: GraphicsRequest,
  processor: Engine,
  longestWindow = 8000,
): Promise<{ encoders: GraphicsEncoders; close: () => void }> {
  const config = parsePublishedConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>);
  const plan = planPublishedEncoder(config, await folderFiles(folder).weights(), longestWindow);
  const card = await ModelCard.open(request);
  const encoders = await GraphicsEncoders.open(card, {
    id: processor.info.id,
    plan,
    longestWindow,
    onProcessor: (attention) => processor.openEncoder({ attention }),
  });
  return { encoders, close: () => card.close() };
}
