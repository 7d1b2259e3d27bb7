import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { clip, isSourceFolded } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { FileDrop } from "../components/file-drop.tsx";
import { LevelMeter } from "../components/level-meter.tsx";
import { formatTime } from "../format.ts";
import { keepError } from "../keep/follow-session.ts";
import { language, words } from "../words.ts";
import { takeAnyFile } from "./page-drop.tsx";
import { loadScenes, type Scene } from "./scenes.ts";
import { reading, record, recording, sourceError, stopRecording, takeScene } from "./source-state.ts";

const ACCEPT = "audio/*,.wav,.mp3,.flac,.ogg,.opus,.m4a,.aac,.aiff,.webm";

const t = words({
  en: {
    source: "The clip",
    drop: "Drop a sound file",
    choose: "or choose one",
    kinds: "WAV, MP3, FLAC, Ogg, M4A · up to 5 minutes",
    record: "Record",
    stop: "Stop",
    microphone: "Microphone",
    microphoneHint: "Speak, then press stop",
    level: "Level",
    recordingName: "Recording",
    reading: "Reading {name} …",
    chosen: "Clip",
    none: "No clip yet: drop a file, record, or take a scene",
    unfold: "Another clip",
    fold: "Fold",
    scenes: "Scenes",
    file: "This file cannot be read.",
    scene: "This scene cannot be read.",
    microphoneError: "Recording did not work.",
    scenesError: "The scenes cannot be listed.",
    notKept: "Save what you need: a reload will not bring it back, as this browser keeps nothing for the page.",
  },
  zh: {
    source: "音频",
    drop: "拖入音频文件",
    choose: "或选择文件",
    kinds: "WAV、MP3、FLAC、Ogg、M4A，最长 5 分钟",
    record: "录音",
    stop: "停止",
    microphone: "麦克风",
    microphoneHint: "请说话，然后按停止",
    level: "音量",
    recordingName: "录音",
    reading: "正在读取 {name} …",
    chosen: "音频",
    none: "尚无音频：请拖入文件、录音或选择场景",
    unfold: "换一段音频",
    fold: "收起",
    scenes: "场景",
    file: "无法读取此文件。",
    scene: "无法读取此场景。",
    microphoneError: "录音未成功。",
    scenesError: "无法列出场景。",
    notKept: "请保存需要的内容：此浏览器不为本页保留数据，刷新后无法恢复。",
  },
});

const scenes = signal<readonly Scene[]>([]);
const scenesError = signal<unknown>(undefined);

/**
 * Where the clip comes from: a file, the microphone, or one of the scenes; and which clip it is
 * now.
 */
export function SourcePanel(): JSX.Element {
  useEffect(() => {
    loadScenes().then(
      (found) => (scenes.value = found),
      (error: unknown) => (scenesError.value = error),
    );
  }, []);
  const isFolded = isSourceFolded.value;
  return (
    <section class={`source ${isFolded ? "is-folded" : ""}`} aria-label={t("source")}>
      <div class="source-grid" id="source-choice" hidden={isFolded}>
        <FileDrop accept={ACCEPT} onFile={takeAnyFile} disabled={recording.value !== undefined} testId="drop" inputTestId="file-input">
          <strong>{t("drop")}</strong> <span class="link">{t("choose")}</span>
          <small>{t("kinds")}</small>
        </FileDrop>
        <Microphone />
        <SceneCards />
      </div>
      <CurrentClip />
    </section>
  );
}

function Microphone(): JSX.Element {
  const running = recording.value;
  const name = (): string => t("recordingName");
  return (
    <div class={`microphone ${running ? "is-recording" : ""}`}>
      <button
        type="button"
        class="record"
        data-testid="record"
        aria-pressed={running !== undefined}
        onClick={() => void (running ? stopRecording(name) : record(name))}
      >
        <span class="record-mark" aria-hidden="true" />
        {t(running ? "stop" : "record")}
      </button>
      <span class="record-time">{running ? formatTime(running.seconds.value) : t("microphone")}</span>
      <LevelMeter level={running?.level.value ?? 0} label={t("level")} />
    </div>
  );
}

function SceneCards(): JSX.Element {
  return (
    <ul class="scenes" aria-label={t("scenes")}>
      {[0, 1, 2].map((at) => (
        <li key={at}>
          <SceneCard scene={scenes.value[at]} testId={`scene-${at}`} />
        </li>
      ))}
    </ul>
  );
}

/** An empty card of the same size stands until the list of scenes is there. */
function SceneCard({ scene, testId }: { scene: Scene | undefined; testId: string }): JSX.Element {
  const title = scene?.title[language.value] ?? "";
  const isChosen = scene !== undefined && Object.values(scene.title).includes(clip.value?.name ?? "");
  return (
    <button
      type="button"
      class="scene"
      data-testid={testId}
      disabled={!scene || recording.value !== undefined}
      aria-pressed={isChosen}
      onClick={() => scene && void takeScene(scene, title)}
    >
      <strong>{title}</strong>
      <small>{scene?.description[language.value]}</small>
      <span class="scene-time">{scene && formatTime(scene.seconds)}</span>
    </button>
  );
}

function CurrentClip(): JSX.Element {
  const problem = sourceError.value;
  const lead = problem && t(problem.kind === "microphone" ? "microphoneError" : problem.kind);
  return (
    <div class="current-clip">
      <div class="current-clip-row">
        <p aria-live="polite" data-testid="clip">
          <ClipWords />
        </p>
        {(isSourceFolded.value || clip.value) && (
          <button
            type="button"
            class="quiet"
            data-testid="source-fold"
            aria-expanded={!isSourceFolded.value}
            aria-controls="source-choice"
            onClick={() => (isSourceFolded.value = !isSourceFolded.peek())}
          >
            {t(isSourceFolded.value ? "unfold" : "fold")}
          </button>
        )}
      </div>
      <ErrorText error={problem?.error ?? scenesError.value} lead={lead ?? t("scenesError")} />
      <ErrorText error={clip.value && keepError.value} lead={t("notKept")} testId="keep-error" />
    </div>
  );
}

function ClipWords(): JSX.Element {
  if (reading.value !== undefined) return <span>{t("reading", { name: reading.value })}</span>;
  if (recording.value) return <span>{t("microphoneHint")}</span>;
  if (!clip.value) return <span class="hint">{t("none")}</span>;
  const { name, audio, credit } = clip.value;
  return (
    <>
      <span class="label">{t("chosen")}</span> <strong class="clip-name">{name}</strong>{" "}
      <span class="hint">{formatTime(audio.durationSeconds)}</span>
      {credit && (
        <small class="credit" lang="en" title={credit}>
          {credit}
        </small>
      )}
    </>
  );
}
