import { type Audio, encodeWav } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { effect } from "@preact/signals";
import { clip, coder } from "../app-state.ts";
import { ClipView } from "../components/clip-view.tsx";
import { DownloadButton } from "../components/download-button.tsx";
import { ErrorText } from "../components/error-text.tsx";
import { Listening } from "../components/listening.tsx";
import { WorkProgress } from "../components/work-progress.tsx";
import { CleanScoresTable } from "../measure/clean-scores.tsx";
import { ScoresExplained } from "../measure/scores-explained.tsx";
import { useTransportKeys } from "../playback/transport-keys.ts";
import { settledClip } from "../source/source-state.ts";
import { words } from "../words.ts";
import { choosePart, followPosition, partKey, show, transport, viewNow } from "./clip-part.ts";
import { FactsCard } from "./facts-card.tsx";
import { PartBar } from "./part-bar.tsx";
import { cancelRoundTrip, cleanScores, roundTrip, scores, startRoundTrip } from "./run-round-trip.ts";

const t = words({
  en: {
    go: "Encode and decode",
    again: "Encode and decode again",
    done: "Done in {n} s",
    cancel: "Cancel",
    encode: "Encoding",
    decode: "Decoding",
    noClip: "Choose a clip first",
    reading: "The clip is being read",
    noModel: "The model is not ready yet",
    failed: "The round trip did not work.",
    original: "Original",
    reconstruction: "Reconstruction",
    noOriginal: "No clip yet",
    noReconstruction: "Press the button",
    download: "Download WAV",
    fileEnd: "reconstruction",
  },
  zh: {
    go: "编码并解码",
    again: "再次编码并解码",
    done: "完成，用时 {n} 秒",
    cancel: "取消",
    encode: "编码中",
    decode: "解码中",
    noClip: "请先选择音频",
    reading: "正在读取音频",
    noModel: "模型尚未就绪",
    failed: "往返处理未成功。",
    original: "原始音频",
    reconstruction: "重建音频",
    noOriginal: "尚无音频",
    noReconstruction: "请按上面的按钮",
    download: "下载 WAV",
    fileEnd: "重建",
  },
});

const parts = { view: viewNow, onChoose: choosePart };

/**
 * One button: the clip to codes and back; original, reconstruction and what it cost side by side.
 */
export function RoundTripTab(): JSX.Element {
  const state = roundTrip.value;
  const original = clip.value?.audio;
  const isUnderWay = state.kind === "working" || state.kind === "done";
  const heard = state.kind === "done" ? state.result.audio : undefined;
  useTracks(original, heard);
  useTransportKeys(transport, { a: "original", b: "reconstruction" }, "roundtrip", partKey);
  return (
    <>
      <Go />
      <Listening
        transport={transport}
        tracks={[
          { name: "original", letter: "A", title: t("original") },
          { name: "reconstruction", letter: "B", title: t("reconstruction") },
        ]}
      />
      <PartBar />
      <div class={`columns ${isUnderWay ? "is-under-way" : ""}`}>
        <section class="column" data-testid="original" aria-labelledby="title-original">
          <h2 id="title-original">{t("original")}</h2>
          <ClipView
            title={t("original")}
            audio={original}
            transport={transport}
            track="original"
            parts={parts}
            placeholder={t("noOriginal")}
            playTestId="play-original"
          />
        </section>
        <section class="column is-reconstruction" data-testid="reconstruction" aria-labelledby="title-reconstruction">
          <h2 id="title-reconstruction">{t("reconstruction")}</h2>
          <ClipView
            title={t("reconstruction")}
            audio={heard}
            transport={transport}
            track="reconstruction"
            parts={parts}
            placeholder={state.kind === "working" ? t(state.step) : t("noReconstruction")}
            playTestId="play-reconstruction"
          >
            <Download audio={heard} />
          </ClipView>
        </section>
        <FactsCard state={state} />
      </div>
      {state.kind === "done" && (
        <div class="explanations">
          {cleanScores.value && <CleanScoresTable scores={cleanScores.value} />}
          <ScoresExplained scores={scores.value} />
        </div>
      )}
    </>
  );
}

/** Lets the transport play what there is; another clip is shown whole, and played once. */
function useTracks(original: Audio | undefined, heard: Audio | undefined): void {
  useEffect(() => {
    show(undefined);
    choosePart(undefined);
    transport.setTrack("original", original);
  }, [original]);
  useEffect(() => effect(followPosition), []);
  useEffect(() => {
    transport.setTrack("reconstruction", heard);
    if (heard) transport.hear("reconstruction"); // what one waits for is what the play button plays
  }, [heard]);
}

function Go(): JSX.Element {
  const state = roundTrip.value;
  const why = !settledClip.value ? t(clip.value ? "reading" : "noClip") : coder.value ? "" : t("noModel");
  if (state.kind === "working")
    return (
      <div class="go-row">
        <button type="button" class="go secondary" data-testid="cancel" onClick={cancelByIntent}>
          {t("cancel")}
        </button>
        <span class="go-step" role="status">
          {t(state.step)}
        </span>
        <WorkProgress key={state.step} value={state.progress} label={t(state.step)} />
      </div>
    );
  return (
    <div class="go-row">
      <button type="button" class="go" data-testid="go" disabled={why !== ""} onClick={() => void startRoundTrip()}>
        {t(state.kind === "done" ? "again" : "go")}
      </button>
      <span class="hint" role="status">
        {state.kind === "done" ? t("done", { n: state.result.facts.workSeconds.toFixed(2) }) : why}
      </span>
      <ErrorText error={state.kind === "failed" ? state.error : undefined} lead={t("failed")} />
    </div>
  );
}

/**
 * The second click of a double click is not meant for the button that has just come up under it.
 */
function cancelByIntent(event: MouseEvent): void {
  if (event.detail < 2) cancelRoundTrip();
}

function Download({ audio }: { audio: Audio | undefined }): JSX.Element {
  const name = `${(clip.value?.name ?? "clip").replace(/\.\w+$/, "")}-${t("fileEnd")}.wav`;
  const bytes = (): BlobPart => (audio ? (encodeWav(audio).bytes as Uint8Array<ArrayBuffer>) : "");
  return (
    <DownloadButton name={name} type="audio/wav" bytes={bytes} disabled={!audio} testId="download">
      {t("download")}
    </DownloadButton>
  );
}
