import { DEFAULT_SPEC, framesPerSecond } from "@twelvehz/codec";
import type { JSX } from "preact";
import { Fact, NO_VALUE } from "../components/fact.tsx";
import { formatBitRate, formatBytes, formatNumber } from "../format.ts";
import { ScoresProgress } from "../measure/scores-progress.tsx";
import { ScoreText } from "../measure/score-text.tsx";
import { words } from "../words.ts";
import { cancelScores, measureAgain, type RoundTrip, scores, scoresClock } from "./run-round-trip.ts";

const t = words({
  en: {
    title: "Readings",
    smaller: "times smaller than 16-bit PCM",
    shape: "Codes",
    frames: "Frames",
    duration: "Duration at {rate} Hz",
    bytes: "Token file",
    bitRate: "Bit rate",
    time: "Time",
    speed: "Speed",
    realTime: "{n} × real time",
    pesq: "PESQ-WB, quality to 4.64",
    stoi: "STOI, clarity to 1",
    model: "Model",
    browser: "this browser",
    server: "server",
    seconds: "{n} s",
    measuring: "Measuring",
    cancel: "Cancel",
    measure: "Measure",
  },
  zh: {
    title: "读数",
    smaller: "倍压缩，相对 16 位 PCM",
    shape: "编码",
    frames: "帧数",
    duration: "时长（{rate} Hz）",
    bytes: "编码文件",
    bitRate: "码率",
    time: "用时",
    speed: "速度",
    realTime: "{n} 倍实时",
    pesq: "PESQ-WB，音质，至 4.64",
    stoi: "STOI，可懂度，至 1",
    model: "模型",
    browser: "本浏览器",
    server: "服务器",
    seconds: "{n} 秒",
    measuring: "正在测量",
    cancel: "取消",
    measure: "测量",
  },
});

/**
 * What the round trip cost and how close it came: shape, sizes, times and scores. Every line is
 * there from the start, so nothing moves when the numbers come.
 */
export function FactsCard({ state }: { state: RoundTrip }): JSX.Element {
  const result = state.kind === "done" ? state.result : undefined;
  const facts = result?.facts;
  return (
    <section class="column card" data-testid="card" aria-labelledby="title-card" aria-busy={state.kind === "working"}>
      <h2 id="title-card">{t("title")}</h2>
      <p class="figure">
        <strong data-fact="ratio">{facts ? formatNumber(facts.ratio) : NO_VALUE}</strong> <span>{t("smaller")}</span>
      </p>
      <dl>
        <Fact name="shape" label={t("shape")} value={facts && `[${formatNumber(facts.frames)}, ${facts.layers}]`} />
        <Fact
          name="duration"
          label={t("duration", { rate: facts?.frameRate ?? framesPerSecond(DEFAULT_SPEC) })}
          value={facts && t("seconds", { n: facts.codesSeconds.toFixed(2) })}
        />
        <Fact name="frames" label={t("frames")} value={facts && formatNumber(facts.frames)} />
        <Fact name="bytes" label={t("bytes")} value={facts && formatBytes(facts.bytes)} />
        <Fact name="bit-rate" label={t("bitRate")} value={facts && formatBitRate(facts.bitsPerSecond)} />
        <Fact name="time" label={t("time")} value={facts && t("seconds", { n: facts.workSeconds.toFixed(2) })} />
        <Fact name="speed" label={t("speed")} value={facts && t("realTime", { n: formatNumber(facts.timesRealTime, 1) })} />
        <Fact name="pesq" label={t("pesq")} value={facts && <ScoreText scores={scores.value} name="pesq" />} />
        <Fact name="stoi" label={t("stoi")} value={facts && <ScoreText scores={scores.value} name="stoi" digits={3} />} />
        <Fact name="model" label={t("model")} value={result && `${result.modelName} · ${t(result.where)}`} />
      </dl>
      <Measuring isDone={result !== undefined} />
    </section>
  );
}

/**
 * How far measuring is, which takes a while for long clips, and a way to do without. Keeps its
 * place.
 */
function Measuring({ isDone }: { isDone: boolean }): JSX.Element {
  const now = isDone ? scores.value : undefined;
  return (
    <div class="measuring">
      {now === "measuring" && (
        <>
          <ScoresProgress clock={scoresClock.value} label={t("measuring")} />
          <button type="button" class="quiet" data-testid="scores-cancel" onClick={cancelScores}>
            {t("cancel")}
          </button>
        </>
      )}
      {now === "cancelled" && (
        <button type="button" class="quiet" data-testid="scores-again" onClick={() => void measureAgain()}>
          {t("measure")}
        </button>
      )}
    </div>
  );
}
