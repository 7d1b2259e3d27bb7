import type { Progress } from "@twelvehz/codec/node";
import cliProgress from "cli-progress";
import { formatSeconds } from "./report.ts";

/** A progress bar on the standard error; nothing where that is no terminal. Appears after a moment, so that short work shows none. */
export class ProgressBar {
  readonly #bar: cliProgress.SingleBar | undefined;
  readonly #label: string;
  readonly #began: number = performance.now();
  #shown = false;

  /** @param label what is being done, such as `encode talk.wav` */
  constructor(label: string) {
    this.#label = label;
    if (!process.stderr.isTTY) return;
    const format = "{label} [{bar}] {percentage} % | {done} of {total} | {left} left";
    this.#bar = new cliProgress.SingleBar(
      { format, hideCursor: true, stream: process.stderr, clearOnComplete: true },
      cliProgress.Presets.shades_classic,
    );
  }

  /** Takes the codec's progress. */
  readonly update = ({ doneSeconds, totalSeconds }: Progress): void => {
    const elapsed = (performance.now() - this.#began) / 1000;
    if (!this.#bar || (!this.#shown && elapsed < 0.7)) return;
    const payload = {
      label: this.#label,
      done: formatSeconds(doneSeconds),
      total: formatSeconds(totalSeconds),
      left: formatSeconds((elapsed * (totalSeconds - doneSeconds)) / Math.max(doneSeconds, 1e-9)),
    };
    if (!this.#shown) this.#bar.start(totalSeconds, doneSeconds, payload);
    else this.#bar.setTotal(totalSeconds);
    this.#bar.update(doneSeconds, payload);
    this.#shown = true;
  };

  /** Takes the bar away. */
  stop(): void {
    if (this.#shown) this.#bar?.stop();
  }
}
