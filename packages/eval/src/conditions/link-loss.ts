import { lossModel, type LossOptions, lossTrace, SeededDice, traceLoss, traceLossPart } from "@twelvehz/transport";
import type { Condition, LinkCondition } from "../condition.ts";

const LOSS = /^loss:(\d+(?:\.\d+)?)(?:#(\d+))?$/;
const BURST = /^burst:(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(?:#(\d+))?$/;

const TRACE = /^(?:trace:)?(lossgen-\d+)(?:#(\d+)| losses(?: \(seed (\d+)\))?)?$/;

/** What {@link linkLoss} calls itself. */
const NAME = /^(\d+(?:\.\d+)?) % loss(?: in bursts of (\d+(?:\.\d+)?))?(?: \(seed (\d+)\))?$/;

/** What a seed counts for: far apart, so that clips and seeds do not meet. */
const SEED_STEP = 7919;

/**
 * A link that loses packets, by its name or its short name: `loss:20` = 20 % of the packets, each
 * by itself; `burst:20x2.5` = 20 %, 2.5 in a row on average; `trace:lossgen-20` = as a network has
 * it that was trained on real calls; `#2` after it draws others.
 * @returns undefined for another form
 * @throws RangeError for losses that are not possible
 */
export function parseLinkLoss(text: string): Condition | undefined {
  const trace = traceOf(text);
  if (trace) return trace;
  const alone = LOSS.exec(text);
  const [, percent, burst, seed = "1"] = NAME.exec(text) ?? BURST.exec(text) ?? (alone ? [text, alone[1], undefined, alone[2]] : []);
  if (percent === undefined) return undefined;
  return linkLoss({ loss: Number(percent) / 100, burst: burst === undefined ? undefined : Number(burst) }, Number(seed));
}

/**
 * A link that loses packets. Codecs are given the clip as it is.
 * @param seed draws other losses; those of a clip are the same for all codecs with packets of one
 * length
 * @throws RangeError for losses that are not possible
 */
export function linkLoss(options: LossOptions, seed = 1): Condition & { readonly link: LinkCondition } {
  lossModel(options, new SeededDice(1)); // refuses what cannot be
  const { loss, burst } = options;
  const name = `${Number((100 * loss).toFixed(2))} % loss${burst === undefined ? "" : ` in bursts of ${burst}`}`;
  return {
    name: seed === 1 ? name : `${name} (seed ${seed})`,
    stage: "link",
    link: { loss, open: (key) => lossModel(options, new SeededDice(SEED_STEP * seed + hashOf(key))) },
    apply: (clip) => clip,
  };
}

/** Losses of a trace of `@twelvehz/transport`; clips and seeds begin at different places of it. */
function traceOf(text: string): Condition | undefined {
  const [found, name, short, long] = TRACE.exec(text) ?? [];
  const trace = found === undefined ? undefined : lossTrace(name);
  if (!trace) return undefined;
  const seed = Number(short ?? long ?? 1);
  return {
    name: seed === 1 ? `${name} losses` : `${name} losses (seed ${seed})`,
    stage: "link",
    link: { loss: traceLossPart(trace), open: (key) => traceLoss(trace, SEED_STEP * seed + hashOf(key)) },
    apply: (clip) => clip,
  };
}

/** FNV-1a (Fowler, Noll, Vo) of 31 bits. */
function hashOf(key: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 16_777_619);
  return hash >>> 1;
}
