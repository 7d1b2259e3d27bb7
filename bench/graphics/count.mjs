/**
 * What is known of the published model on a graphics card without one: launches of a run, and bytes
 * of the buffers at full size. Writes bench/results/graphics.json.
 *
 *     node bench/graphics/count.mjs
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { capacityOf, weightBytes } from "../../packages/codec/dist/gpu/plan.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedDecoder } from "../../packages/codec/dist/model/published/graphics-decoder-plan.js";
import { planPublishedEncoder } from "../../packages/codec/dist/model/published/graphics-encoder-plan.js";
import { root } from "../../scripts/prepare.mjs";
import { seededConfig } from "../../test/reference/seeded-checkpoint.mjs";
import { measuredOn } from "../machine.mjs";

/** Frames of a run. */
const GROUPS = [1, 4, 8, 12];
/** Steps of 25 Hz that attention to all of a clip can see (max_position_embeddings). */
const LONGEST_WINDOW = 8000;

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** Megabytes of the rings of one stream. */
function streamMegabytes({ rings }, group, doublings = 0) {
  return sum(rings.map((ring) => 4 * ring.channels * capacityOf(ring, group, doublings))) / 1e6;
}

function counted(name, plan) {
  const weightMegabytes = sum(plan.steps.flatMap(({ weights }) => weights.map(weightBytes))) / 1e6;
  const groups = GROUPS.map((frames) => ({ frames, streamMegabytes: streamMegabytes(plan, frames) }));
  return { name, launches: plan.steps.length, weightMegabytes, groups };
}

const config = parsePublishedConfig(seededConfig("full"));
const encoder = planPublishedEncoder(config, undefined, LONGEST_WINDOW); // weights are never read
const results = {
  measured: measuredOn("node bench/graphics/count.mjs"),
  halves: [
    counted("encoder", encoder),
    counted("decoder", planPublishedDecoder(config, undefined)),
    counted("decoder, weights of 16 bits", planPublishedDecoder(config, undefined, true)),
  ],
};
writeFileSync(join(root, "bench/results/graphics.json"), `${JSON.stringify(results, null, 2)}\n`);
