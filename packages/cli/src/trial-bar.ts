import type { EvaluationProgress } from "@twelvehz/eval/node";
import { TerminalBar } from "./progress.ts";
import { formatSeconds } from "./report.ts";

/** How far an evaluation is, in trials: a clip under a condition through a codec. */
export class TrialBar {
  readonly #bar: TerminalBar;

  /** @param label what is being done */
  constructor(label: string) {
    this.#bar = new TerminalBar(label, "{done} of {whole} trials | {left} left");
  }

  /** Takes the evaluation's progress. What a journal had took no time. */
  readonly update = ({ done, total, resumed }: EvaluationProgress): void => {
    const left = (this.#bar.elapsed * (total - done)) / Math.max(done - resumed, 1);
    this.#bar.show(done, total, { done: String(done), whole: String(total), left: formatSeconds(left) });
  };

  /** Takes the bar away. */
  stop(): void {
    this.#bar.stop();
  }
}
