import { type Codec, CodecError, COMPACT, messageOf, openCodec } from "@twelvehz/codec/node";
import { codecLayers } from "../baselines/codec-layers.ts";
import { muLaw } from "../baselines/mu-law.ts";
import { opusBaseline, type OpusOptions } from "../baselines/opus.ts";
import { pcm8kHz } from "../baselines/pcm-8khz.ts";
import { CARRIERS, parseTransport, transportCodec } from "../baselines/transport-codec.ts";
import type { CodecUnderTest } from "../codec-under-test.ts";
import { externalCodec } from "./external-codec.ts";

/**
 * Opus, its rate control, whether headers count, what is done about lost packets, and how many in a
 * hundred are lost whatever the link.
 */
const OPUS = /^opus(-vbr)?(-rtp)?(?:-(plc|fec|zeros)(\d+)?)?$/;
/** A model over packets, and what stands after it. */
const TRANSPORT = /^transport(?::(.*))?$/;
/** For messages. */
const EXAMPLE = "compact:16,8,opus:6,12,pcm8";

/** Codecs with the models that some of them share. */
export interface OpenCodecs {
  readonly codecs: readonly CodecUnderTest[];
  /** Ids of the models, by the names of the codecs that use them; commands of external codecs. */
  readonly identities: Readonly<Record<string, string>>;
  /** Frees the models. */
  close(): Promise<void>;
}

/** Name and numbers of one kind of codec. */
interface CodecKind {
  readonly name: string;
  readonly numbers: readonly number[];
}

/**
 * Opens codecs by their short names, separated by commas: `opus:6,8,12` = Opus at constant bit
 * rates in kbit/s, `opus-vbr:12` at a variable one, `opus-plc20:16` with 20 % of the packets lost
 * and concealed (`fec`: and sent twice; `zeros`: and not concealed), `opus-rtp:16` and
 * `opus-rtp-fec:16` with the headers of RTP, UDP and IPv4 counted, `transport:16+8@1+4@2` = the
 * compact model over packets of that layout (also `transport:2x16+16@1/rtp/tag4`), `pcm8` = PCM of
 * 8 kHz and 8 bit, `mulaw`, and models of this library by their numbers of layers, such as
 * `compact:16,8,4` or `OWNER/NAME:16`; without a number all layers. A number belongs to the name
 * before it.
 * @param external commands as {@link externalCodec} takes them
 * @throws CodecError `usage` for a list that is not understood, and what opening a model fails with
 */
export async function openCodecs(list: string, external: readonly string[] = []): Promise<OpenCodecs> {
  const kinds = parseCodecList(list);
  const commands = external.map((text) => ({ codec: externalCodec(text), text }));
  const models = new Map<string, Codec>();
  const identities: Record<string, string> = Object.fromEntries(commands.map(({ codec, text }) => [codec.name, text]));
  const close = async (): Promise<void> => void (await Promise.all([...models.values()].map((model) => model.close())));
  try {
    const found: CodecUnderTest[] = [];
    for (const kind of kinds) {
      const baselines = asUsage(kind, () => baselinesOf(kind));
      if (baselines) {
        found.push(...baselines);
        continue;
      }
      const layouts = layoutsOf(kind);
      const modelName = layouts ? COMPACT : kind.name;
      const model = models.get(modelName) ?? (await openCodec(modelName));
      models.set(modelName, model);
      const layers = kind.numbers.length > 0 ? kind.numbers : [model.info.layers];
      const own = layouts
        ? layouts.map((text) => transportCodec(model, parseTransport(text)))
        : asUsage(kind, () => layers.map((count) => codecLayers(model, count)));
      for (const { name } of own) identities[name] = model.info.id;
      found.push(...own);
    }
    return { codecs: [...found, ...commands.map(({ codec }) => codec)], identities, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function parseCodecList(list: string): CodecKind[] {
  const kinds: { name: string; numbers: number[] }[] = [];
  for (const item of list.split(",").map((text) => text.trim())) {
    const [, name, number] = /^(?:(.*?[^\d.:].*?)(?::|$))?(\d+(?:\.\d+)?)?$/.exec(item) ?? [];
    if (name !== undefined) kinds.push({ name, numbers: [] });
    const kind = kinds.at(-1);
    if (item === "" || !kind || (name === undefined && number === undefined))
      throw new CodecError(
        "usage",
        `Cannot use the codecs ${JSON.stringify(list)}: ${JSON.stringify(item)} names none; write a list such as ${EXAMPLE}`,
      );
    if (number !== undefined) kind.numbers.push(Number(number));
  }
  return kinds;
}

/** What stands after `transport:`, or undefined where a kind is another. */
function layoutsOf({ name, numbers }: CodecKind): readonly string[] | undefined {
  const [found, text] = TRANSPORT.exec(name) ?? [];
  if (found === undefined) return undefined;
  const texts = [...(text === undefined ? [] : [text]), ...numbers.map(String)];
  for (const layout of texts) parseTransport(layout); // refuses what is none before a model is opened
  if (texts.length === 1) return texts;
  throw new CodecError("usage", `Cannot use the codec "${name}": write one layout after it, such as transport:16+8@1+4@2`);
}

/** Codecs that are no models of this library; undefined for other names. */
function baselinesOf({ name, numbers }: CodecKind): CodecUnderTest[] | undefined {
  if (name === "pcm8" || name === "mulaw") {
    if (numbers.length > 0) throw new RangeError(`${name} has one rate only, so no numbers follow it`);
    return [name === "pcm8" ? pcm8kHz() : muLaw()];
  }
  const [, vbr, rtp, concealment, lossPercent] = OPUS.exec(name) ?? [];
  if (!OPUS.test(name)) return undefined;
  if (numbers.length === 0) throw new RangeError(`${name} wants bit rates in kbit/s, such as ${name}:8,16`);
  const loss = { lossPercent: Number(lossPercent ?? 0), concealment: concealment as OpusOptions["concealment"] };
  const rateControl = vbr === undefined ? "cbr" : "vbr";
  const headerBytes = rtp === undefined ? 0 : CARRIERS.rtp.bytes;
  return numbers.map((kilobits) => opusBaseline({ bitsPerSecond: Math.round(kilobits * 1000), rateControl, headerBytes, ...loss }));
}

/** Numbers out of range are the user's. */
function asUsage<T>({ name, numbers }: CodecKind, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CodecError("usage", `Cannot use the codec "${name}:${numbers.join(",")}": ${messageOf(error)}`, { cause: error });
  }
}
