import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { WorkProgress } from "../components/work-progress.tsx";

/** How far measuring is: the worker says what is left, and until it says more, time goes by. */
export class ScoresClock {
  readonly #began = performance.now();
  readonly #endsAt = signal<number | undefined>(undefined);

  /** @param leftMs work that is left, estimated */
  tell(leftMs: number): void {
    this.#endsAt.value = performance.now() + leftMs;
  }

  /** Part that is done, 0 to less than 1, or undefined before anything is known. */
  get value(): number | undefined {
    const end = this.#endsAt.value;
    return end === undefined ? undefined : Math.min(0.99, (performance.now() - this.#began) / (end - this.#began));
  }
}

/** Between two looks at the clock, milliseconds. */
const LOOK_MS = 500;

/** The bar of a measurement that runs. */
export function ScoresProgress({ clock, label }: { clock: ScoresClock; label: string }): JSX.Element {
  const [, look] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => look((count) => count + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, [clock]);
  return <WorkProgress value={clock.value} label={label} />;
}
