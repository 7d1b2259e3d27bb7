import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { words } from "../words.ts";
import { Progress } from "./progress.tsx";

const t = words({
  en: { left: "{n} s left", leftMinutes: "{n} min left" },
  zh: { left: "剩余 {n} 秒", leftMinutes: "剩余 {n} 分钟" },
});

/** Before that, the pace is not known, seconds. */
const LEAST_SECONDS = 1.5;

/**
 * How far some work is: a bar, percent, and the time that is left. It begins when it is first
 * shown; another piece of work wants another `key`.
 * @param props.value 0 to 1, or undefined while it is not known
 * @param props.label what is being done, for those who do not see the bar
 */
export function WorkProgress({ value, label }: { value: number | undefined; label: string }): JSX.Element {
  const began = useRef(performance.now());
  const left = value === undefined ? undefined : secondsLeft(value, (performance.now() - began.current) / 1000);
  return (
    <span class="work-progress">
      <Progress value={value} label={label} />
      <span class="percent">{value === undefined ? "" : `${Math.floor(100 * value)} %`}</span>
      <span class="hint time-left">{left === undefined ? "" : leftText(left)}</span>
    </span>
  );
}

/**
 * Time until the work is done, at the pace it has had, or undefined while that is not known.
 * @param value part that is done, 0 to 1
 */
export function secondsLeft(value: number, elapsedSeconds: number): number | undefined {
  return value <= 0 || elapsedSeconds < LEAST_SECONDS ? undefined : (elapsedSeconds / value) * (1 - value);
}

function leftText(seconds: number): string {
  return seconds < 90 ? t("left", { n: Math.ceil(seconds) }) : t("leftMinutes", { n: Math.ceil(seconds / 60) });
}
