import { type CodesSpec, framesPerSecond } from "@twelvehz/codec";
import type { LinkReport } from "./control-message.ts";
import { depthOf, type Layout, layoutText, MOST_FRAMES, parseLayout, payloadBytes } from "../packets/layout.ts";

/** What a rate may be spent on. */
export interface RateBudget {
  /** Most kbit/s in all, headers and encryption included; reports, about 0.2, come on top. */
  readonly kbps: number;
  /** Bytes that a packet takes beside its payload: encryption and what the carrier adds. */
  readonly overheadBytes: number;
}

/** How a link loses packets. */
export type LinkLoss = Pick<LinkReport, "loss" | "burst">;

/** Layouts to choose from, each with one to four frames a packet. */
const CANDIDATES = [
  "16",
  "16+8@1",
  "16+8@1+8@2",
  "16+8@1+4@2+1@3",
  "16+8@1+4@2+4@3",
  "16+16@1+5@2",
  "16+16@1+8@2",
  "16+16@1+8@2+4@3",
  "16+16@1+8@2+8@3",
  "8",
  "8+8@1",
  "8+8@1+4@2",
  "16+16@2+8@4+4@6", // further apart: for losses in bursts
  "16+8@2+4@4+1@6",
];
/**
 * PESQ-WB of the compact model with its first k layers, without loss; between them it is
 * interpolated. The table of docs/evaluation.md has the same order.
 */
const LAYER_SCORES: readonly (readonly [layers: number, score: number])[] = [
  [0, 1],
  [1, 1.3],
  [4, 1.74],
  [8, 2.26],
  [16, 2.72],
];
/**
 * What a second of delay is worth in PESQ: 360 ms of it cost less than losing every fiftieth frame.
 */
const SCORE_PER_SECOND = 0.25;
/**
 * Frames that a listener may wait for all copies of one, its own packet included: 560 ms, 600 with
 * the decoder's look-ahead. More is no conversation (ITU-T G.114 has 400 ms).
 */
const MOST_WAITED = 7;
/**
 * What frames of which nothing comes cost beyond their absence, and the part of them at which
 * speech is ruined anyway. Fits 20 % loss: 0.6 % cost 0.09, 4 % 0.5, 20 % 1.2.
 */
const LOST_COST = 12;
const RUINED = 0.08;

/** Kbit/s of a layout, headers included. */
export function layoutKbps(layout: Layout, spec: CodesSpec, overheadBytes: number): number {
  return ((payloadBytes(layout, spec) + overheadBytes) * 8 * framesPerSecond(spec)) / layout.frames / 1000;
}

/**
 * The layout that should sound best on a link, of those within the budget; the thinnest where none
 * is. Chances of loss are those of a chain of two states (Gilbert 1960) with the loss and the mean
 * burst that were reported.
 */
export function chooseLayout(spec: CodesSpec, { kbps, overheadBytes }: RateBudget, link: LinkLoss): Layout {
  const all = CANDIDATES.flatMap((text) => Array.from({ length: MOST_FRAMES }, (_, i) => ({ ...parseLayout(text), frames: i + 1 })));
  const possible = all.filter((layout) => layout.layers <= spec.layers && layout.frames * (1 + depthOf(layout)) <= MOST_WAITED);
  const rate = (layout: Layout): number => layoutKbps(layout, spec, overheadBytes);
  const fitting = possible.filter((layout) => rate(layout) <= kbps);
  if (fitting.length === 0) return possible.reduce((best, layout) => (rate(layout) < rate(best) ? layout : best));
  const score = (layout: Layout): number => scoreOf(layout, spec, link);
  return fitting.reduce((best, layout) => (score(layout) > score(best) ? layout : best));
}

/** Expected score of a layout on a link; more is better. */
function scoreOf(layout: Layout, spec: CodesSpec, { loss, burst }: LinkLoss): number {
  let [score, stillLost, lastLost] = [(1 - loss) * layerScore(layout.layers), loss, 0];
  for (const copy of layout.copies) {
    const recovery = 1 - alsoLost({ loss, burst }, copy.back - lastLost);
    score += stillLost * recovery * layerScore(copy.layers);
    stillLost *= 1 - recovery;
    lastLost = copy.back;
  }
  const waited = layout.frames * (1 + (loss > 0.005 ? depthOf(layout) : 0));
  return score + stillLost - LOST_COST * Math.min(stillLost, RUINED) - (SCORE_PER_SECOND * waited) / framesPerSecond(spec);
}

/**
 * Chance that a packet is lost which comes so many after a lost one. In a chain of two states what
 * is known of the first fades with every step, by the chance to stay less that to fall in.
 */
function alsoLost({ loss, burst }: LinkLoss, steps: number): number {
  if (loss >= 1) return 1;
  const stays = 1 - 1 / Math.max(burst, 1 / (1 - loss));
  const falls = (loss * (1 - stays)) / (1 - loss);
  return loss + (1 - loss) * (stays - falls) ** steps;
}

function layerScore(layers: number): number {
  const above = LAYER_SCORES.findIndex(([count]) => count >= layers);
  if (above < 0) return LAYER_SCORES[LAYER_SCORES.length - 1][1];
  const [high, low] = [LAYER_SCORES[above], LAYER_SCORES[Math.max(0, above - 1)]];
  return high[0] === layers ? high[1] : low[1] + ((high[1] - low[1]) * (layers - low[0])) / (high[0] - low[0]);
}

/** A wait that is over the least one by more than this is a queue that fills, ms. */
const QUEUE_MS = 200;
/** Less than this is none: what a report can tell. */
const LEAST_LOSS = 1 / 256;
/** Least part of the budget that congestion leaves. */
const LEAST_PART = 0.4;

/**
 * Follows the reports of the other end: the layout that its losses ask for, within a rate that
 * shrinks while packets queue up. Never more redundancy into a full link.
 */
export class RateControl {
  readonly #spec: CodesSpec;
  #budget: RateBudget;
  /** Part of the budget that is used, 0.4 to 1. */
  #part = 1;
  #leastQueueMs = Number.POSITIVE_INFINITY;
  #link: LinkLoss = { loss: 0, burst: 0 };

  constructor(spec: CodesSpec, budget: RateBudget) {
    this.#spec = spec;
    this.#budget = budget;
  }

  /** Takes a report. Losses are followed at once upwards, and slowly back. */
  report({ loss, burst, queueMs }: LinkReport): void {
    this.#leastQueueMs = Math.min(this.#leastQueueMs, queueMs);
    const isCongested = queueMs > this.#leastQueueMs + QUEUE_MS;
    this.#part = isCongested ? Math.max(LEAST_PART, this.#part * 0.8) : Math.min(1, this.#part * 1.1);
    const before = this.#link;
    const slow = (before.loss + loss) / 2;
    this.#link = loss >= before.loss ? { loss, burst } : { loss: slow < LEAST_LOSS ? 0 : slow, burst: Math.max(burst, before.burst * 0.9) };
  }

  /** The carrier or the encryption has changed. @param overheadBytes as in the budget */
  setOverhead(overheadBytes: number): void {
    this.#budget = { ...this.#budget, overheadBytes };
  }

  /** Kbit/s that may be used now. */
  get kbps(): number {
    return this.#budget.kbps * this.#part;
  }

  /** The layout to use now. */
  get layout(): Layout {
    return chooseLayout(this.#spec, { ...this.#budget, kbps: this.kbps }, this.#link);
  }

  /** For reports. */
  get text(): string {
    return layoutText(this.layout);
  }
}
