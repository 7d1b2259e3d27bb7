import { CodecError, type ModelInfo } from "@twelvehz/codec";
import type { Engine, FrameDecoder, FrameEncoder, SavedState } from "@twelvehz/codec/internal";
import { ServiceStream, type StreamOptions } from "./service-stream.ts";
import type { StartMessage, StreamKind } from "./wire.ts";

/** Frames of a message: long pushes are cut, so that their results come while they are sent. */
const FRAMES_PER_MESSAGE = 12;

/** A server as an engine: every encoder and decoder is a stream of its own. */
export class ServiceEngine implements Engine {
  readonly info: ModelInfo;
  readonly #url: string;
  readonly #model: string | undefined;
  readonly #options: Omit<StreamOptions, "url">;
  readonly #streams = new Set<ServiceStream>();

  constructor(info: ModelInfo, url: string, model: string | undefined, options: Omit<StreamOptions, "url">) {
    this.info = info;
    this.#url = url;
    this.#model = model;
    this.#options = options;
  }

  async openEncoder({ attention = "windowed" }: Parameters<Engine["openEncoder"]>[0] = {}): Promise<FrameEncoder> {
    return new ServiceEncoder(this.info, await this.#open("encode", { pcm: "f32", attention }), (stream) => this.#forget(stream));
  }

  async openDecoder({ chunking = "exact" }: Parameters<Engine["openDecoder"]>[0] = {}): Promise<FrameDecoder> {
    if (chunking !== "exact")
      throw new CodecError("unsupported", 'Cannot decode with the chunking "reference" on a server: open the model here');
    return new ServiceDecoder(this.info, await this.#open("decode", { pcm: "f32" }), (stream) => this.#forget(stream));
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  async #open(kind: StreamKind, wishes: Omit<StartMessage, "type">): Promise<ServiceStream> {
    const start: StartMessage = { type: "start", ...wishes, ...(this.#model !== undefined && { model: this.#model }) };
    const stream = await ServiceStream.open({ ...this.#options, url: `${this.#url}/v1/stream/${kind}` }, start);
    this.#streams.add(stream);
    return stream;
  }

  #forget(stream: ServiceStream): void {
    this.#streams.delete(stream);
    stream.close();
  }
}

/** What encoder and decoder share. */
abstract class ServiceCoder {
  protected readonly info: ModelInfo;
  protected readonly stream: ServiceStream;
  readonly #close: (stream: ServiceStream) => void;

  constructor(info: ModelInfo, stream: ServiceStream, close: (stream: ServiceStream) => void) {
    this.info = info;
    this.stream = stream;
    this.#close = close;
  }

  async reset(): Promise<void> {
    await this.stream.tell({ type: "flush" });
  }

  async close(): Promise<void> {
    this.#close(this.stream);
  }

  async save(): Promise<SavedState> {
    throw new CodecError("unsupported", "Cannot save the state of a stream of a server: it is kept there");
  }

  async restore(): Promise<void> {
    throw new CodecError("unsupported", "Cannot restore a stream of a server: its state is kept there");
  }
}

class ServiceEncoder extends ServiceCoder implements FrameEncoder {
  async push(samples: Float32Array): Promise<Int16Array> {
    const { samplesPerFrame, sampleRate } = this.info;
    return codesFrom(await this.stream.give(cut(samples, FRAMES_PER_MESSAGE * samplesPerFrame), 1 / (4 * sampleRate)));
  }

  async flush(): Promise<Int16Array> {
    return codesFrom(await this.stream.tell({ type: "flush" }));
  }
}

class ServiceDecoder extends ServiceCoder implements FrameDecoder {
  async push(codes: Int16Array): Promise<Float32Array> {
    const { layers, frameRate } = this.info;
    return samplesFrom(await this.stream.give(cut(codes, FRAMES_PER_MESSAGE * layers), 1 / (2 * layers * frameRate)));
  }

  async conceal(): Promise<Float32Array> {
    return samplesFrom(await this.stream.tell({ type: "conceal", frames: 1 }));
  }

  async flush(): Promise<Float32Array> {
    return samplesFrom(await this.stream.tell({ type: "flush" }));
  }

  async setGains(gains: Float32Array): Promise<void> {
    const muteLayers = [...gains.keys()].filter((layer) => gains[layer] === 0);
    await this.stream.tell({ type: "setLayers", muteLayers });
  }
}

/** Copies, which the caller's memory does not change. */
function* cut(all: Float32Array | Int16Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < all.length; at += size) yield new Uint8Array(all.slice(at, at + size).buffer);
}

function codesFrom(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.slice().buffer);
}

function samplesFrom(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
