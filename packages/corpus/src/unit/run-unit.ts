import { arch, cpus, platform } from "node:os";
import { type Codec, CodecError, messageOf } from "@twelvehz/codec/node";
import { type Plan, readEntries } from "../plan/plan.ts";
import type { CorpusRow } from "../rows/corpus-row.ts";
import { type Reject, RejectedClip } from "../rows/reject.ts";
import type { Entry } from "../sources/entry.ts";
import { type Store, unitKey } from "../store/store.ts";
import { ClipEncoder } from "./encode-clip.ts";
import { Flight } from "./flight.ts";
import { SoundOpener } from "./open-sound.ts";
import { serializeUnit, summaryOf, type UnitSummary } from "./unit-result.ts";

/** What a unit is computed with. */
export interface UnitContext {
  readonly store: Store;
  readonly plan: Plan;
  readonly codec: Codec;
  /** Told before an entry is begun. */
  readonly onBegin?: ((entry: number) => void) | undefined;
  /** Told after an entry: seconds that were encoded, or why it was rejected. */
  readonly onClip?: ((seconds: number, reject: Reject | undefined) => void) | undefined;
}

/** Sounds that are fetched before it is their turn, where they are far away. */
const AHEAD = 3;
/**
 * Errors that are not of the clip: the process is ended, and the clip is blamed where it happens
 * again.
 */
const NOT_OF_THE_CLIP: ReadonlySet<string> = new Set(["runtime", "closed", "aborted", "bad-model"]);

/** The kind of this machine, on which the rounding of near ties may depend. */
function machineName(codec: Codec): string {
  return `${platform()}-${arch()}, ${cpus()[0]?.model.trim() ?? "unknown processor"}, ${codec.info.backend}`;
}

/**
 * Computes a unit and puts its result into the store, unless it is there.
 * @throws CodecError errors that are not of a clip
 */
export async function runUnit(context: UnitContext, unit: number): Promise<UnitSummary> {
  const { store, plan, codec } = context;
  const entries = await readEntries(store, plan, unit);
  const flight = await Flight.open(store, unit);
  const { poisoned } = flight;
  await flight.start();
  const sounds = new SoundOpener(plan.roots);
  const clips = new ClipEncoder(codec, plan, sounds);
  const [rows, rejects]: [CorpusRow[], Reject[]] = [[], []];
  try {
    for (const [i, entry] of entries.entries()) {
      if (i === 0) entries.slice(1, AHEAD).forEach((next) => sounds.fetchAhead(next));
      if (entries[i + AHEAD]) sounds.fetchAhead(entries[i + AHEAD]!);
      const outcome = poisoned.has(i) ? crashed(entry) : (entry.reject ?? (await attempt(context, { clips, sounds, flight }, entry, i)));
      const reject = "code" in outcome ? rejectOf(entry, outcome) : undefined;
      if (reject) rejects.push(reject);
      else rows.push(outcome as CorpusRow);
      context.onClip?.("duration" in outcome ? outcome.duration : 0, reject);
    }
  } finally {
    await clips.close();
    await flight.end();
  }
  const result = { rows, rejects, machine: machineName(codec) };
  await store.create(unitKey(unit), serializeUnit(result));
  return summaryOf(result);
}

type Refusal = Pick<Reject, "code" | "reason">;

async function attempt(
  { onBegin }: UnitContext,
  { clips, sounds, flight }: { readonly clips: ClipEncoder; readonly sounds: SoundOpener; readonly flight: Flight },
  entry: Entry,
  index: number,
): Promise<CorpusRow | Refusal> {
  await flight.begin(index);
  onBegin?.(index);
  try {
    return await clips.encode(entry);
  } catch (error) {
    if (error instanceof RejectedClip) return { code: error.code, reason: error.message };
    if (error instanceof CodecError && !NOT_OF_THE_CLIP.has(error.code))
      return { code: error.code, reason: reasonOf(error, sounds.addressOf(entry), entry.source) };
    throw error;
  }
}

/** The message, with the file named as its source names it: where it lies says nothing. */
function reasonOf(error: CodecError, address: string, source: string): string {
  const quoted = messageOf(error).replaceAll(JSON.stringify(address), JSON.stringify(source));
  const said = address === "" ? quoted : quoted.replaceAll(address, source);
  return said.includes(JSON.stringify(source)) ? said : `Cannot use ${JSON.stringify(source)}: ${said}`;
}

function crashed({ source }: Entry): Refusal {
  return {
    code: "crashed",
    reason: `Cannot use ${JSON.stringify(source)}: it has ended the process that reads it, or held it for too long, each time; convert it`,
  };
}

function rejectOf({ id, source, offset, line }: Entry, { code, reason }: Refusal): Reject {
  return { id, source, offset, line, code, reason };
}
