import type { JSX } from "preact";
import { words } from "../words.ts";
import type { Scores } from "./scores.ts";

/** Scores that may still be measured, or cannot be. */
export type ScoresState = "measuring" | "failed" | "cancelled" | Scores;

const t = words({
  en: { measuring: "measuring …", failed: "failed", cancelled: "not measured", none: "no value" },
  zh: { measuring: "测量中 …", failed: "失败", cancelled: "未测量", none: "无值" },
});

/** One score, or why it is not there. */
export function ScoreText({ scores, name, digits = 2 }: { scores: ScoresState; name: keyof Scores; digits?: number }): JSX.Element {
  if (typeof scores === "string") return <span class={`score is-${scores}`}>{t(scores)}</span>;
  const value = scores[name];
  return <span class="score">{value === undefined ? t("none") : value.toFixed(digits)}</span>;
}
