import type { JSX } from "preact";
import { words } from "../words.ts";
import type { CleanScores } from "./scores.ts";

const t = words({
  en: {
    title: "Against the voice without the noise",
    help: "The codec keeps speech and drops much of what is around it. Measured against the noisy clip that costs points; measured against the clean voice it is what it is for.",
    measure: "Compared with the clean voice",
    noisy: "Original, noisy",
    heard: "Reconstruction",
    pesq: "PESQ-WB",
    stoi: "STOI",
    noise: "Noise in the pauses",
    decibels: "{n} dB",
  },
  zh: {
    title: "与无噪声的人声相比",
    help: "编解码器保留语音，去掉周围的许多声音。与含噪音频相比会失分；与干净人声相比，这正是它的作用。",
    measure: "与干净人声相比",
    noisy: "原始音频（含噪）",
    heard: "重建音频",
    pesq: "PESQ-WB",
    stoi: "STOI",
    noise: "停顿中的噪声",
    decibels: "{n} dB",
  },
});

/** What the codec made of the noise, where the voice is known without it. */
export function CleanScoresTable({ scores: { noisy, heard } }: { scores: CleanScores }): JSX.Element {
  const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "–";
  const level = (value: number | undefined): string => (value === undefined ? "–" : t("decibels", { n: Math.round(value) }));
  return (
    <section class="explained" aria-labelledby="title-clean" data-testid="clean-scores">
      <h2 id="title-clean">{t("title")}</h2>
      <p class="hint">{t("help")}</p>
      <table class="clean-scores">
        <thead>
          <tr>
            <th scope="col">{t("measure")}</th>
            <th scope="col">{t("noisy")}</th>
            <th scope="col">{t("heard")}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t("pesq")}</th>
            <td>{number(noisy.pesq, 2)}</td>
            <td>{number(heard.pesq, 2)}</td>
          </tr>
          <tr>
            <th scope="row">{t("stoi")}</th>
            <td>{number(noisy.stoi, 3)}</td>
            <td>{number(heard.stoi, 3)}</td>
          </tr>
          <tr>
            <th scope="row">{t("noise")}</th>
            <td>{level(noisy.pauseDb)}</td>
            <td>{level(heard.pauseDb)}</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}
