import { type AudioStream, type Codec, openAudioStream } from "@twelvehz/codec";
import type { ModelShelf } from "../model-shelf.ts";
import type { Job } from "./jobs.ts";

/** The sound that a request sends, and the codec for it. */
export interface SoundJob<Query> {
  readonly query: Query;
  readonly codec: Codec;
  readonly sound: AudioStream;
}

/**
 * Opens the model that the query names and the sound of the body, as it comes.
 * @throws CodecError `not-found` for the model, and what opening the sound fails with
 */
export async function openSoundJob<Query extends { readonly model?: string; readonly strict?: boolean }>(
  models: ModelShelf,
  { signal, limits, open }: Pick<Job<Query>, "signal" | "limits" | "open">,
  check: (query: Query) => void = () => undefined,
): Promise<SoundJob<Query>> {
  const { query, bytes } = await open();
  check(query);
  const codec = await models.codec(query.model);
  return { query, codec, sound: await openAudioStream(bytes, { signal, maxSeconds: limits.maxSeconds, strict: query.strict }) };
}
