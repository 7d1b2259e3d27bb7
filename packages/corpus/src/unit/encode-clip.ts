import { type AudioStream, type Codec, CodecError, type Codes, concatCodes, monoStream } from "@twelvehz/codec/node";
import type { Plan } from "../plan/plan.ts";
import type { CorpusRow } from "../rows/corpus-row.ts";
import { RejectedClip } from "../rows/reject.ts";
import type { Entry } from "../sources/entry.ts";
import { Loudness } from "./loudness.ts";
import type { SoundOpener } from "./open-sound.ts";
import { Recording } from "./recording.ts";

/** A part may go so far beyond the end of its recording, seconds: manifests round. */
const TOLERANCE_SECONDS = 0.05;
/** Samples that are encoded at once of what is in memory. */
const PIECE = 65_536;

/** Turns entries into rows, one after the other. */
export class ClipEncoder {
  readonly #codec: Codec;
  readonly #plan: Plan;
  readonly #sounds: SoundOpener;
  #recording: { readonly key: string; readonly recording: Recording } | undefined;

  constructor(codec: Codec, plan: Plan, sounds: SoundOpener) {
    this.#codec = codec;
    this.#plan = plan;
    this.#sounds = sounds;
  }

  /**
   * The row of an entry.
   * @throws RejectedClip, or CodecError of reading and encoding
   */
  async encode(entry: Entry): Promise<CorpusRow> {
    if (entry.offset !== undefined) return this.#encodePart(entry, entry.offset);
    const stream = await this.#sounds.open(entry);
    try {
      const { durationSeconds } = stream.info;
      if (stream.lengthIsSure && durationSeconds !== undefined) this.#assertNotLong(entry, durationSeconds);
      return await this.#row(entry, stream, monoStream(stream, this.#plan.spec.sampleRate));
    } finally {
      await stream.close();
    }
  }

  /** Gives back what is open. */
  async close(): Promise<void> {
    await this.#recording?.recording.close();
    this.#recording = undefined;
  }

  async #encodePart(entry: Entry, offset: number): Promise<CorpusRow> {
    const { sampleRate } = this.#plan.spec;
    const start = Math.round(offset * sampleRate);
    const most = start + Math.ceil(this.#plan.options.maxSeconds * sampleRate) + 1;
    const wanted = entry.duration === undefined ? undefined : Math.round((offset + entry.duration) * sampleRate);
    if (entry.duration !== undefined) this.#assertNotLong(entry, entry.duration);
    const recording = await this.#recordingOf(entry, start);
    const samples = await recording.part(start, Math.min(wanted ?? most, most));
    const { length } = recording;
    if (length !== undefined && Math.max(start + 1, wanted ?? 0) > length + TOLERANCE_SECONDS * sampleRate) {
      const asked = `${offset}${entry.duration === undefined ? "" : ` to ${(offset + entry.duration).toFixed(3)}`} s`;
      const reason = `Cannot use ${asked} of ${JSON.stringify(entry.source)}: it ends after ${(length / sampleRate).toFixed(3)} s`;
      throw new RejectedClip("beyond-end", `${reason}; correct the manifest`);
    }
    return this.#row(entry, recording.stream, pieces(samples));
  }

  async #recordingOf(entry: Entry, start: number): Promise<Recording> {
    const key = `${this.#sounds.addressOf(entry)} ${entry.place?.channel ?? ""}`;
    if (this.#recording?.key === key && this.#recording.recording.has(start)) return this.#recording.recording;
    await this.close();
    const recording = new Recording(await this.#sounds.open(entry), this.#plan.spec.sampleRate);
    this.#recording = { key, recording };
    return recording;
  }

  async #row(entry: Entry, stream: AudioStream, samples: AsyncIterable<Float32Array>): Promise<CorpusRow> {
    const { spec, options } = this.#plan;
    const loudness = new Loudness(spec.sampleRate);
    let sampleCount = 0;
    const heard = async function* (self: ClipEncoder): AsyncGenerator<Float32Array> {
      for await (const piece of samples) {
        sampleCount += piece.length;
        self.#assertNotLong(entry, sampleCount / spec.sampleRate);
        loudness.add(piece);
        yield piece;
      }
    };
    const parts: Codes[] = [];
    try {
      for await (const codes of this.#codec.encodeChunks(heard(this), { layers: spec.layers, attention: spec.attention }))
        parts.push(codes);
    } catch (error) {
      if (sampleCount === 0 && error instanceof CodecError && error.code === "bad-audio")
        throw new RejectedClip("empty", `Cannot use ${JSON.stringify(entry.source)}: it holds no samples; sound is wanted`);
      throw error;
    }
    const duration = sampleCount / spec.sampleRate;
    const { levelDb, silence } = loudness.finish();
    const [damage] = stream.findings;
    if (damage && options.rejectDamaged)
      throw new RejectedClip(
        "bad-format",
        `Cannot use ${JSON.stringify(entry.source)}: ${damage.reason}; copy it again, or take damaged ones with --lenient`,
      );
    if (duration < options.minSeconds)
      throw new RejectedClip(
        "too-short",
        `Cannot use ${JSON.stringify(entry.source)}: it lasts ${duration.toFixed(3)} s; ${options.minSeconds} s at least are wanted`,
      );
    if (silence === 1 && options.rejectSilent)
      throw new RejectedClip("silent", `Cannot use ${JSON.stringify(entry.source)}: all of it is below -60 dB of full scale`);
    const { text = null, speaker = null, language = null, extra = null, offset = null, id, source } = entry;
    const codes = concatCodes(parts);
    const { data, frames } = codes;
    const sourceRate = stream.info.sampleRate;
    return { id, codes: data, frames, sampleCount, duration, text, speaker, language, source, offset, sourceRate, levelDb, silence, extra };
  }

  #assertNotLong({ source }: Entry, seconds: number): void {
    const { maxSeconds } = this.#plan.options;
    if (seconds <= maxSeconds) return;
    const reason = `Cannot use ${JSON.stringify(source)}: it lasts over ${maxSeconds} s; cut it, or raise --max-seconds`;
    throw new RejectedClip("too-long", reason);
  }
}

async function* pieces(samples: Float32Array): AsyncGenerator<Float32Array> {
  for (let at = 0; at < samples.length; at += PIECE) yield samples.subarray(at, at + PIECE);
}
