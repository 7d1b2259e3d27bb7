import { createRequire } from "node:module";
import type { Progress, PullProgress } from "@twelvehz/codec/node";
import type cliProgress from "cli-progress";
import { formatBytes, formatSeconds } from "./report.ts";

/** Time before a bar appears, s, so that short work shows none. */
const HIDDEN_SECONDS = 0.7;
/** Time over which the rate of a download is measured, s. */
const RATE_SECONDS = 5;

/** A bar on the standard error; nothing where that is no terminal. */
export class TerminalBar {
  readonly #bar: cliProgress.SingleBar | undefined;
  readonly #label: string;
  readonly #began: number = performance.now();
  #shown = false;

  constructor(label: string, format: string) {
    this.#label = label;
    if (!process.stderr.isTTY) return;
    const { SingleBar, Presets } = createRequire(import.meta.url)("cli-progress") as typeof cliProgress; // two dozen files
    const full = `{label} [{bar}] {percentage} % | ${format}`;
    this.#bar = new SingleBar({ format: full, hideCursor: true, stream: process.stderr, clearOnComplete: true }, Presets.shades_classic);
  }

  /** Seconds since the work began. */
  get elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /**
   * The values are shown under their names; `total`, `value`, `percentage` and `eta` are names of
   * the bar itself.
   */
  show(done: number, total: number, values: Readonly<Record<string, string>>): void {
    if (!this.#bar || (!this.#shown && this.elapsed < HIDDEN_SECONDS)) return;
    const payload = { label: this.#label, ...values };
    if (!this.#shown) this.#bar.start(total, done, payload);
    else this.#bar.setTotal(total);
    this.#bar.update(done, payload);
    this.#shown = true;
  }

  /** Takes the bar away. */
  stop(): void {
    if (this.#shown) this.#bar?.stop();
  }
}

/** How far coding is, in seconds of sound. Appears after a moment. */
export class ProgressBar {
  readonly #bar: TerminalBar;

  /** @param label what is being done, such as `encode talk.wav` */
  constructor(label: string) {
    this.#bar = new TerminalBar(label, "{done} of {whole} | {left} left");
  }

  /** Takes the codec's progress. */
  readonly update = ({ doneSeconds, totalSeconds }: Progress): void => {
    const left = (this.#bar.elapsed * (totalSeconds - doneSeconds)) / Math.max(doneSeconds, 1e-9);
    const [done, whole] = [formatSeconds(doneSeconds), formatSeconds(totalSeconds)];
    this.#bar.show(doneSeconds, totalSeconds, { done, whole, left: formatSeconds(left) });
  };

  /** Takes the bar away. */
  stop(): void {
    this.#bar.stop();
  }
}

/**
 * How far a download is, in bytes, with its rate over the last seconds and the time that is left at
 * that rate.
 */
export class DownloadBar {
  readonly #bar: TerminalBar;
  /** When how many bytes had come. */
  #seen: (readonly [seconds: number, bytes: number])[] = [];

  /** @param label what is being done, such as `pull OWNER/NAME` */
  constructor(label: string) {
    this.#bar = new TerminalBar(label, "{done} of {whole} | {rate}/s | {left} left");
  }

  /** Takes the progress of a download. */
  readonly update = ({ doneBytes, totalBytes, downloadedBytes }: PullProgress): void => {
    const rate = this.#rate(downloadedBytes);
    const left = rate > 0 ? formatSeconds((totalBytes - doneBytes) / rate) : "?";
    const values = { done: formatBytes(doneBytes), whole: formatBytes(totalBytes), rate: formatBytes(Math.round(rate)), left };
    this.#bar.show(doneBytes, totalBytes, values);
  };

  /** Takes the bar away. */
  stop(): void {
    this.#bar.stop();
  }

  #rate(bytes: number): number {
    const now = this.#bar.elapsed;
    const last = this.#seen.at(-1);
    if (!last || now - last[0] > 0.1) this.#seen.push([now, bytes]);
    while (this.#seen.length > 2 && now - this.#seen[0]![0] > RATE_SECONDS) this.#seen.shift();
    const [seconds, before] = this.#seen[0]!;
    return now > seconds ? (bytes - before) / (now - seconds) : 0;
  }
}
