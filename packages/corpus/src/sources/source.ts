import { CodecError } from "@twelvehz/codec/node";
import type { FoundEntry } from "./entry.ts";

/** What is read of a source while a plan is made. */
export interface SourceContext {
  /** Gives a folder, or an address, a number that places of sounds refer to. */
  rootOf(address: string): number;
  /** What ids of this source that are made of paths begin with; empty where it is the only one. */
  readonly prefix: string;
  /** Lhotse's recordings of all sources, by id. */
  readonly recordings: Map<string, { readonly path: string; readonly root: number; readonly seconds: number; readonly channels: number }>;
  /** Whether a supervision has named a recording; else recordings themselves are clips. */
  supervised: boolean;
}

/** All clips of a source, in its order. */
export type SourceReader = (address: string, context: SourceContext) => AsyncGenerator<FoundEntry>;

/** Extensions that are taken for sound in folders and tars. */
const SOUND: ReadonlySet<string> = new Set("wav wave aif aiff mp3 flac ogg oga opus m4a aac webm".split(" "));
/** Bytes of a second, as a guess at least: mono, 16 kHz, 16 bit; half of it; 64 kbit/s. */
const BYTES_OF_SECOND: Readonly<Record<string, number>> = { wav: 32_000, wave: 32_000, aif: 32_000, aiff: 32_000, flac: 16_000 };
const OTHER_BYTES_OF_SECOND = 8000;

/** The extension of a path, lower case, without the dot. */
export function extensionOf(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}

/** Whether a path is one of sound, by its extension. */
export function isSound(path: string): boolean {
  return SOUND.has(extensionOf(path));
}

/** How long a sound may be at most, as a rule, by the size of its file. */
export function guessSeconds(path: string, bytes: number): number {
  return bytes / (BYTES_OF_SECOND[extensionOf(path)] ?? OTHER_BYTES_OF_SECOND);
}

/** @throws CodecError `bad-format` */
export function badManifest(address: string, what: string): CodecError {
  return new CodecError("bad-format", `Cannot use the manifest ${JSON.stringify(address)}: ${what}`);
}
