import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { clip, coder } from "../app-state.ts";
import { ClipView, PlayButton } from "../components/clip-view.tsx";
import { ErrorText } from "../components/error-text.tsx";
import { Listening } from "../components/listening.tsx";
import { WorkProgress } from "../components/work-progress.tsx";
import { formatBitRate, formatBytes, formatNumber } from "../format.ts";
import { ScoreText } from "../measure/score-text.tsx";
import { useTransportKeys } from "../playback/transport-keys.ts";
import { settledClip } from "../source/source-state.ts";
import { words } from "../words.ts";
import { bitsPerSecondOf, type Contender, type Heard, OPUS_RATES, ratePoints, type Row } from "./contenders.ts";
import { RateChart } from "./rate-chart.tsx";
import {
  chooseOpusRate,
  comparisonError,
  comparisonProgress,
  comparisonTransport,
  isComparing,
  opusRate,
  rows,
  startComparison,
  stopComparison,
} from "./run-comparison.ts";

const t = words({
  en: {
    go: "Compare",
    cancel: "Cancel",
    working: "Comparing",
    opusRate: "Opus at",
    kilobits: "{n} kbit/s",
    noClip: "Choose a clip first",
    reading: "The clip is being read",
    noModel: "The model is not ready yet",
    failed: "The comparison did not work.",
    rowFailed: "failed",
    original: "Original, 16-bit PCM",
    layers: "This codec, {n} layers",
    opus: "Opus {n} kbit/s",
    pcm: "8 kHz PCM, 8 bit",
    shortOriginal: "Original",
    shortLayers: "{n} layers",
    shortOpus: "Opus",
    shortPcm: "8 kHz PCM",
    codec: "Codec",
    size: "Size",
    rate: "Bit rate",
    delay: "Delay",
    delayValue: "{n} ms",
    heard: "Heard now",
    noOriginal: "No clip yet",
    notes: "Sizes are without a container. Delay is by design: frame and look-ahead. PESQ-WB and STOI compare with the original.",
    caption: "The clip through each codec",
  },
  zh: {
    go: "开始对比",
    cancel: "取消",
    working: "对比中",
    opusRate: "Opus 码率",
    kilobits: "{n} kbit/s",
    noClip: "请先选择音频",
    reading: "正在读取音频",
    noModel: "模型尚未就绪",
    failed: "对比未成功。",
    rowFailed: "失败",
    original: "原始音频，16 位 PCM",
    layers: "本编解码器，{n} 层",
    opus: "Opus {n} kbit/s",
    pcm: "8 kHz PCM，8 位",
    shortOriginal: "原始",
    shortLayers: "{n} 层",
    shortOpus: "Opus",
    shortPcm: "8 kHz PCM",
    codec: "编解码器",
    size: "大小",
    rate: "码率",
    delay: "延迟",
    delayValue: "{n} 毫秒",
    heard: "当前收听",
    noOriginal: "尚无音频",
    notes: "大小不含容器。延迟为设计值：帧长加前瞻。PESQ-WB 与 STOI 均与原始音频比较。",
    caption: "同一音频经过各编解码器",
  },
});

const KEYS = { 1: "original", 2: "layers-16", 3: "layers-8", 4: "layers-4", 5: "opus", 6: "pcm" };

/**
 * The clip through this codec with 16, 8 and 4 layers, Opus and 8 kHz PCM: sizes, rates, delays,
 * scores, and all to be heard in step.
 */
export function CompareTab(): JSX.Element {
  const points = useMemo(() => ratePoints(rows.value), [rows.value]);
  useTransportKeys(comparisonTransport, KEYS, "compare");
  return (
    <div class="compare" data-testid="compare" aria-busy={isComparing.value}>
      <Controls />
      <Listening
        transport={comparisonTransport}
        tracks={rows.value.map(({ name, digit, contender }) => ({ name, letter: digit, title: shortTitleOf(contender) }))}
      />
      <div class="compare-columns">
        <div class="comparison">
          <table>
            <caption class="visually-hidden">{t("caption")}</caption>
            <colgroup>
              <col class="is-play" />
              <col />
              <col class="is-number" span={2} />
              <col class="is-score" span={3} />
            </colgroup>
            <thead>
              <tr>
                <th scope="col" colSpan={2}>
                  {t("codec")}
                </th>
                <th scope="col">{t("size")}</th>
                <th scope="col">{t("rate")}</th>
                <th scope="col">PESQ-WB</th>
                <th scope="col">STOI</th>
                <th scope="col">{t("delay")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.value.map((row) => (
                <Line key={row.name} row={row} />
              ))}
            </tbody>
          </table>
          <p class="hint">{t("notes")}</p>
        </div>
        <div class="compare-side">
          <HeardNow />
          <RateChart points={points} />
        </div>
      </div>
    </div>
  );
}

function Controls(): JSX.Element {
  const why = !settledClip.value ? t(clip.value ? "reading" : "noClip") : coder.value ? "" : t("noModel");
  return (
    <div class="go-row">
      {isComparing.value ? (
        <button type="button" class="go secondary" data-testid="compare-cancel" onClick={stopComparison}>
          {t("cancel")}
        </button>
      ) : (
        <button type="button" class="go" data-testid="compare-go" disabled={why !== ""} onClick={() => void startComparison()}>
          {t("go")}
        </button>
      )}
      <label class="opus-rate">
        {t("opusRate")}
        <select data-testid="opus-rate" value={opusRate.value} onChange={(event) => void chooseOpusRate(Number(event.currentTarget.value))}>
          {OPUS_RATES.map((rate) => (
            <option key={rate} value={rate}>
              {t("kilobits", { n: rate / 1000 })}
            </option>
          ))}
        </select>
      </label>
      <span class="hint" role="status">
        {isComparing.value ? t("working") : why}
      </span>
      {isComparing.value && <WorkProgress value={comparisonProgress.value} label={t("working")} />}
      <ErrorText error={comparisonError.value} lead={t("failed")} />
    </div>
  );
}

/** What is heard, to see: it changes with the switch. */
function HeardNow(): JSX.Element {
  const row = rows.value.find(({ name }) => name === comparisonTransport.heard.value) ?? rows.value[0];
  const title = titleOf(row.contender);
  return (
    <section class={row.contender.kind === "layers" ? "is-reconstruction" : ""}>
      <h2>
        <span class="label">{t("heard")}</span> {title}
      </h2>
      <ClipView
        title={title}
        audio={row.state.kind === "done" ? row.state.heard.audio : undefined}
        transport={comparisonTransport}
        track={row.name}
        placeholder={t("noOriginal")}
      />
    </section>
  );
}

function Line({ row: { name, contender, state } }: { row: Row }): JSX.Element {
  const title = titleOf(contender);
  const heard = state.kind === "done" ? state.heard : undefined;
  return (
    <tr data-testid={`row-${name}`} class={comparisonTransport.heard.value === name && heard ? "is-heard" : ""}>
      <td class="play-cell">
        <PlayButton transport={comparisonTransport} track={name} title={title} disabled={!heard} />
      </td>
      <th scope="row">
        {title}
        {state.kind === "failed" && <ErrorText error={state.error} lead={t("rowFailed")} />}
      </th>
      <td data-label={t("size")}>{heard ? formatBytes(heard.byteLength) : "–"}</td>
      <td data-label={t("rate")}>{heard ? formatBitRate(bitsPerSecondOf(heard)) : "–"}</td>
      <td data-label="PESQ-WB">{heard?.scores ? <ScoreText scores={heard.scores} name="pesq" /> : "–"}</td>
      <td data-label="STOI">{heard?.scores ? <ScoreText scores={heard.scores} name="stoi" digits={3} /> : "–"}</td>
      <td data-label={t("delay")}>{delayText(heard)}</td>
    </tr>
  );
}

function delayText(heard: Heard | undefined): string {
  return heard?.delaySeconds === undefined
    ? "–"
    : t("delayValue", { n: formatNumber(1000 * heard.delaySeconds, heard.delaySeconds < 0.01 ? 1 : 0) });
}

function titleOf(contender: Contender): string {
  if (contender.kind === "layers") return t("layers", { n: contender.layers });
  return contender.kind === "opus" ? t("opus", { n: contender.bitsPerSecond / 1000 }) : t(contender.kind);
}

/** For the switch, where there is little room. */
function shortTitleOf(contender: Contender): string {
  if (contender.kind === "layers") return t("shortLayers", { n: contender.layers });
  return t(contender.kind === "original" ? "shortOriginal" : contender.kind === "opus" ? "shortOpus" : "shortPcm");
}
