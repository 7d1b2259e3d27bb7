import { randomBytes } from "node:crypto";
import { type Codec, CodecError, type ModelInfo } from "@twelvehz/codec";
import type { StreamLimits } from "../limits.ts";
import type { PieceTimes } from "../observe/metrics.ts";
import { ServerError } from "../errors/server-error.ts";
import { InputQueue, type OrderedMessage, type PayloadWork, type Work } from "./input-queue.ts";
import { Outbox, type Peer } from "./outbox.ts";
import { openStreamCoder, type StreamCoder } from "./stream-coder.ts";
import { FAULT_CODE, toldError } from "./told-error.ts";
import type { AckMessage, DoneMessage, ReadyMessage, StartMessage, StreamKind } from "@twelvehz/client";

/** What a session is told and asked by the one who keeps it. */
export interface SessionHost {
  /** The stream needs its slot no longer. */
  freeSlot(): void;
  /** The session has ended: nobody can resume it. */
  ended(session: StreamSession): void;
  /** Milliseconds, for how long things take. */
  now(): number;
  /** A piece is done. */
  piece(times: PieceTimes): void;
  /** The server ended it, with the code of this error. */
  rejected(reason: string): void;
  /** Something failed that no client should be able to cause. */
  fault(error: unknown): void;
}

/**
 * One stream, which outlives its connection for a while. Messages are worked on in order, one piece
 * at a time; what comes of a piece is sent before the piece is acknowledged, and the next waits
 * until the connection takes more.
 */
export class StreamSession {
  readonly id: string = randomBytes(12).toString("base64url");
  /** What the client has to show when it comes again. */
  readonly token: string = randomBytes(24).toString("base64url");
  readonly kind: StreamKind;
  readonly #info: ModelInfo;
  readonly #coder: StreamCoder;
  readonly #limits: StreamLimits;
  readonly #host: SessionHost;
  readonly #input: InputQueue;
  readonly #outbox = new Outbox();
  /** Messages that came, and that are done; units that are done. */
  #received = 0;
  #done = 0;
  #position = 0;
  #working = false;
  #state: "open" | "finished" | "ended" = "open";
  #connected = false;

  /** @throws CodecError `usage` as {@link openStreamCoder} */
  constructor(kind: StreamKind, codec: Codec, start: StartMessage, limits: StreamLimits, host: SessionHost) {
    this.kind = kind;
    this.#info = codec.info;
    this.#coder = openStreamCoder(kind, codec, start);
    this.#limits = limits;
    this.#host = host;
    this.#input = new InputQueue(this.#coder);
  }

  /**
   * Connects a client.
   * @param received messages that it has received of this session
   * @throws ServerError `no-session` when it missed what is no longer there
   */
  attach(peer: Peer, received: number): void {
    this.#outbox.attach(peer, received, () => this.#outbox.say(JSON.stringify(this.#ready())));
    this.#connected = true;
    if (this.#done > 0) this.#acknowledge(); // the last acknowledgement may have been lost with the connection
    if (this.#state === "finished") this.#outbox.close(1000, "done");
    void this.#work();
  }

  /** The connection is lost: the work rests until there is another. */
  detach(): void {
    this.#connected = false;
    this.#outbox.detach();
  }

  /** Takes a message of the client. */
  receive(item: Uint8Array | OrderedMessage): void {
    if (this.#state !== "open") return;
    try {
      this.#input.add(item, this.#host.now());
      this.#assertCredit();
    } catch (error) {
      return this.fail(error);
    }
    this.#received++;
    void this.#work();
  }

  /** Tells the client why and ends the session. */
  fail(error: unknown): void {
    if (this.#state === "ended") return;
    const { closeCode, message } = toldError(error);
    if (closeCode === FAULT_CODE) this.#host.fault(error);
    this.#host.rejected(message.code);
    this.#outbox.say(JSON.stringify(message));
    this.#end(closeCode, message.code);
  }

  #ready(): ReadyMessage {
    const { name, id, sampleRate, samplesPerFrame, codebookSize } = this.#info;
    const { layers, pcm } = this.#coder;
    const { windowSeconds, maxMessageBytes, maxStreamSeconds: maxSeconds, idleSeconds } = this.#limits;
    return {
      type: "ready",
      session: this.id,
      token: this.token,
      received: this.#received,
      model: { name, id },
      sampleRate,
      samplesPerFrame,
      layers,
      codebookSize,
      pcm,
      windowSeconds,
      maxMessageBytes,
      maxSeconds,
      idleSeconds,
    };
  }

  #assertCredit(): void {
    const { windowSeconds, maxStreamSeconds } = this.#limits;
    const seconds = this.#input.waitingUnits / this.#coder.unitsPerSecond;
    if (seconds > windowSeconds + this.#coder.largestPiece / this.#coder.unitsPerSecond)
      throw new ServerError("policy", `Cannot take more: over ${windowSeconds} s are not acknowledged; wait for "ack"`);
    if (this.#position / this.#coder.unitsPerSecond + seconds > maxStreamSeconds)
      throw new CodecError("too-large", `Cannot take more: the session is over ${maxStreamSeconds} s; open another one`);
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let work = this.#next(); work; work = this.#next()) {
        await this.#perform(work);
        this.#done += work.messages;
        this.#position += work.units;
        this.#acknowledge();
      }
    } catch (error) {
      this.fail(error);
    }
    this.#working = false;
  }

  #acknowledge(): void {
    this.#outbox.say(JSON.stringify({ type: "ack", received: this.#done, position: this.#position } satisfies AckMessage));
  }

  #next(): Work | undefined {
    return this.#connected && this.#state === "open" ? this.#input.take() : undefined;
  }

  async #perform(work: Work): Promise<void> {
    if ("bytes" in work) return this.#push(work);
    const { message } = work;
    if (message.type === "setLayers") return this.#setLayers(message);
    if (message.type === "conceal") return this.#give(await this.#coder.conceal(message.frames ?? 1));
    const { bytes, samples, frames } = await this.#coder.flush();
    await this.#give(bytes);
    const final = message.type === "finish";
    await this.#outbox.add(JSON.stringify({ type: "done", frames, samples, final } satisfies DoneMessage));
    if (final) await this.#finish();
  }

  async #push({ bytes, units, arrivedMs }: PayloadWork): Promise<void> {
    const began = this.#host.now();
    const made = await this.#coder.push(bytes);
    const soundSeconds = units / this.#coder.unitsPerSecond;
    this.#host.piece({
      kind: this.kind,
      queueSeconds: (began - arrivedMs) / 1000,
      computeSeconds: (this.#host.now() - began) / 1000,
      soundSeconds,
      frames: soundSeconds * this.#info.frameRate,
    });
    await this.#give(made);
  }

  /** A selection that is not there leaves the stream as it is. */
  async #setLayers({ layers, onlyLayer, muteLayers }: OrderedMessage & { readonly type: "setLayers" }): Promise<void> {
    try {
      await this.#coder.setLayers({ layers, onlyLayer, muteLayers });
    } catch (error) {
      this.#outbox.say(JSON.stringify(toldError(error).message));
    }
  }

  async #give(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#outbox.add(bytes);
  }

  /** What was given stays for a client that comes again; the stream does not. */
  async #finish(): Promise<void> {
    this.#state = "finished";
    this.#outbox.say(JSON.stringify({ type: "ack", received: this.#done + 1, position: this.#position } satisfies AckMessage));
    this.#outbox.close(1000, "done");
    this.#host.freeSlot();
    await this.#coder.close();
  }

  #end(code: number, reason: string): void {
    const open = this.#state === "open";
    this.#state = "ended";
    this.#outbox.close(code, reason);
    this.#host.freeSlot();
    this.#host.ended(this);
    if (open) this.#coder.close().catch((error: unknown) => this.#host.fault(error));
  }

  /** Ends the session without a word: nobody came again. */
  dispose(): void {
    this.#end(1001, "gone");
  }
}
