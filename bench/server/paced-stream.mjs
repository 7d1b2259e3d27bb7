/**
 * One stream that sends at the pace at which its sound is spoken, measures when each message is
 * worked on, and compares every bit of what comes.
 */
import { WebSocket } from "ws";
import { pause } from "./serving.mjs";

/** One WebSocket of the protocol `twelvehz.v1` that sends a clip again and again. */
export class PacedStream {
  /** Milliseconds from when a message was due to its acknowledgement, with when it was due. */
  times = [];
  /** Longest time between two acknowledgements, ms. */
  longestGapMs = 0;
  /** Clips that came back with other bits than they should have. */
  wrongClips = 0;
  clips = 0;
  /** Close code, once it is closed. */
  closeCode;
  #socket;
  #part;
  #framesPerMessage;
  #frameMs;
  #isExact;
  /** What may be sent beyond the acknowledgements, ms of sound: who sends more is cut off. */
  #windowMs = 0;
  /** When each message was due, in the order of the acknowledgements; undefined for `flush`. */
  #due = [];
  #acked = 0;
  #lastAckMs;
  #output = [];
  #wake = () => undefined;

  /**
   * @param clip of {@link loadClip}
   * @throws Error with the code of what the server refused
   */
  static async open(url, kind, clip, framesPerMessage = 1) {
    const stream = new PacedStream();
    stream.#part = clip[kind];
    stream.#frameMs = clip.frameMs;
    stream.#isExact = clip.isExact;
    stream.#framesPerMessage = framesPerMessage;
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream/${kind}`, ["twelvehz.v1"]);
    stream.#socket = socket;
    await new Promise((resolve, reject) => {
      socket.on("open", () => socket.send('{"type":"start"}'));
      socket.on("message", (data, binary) => {
        const message = binary ? undefined : JSON.parse(data.toString());
        if (message?.type === "ready") {
          stream.#windowMs = 1000 * message.windowSeconds;
          resolve();
        } else if (message?.type === "error") reject(Object.assign(new Error(message.message), { code: message.code }));
        else stream.#take(data, message);
      });
      socket.on("error", reject);
      socket.on("close", (code) => {
        stream.closeCode = code;
        stream.#wake();
      });
    });
    return stream;
  }

  /** Milliseconds of sound in a message. */
  get messageMs() {
    return this.#framesPerMessage * this.#frameMs;
  }

  /** Sends from a moment on until another, and on to the end of the clip; ends when all is worked on. */
  async run(beginMs, endMs) {
    const { input, frameBytes } = this.#part;
    const bytes = frameBytes * this.#framesPerMessage;
    let due = beginMs;
    while (due < endMs && this.closeCode === undefined) {
      for (let at = 0; at < input.length; at += bytes) {
        await pause(Math.max(0, due - performance.now()));
        await this.#until(() => (this.#due.length - this.#acked) * this.messageMs < this.#windowMs);
        this.#send(input.subarray(at, at + bytes), due);
        due += this.messageMs;
      }
      this.#send('{"type":"flush"}', undefined);
    }
    await this.#until(() => this.#acked === this.#due.length);
    this.#lastAckMs = undefined;
  }

  async #until(condition) {
    while (!condition() && this.closeCode === undefined) await new Promise((resolve) => (this.#wake = resolve));
  }

  /** Ends it; its session too. */
  close() {
    this.#socket.close(1000);
  }

  #send(content, due) {
    this.#due.push(due);
    this.#socket.send(content);
  }

  #take(data, message) {
    if (!message) return void this.#output.push(data);
    if (message.type === "done") this.#compare();
    if (message.type === "ack") this.#acknowledge(message.received);
  }

  #acknowledge(received) {
    const now = performance.now();
    if (this.#lastAckMs !== undefined) this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastAckMs);
    this.#lastAckMs = now;
    for (; this.#acked < received; this.#acked++) {
      const due = this.#due[this.#acked];
      if (due !== undefined) this.times.push({ due, ms: now - due });
      this.#due[this.#acked] = undefined;
    }
    this.#wake();
  }

  #compare() {
    const output = Buffer.concat(this.#output.splice(0));
    const wanted = this.#part.output;
    this.clips++;
    if (this.#isExact ? !output.equals(wanted) : output.length !== wanted.length) this.wrongClips++;
  }
}

/** The value below which a share of the values lies. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * Runs streams side by side, their messages spread over the time of one.
 * @param streams open {@link PacedStream}s
 * @returns figures of the messages that were due `skipSeconds` after the beginning or later
 */
export async function runTogether(streams, seconds, skipSeconds = 0) {
  const began = performance.now();
  const end = began + (skipSeconds + seconds) * 1000;
  await Promise.all(streams.map((stream, i) => stream.run(began + (i * stream.messageMs) / streams.length, end)));
  return figuresOf(streams, began + skipSeconds * 1000);
}

/** What the streams' messages took that were due from a moment on. */
export function figuresOf(streams, fromMs, untilMs = Infinity) {
  const times = streams.flatMap(({ times, messageMs }) =>
    times.filter(({ due }) => due >= fromMs && due < untilMs).map(({ ms }) => ({ ms, late: ms > messageMs })),
  );
  const all = times.map(({ ms }) => ms);
  return {
    messages: all.length,
    p50Ms: quantile(all, 0.5),
    p99Ms: quantile(all, 0.99),
    maxMs: all.reduce((a, b) => Math.max(a, b), 0),
    misses: times.filter(({ late }) => late).length,
    closed: streams.filter(({ closeCode }) => closeCode !== undefined).length,
    clips: streams.reduce((sum, { clips }) => sum + clips, 0),
    wrongClips: streams.reduce((sum, { wrongClips }) => sum + wrongClips, 0),
  };
}
