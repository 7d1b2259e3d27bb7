import type { JSX } from "preact";
import { words } from "../words.ts";
import type { ScoresState } from "./score-text.tsx";
import { REFERENCE_CLIPS, type ReferenceScore, referenceScores } from "./reference-scores.ts";

const t = words({
  en: {
    title: "What the scores say",
    reference:
      "Both compare the reconstruction with the original clip as it is, noise and all. Below, where this clip lies between means over {clips} clips of clean speech.",
    pesq: "PESQ-WB · quality, 1 to 4.64",
    stoi: "STOI · clarity, up to 1",
    clip: "This clip",
    layers: "twelvehz, {n} layers",
    opus: "Opus {n} kbit/s",
  },
  zh: {
    title: "分数的含义",
    reference: "两者都把重建音频与原始音频（连同噪声）相比。下图显示本段音频在 {clips} 段干净语音平均值之间的位置。",
    pesq: "PESQ-WB · 音质，1 至 4.64",
    stoi: "STOI · 清晰度，至 1",
    clip: "本段音频",
    layers: "twelvehz，{n} 层",
    opus: "Opus {n} kbit/s",
  },
});

/**
 * The ends of the scales: speech that none of the codecs spoils, and what is no speech any more.
 */
const SCALES = { pesq: { low: 1, high: 4.64, digits: 2 }, stoi: { low: 0.5, high: 1, digits: 3 } } as const;

/** Where the scores of a clip lie between those of this codec and of Opus. */
export function ScoresExplained({ scores }: { scores: ScoresState }): JSX.Element {
  return (
    <section class="explained" aria-labelledby="title-explained" data-testid="explained">
      <h2 id="title-explained">{t("title")}</h2>
      <p class="hint">{t("reference", { clips: REFERENCE_CLIPS })}</p>
      <div class="explained-scales">
        <Scale measure="pesq" own={typeof scores === "string" ? undefined : scores.pesq} />
        <Scale measure="stoi" own={typeof scores === "string" ? undefined : scores.stoi} />
      </div>
    </section>
  );
}

function Scale({ measure, own }: { measure: "pesq" | "stoi"; own: number | undefined }): JSX.Element {
  const { low, high, digits } = SCALES[measure];
  const rows: readonly (ReferenceScore | { readonly kind: "clip"; readonly count: number; readonly score: number | undefined })[] = [
    ...referenceScores(measure),
    { kind: "clip", count: 0, score: own },
  ];
  const byScore = [...rows].sort((a, b) => (b.score ?? low) - (a.score ?? low));
  return (
    <table class="scale" data-testid={`scale-${measure}`}>
      <caption>{t(measure)}</caption>
      <tbody>
        {byScore.map(({ kind, count, score }) => (
          <tr key={`${kind}-${count}`} class={`is-${kind}`}>
            <th scope="row">{t(kind, { n: count })}</th>
            <td class="scale-bar" aria-hidden="true">
              <span style={`width:${(100 * Math.max(0, (score ?? low) - low)) / (high - low)}%`} />
            </td>
            <td class="scale-score">{score === undefined ? "–" : score.toFixed(digits)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
