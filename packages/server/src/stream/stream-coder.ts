import {
  type Codec,
  CodecError,
  Codes,
  type CodesSpec,
  type DecodeStream,
  type EncodeStream,
  layerGains,
  type LayerSelection,
  specOf,
  WavEncoder,
} from "@twelvehz/codec";
import type { PcmForm, StartMessage, StreamKind } from "@twelvehz/client";

/**
 * Frames that are computed at once for one stream when several wait: more would keep the other
 * streams of the engine waiting.
 */
const LARGEST_GROUP = 4;

/** The end of a clip. */
export interface ClipEnd {
  readonly bytes: Uint8Array;
  /** Of the whole clip. */
  readonly samples: number;
  readonly frames: number;
}

/**
 * A stream as bytes of binary messages. A unit is a sample (encode) or a frame (decode) of the
 * input.
 */
export interface StreamCoder {
  /** Layers in the binary messages of codes. */
  readonly layers: number;
  readonly pcm: PcmForm;
  readonly bytesPerUnit: number;
  readonly unitsPerSecond: number;
  /** Most units to push at once. */
  readonly largestPiece: number;
  /** Whole units in, bytes out. */
  push(bytes: Uint8Array): Promise<Uint8Array>;
  /** The rest of the clip, and how long it was; the stream is then as new. */
  flush(): Promise<ClipEnd>;
  setLayers(selection: LayerSelection): Promise<void>;
  /** Sound in the place of lost frames. */
  conceal(frames: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a stream as a client's first message wants it.
 * @throws CodecError `usage` for a wish that this kind of stream or this model cannot fulfil
 */
export function openStreamCoder(kind: StreamKind, codec: Codec, start: StartMessage): StreamCoder {
  return kind === "encode" ? new EncodeCoder(codec, start) : new DecodeCoder(codec, start);
}

/** Sound in, codes out. */
class EncodeCoder implements StreamCoder {
  readonly layers: number;
  readonly pcm: PcmForm;
  readonly bytesPerUnit: number;
  readonly unitsPerSecond: number;
  readonly largestPiece: number;
  readonly #stream: EncodeStream;
  #samples = 0;
  #frames = 0;

  constructor(codec: Codec, { pcm = "s16", layers, onlyLayer, muteLayers, codeLayers, attention }: StartMessage) {
    const { info } = codec;
    if (onlyLayer !== undefined || muteLayers !== undefined || codeLayers !== undefined)
      throw new CodecError(
        "usage",
        'Cannot start to encode: "onlyLayer", "muteLayers" and "codeLayers" are for decoding; give "layers" alone',
      );
    layerGains({ layers }, info.layers, info.layers); // refuses what is not there
    this.layers = layers ?? info.layers;
    this.pcm = pcm;
    this.bytesPerUnit = bytesPerSample(pcm);
    this.unitsPerSecond = info.sampleRate;
    this.largestPiece = LARGEST_GROUP * info.samplesPerFrame;
    this.#stream = codec.openEncodeStream({ attention });
  }

  async push(bytes: Uint8Array): Promise<Uint8Array> {
    const samples = samplesFrom(bytes, this.pcm);
    this.#samples += samples.length;
    return this.#given(await this.#stream.push(samples));
  }

  async flush(): Promise<ClipEnd> {
    const bytes = this.#given(await this.#stream.flush());
    const end = { bytes, samples: this.#samples, frames: this.#frames };
    [this.#samples, this.#frames] = [0, 0];
    return end;
  }

  async setLayers(): Promise<void> {
    throw new CodecError("usage", 'Cannot set layers of a stream that encodes: say it in "start"');
  }

  async conceal(): Promise<Uint8Array> {
    throw new CodecError("usage", "Cannot conceal frames of a stream that encodes: only one that decodes can lose them");
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  #given(codes: Codes): Uint8Array {
    this.#frames += codes.frames;
    const { data } = codes.firstLayers(this.layers);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/** Codes in, sound out. */
class DecodeCoder implements StreamCoder {
  readonly layers: number;
  readonly pcm: PcmForm;
  readonly bytesPerUnit: number;
  readonly unitsPerSecond: number;
  readonly largestPiece = LARGEST_GROUP;
  readonly #stream: DecodeStream;
  readonly #spec: CodesSpec;
  readonly #writer: WavEncoder;
  #samples = 0;
  #frames = 0;

  constructor(codec: Codec, { pcm = "s16", layers, onlyLayer, muteLayers, codeLayers, attention }: StartMessage) {
    const { info } = codec;
    if (attention !== undefined) throw new CodecError("usage", 'Cannot start to decode: "attention" is for encoding; leave it out');
    this.layers = codeLayers ?? info.layers;
    if (this.layers > info.layers)
      throw new CodecError("usage", `Cannot decode frames of ${this.layers} layers: the model "${info.name}" has ${info.layers}`);
    layerGains({ layers, onlyLayer, muteLayers }, this.layers, info.layers); // refuses what is not there
    this.pcm = pcm;
    this.bytesPerUnit = 2 * this.layers;
    this.unitsPerSecond = info.frameRate;
    this.#spec = specOf(info);
    this.#writer = new WavEncoder({ sampleRate: info.sampleRate, float: pcm === "f32" });
    this.#stream = codec.openDecodeStream({ layers, onlyLayer, muteLayers });
  }

  async push(bytes: Uint8Array): Promise<Uint8Array> {
    const codes = new Codes(new Int16Array(new Uint8Array(bytes).buffer), this.layers, this.#spec);
    return this.#given(await this.#stream.push(codes), codes.frames);
  }

  async flush(): Promise<ClipEnd> {
    const bytes = this.#given(await this.#stream.flush(), 0);
    const end = { bytes, samples: this.#samples, frames: this.#frames };
    [this.#samples, this.#frames] = [0, 0];
    return end;
  }

  setLayers(selection: LayerSelection): Promise<void> {
    return this.#stream.setLayers(selection);
  }

  async conceal(frames: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let t = 0; t < frames; t++) parts.push(this.#given(await this.#stream.conceal(), 1));
    return Buffer.concat(parts);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  #given(samples: Float32Array, frames: number): Uint8Array {
    this.#samples += samples.length;
    this.#frames += frames;
    return this.#writer.encode(samples);
  }
}

function bytesPerSample(pcm: PcmForm): number {
  return pcm === "f32" ? 4 : 2;
}

/**
 * Every platform that Node runs on is little-endian, as the messages are; the copy makes the bytes
 * aligned.
 */
function samplesFrom(bytes: Uint8Array, pcm: PcmForm): Float32Array {
  const { buffer } = new Uint8Array(bytes);
  return pcm === "f32" ? new Float32Array(buffer) : Float32Array.from(new Int16Array(buffer), (x) => x / 32_768);
}
