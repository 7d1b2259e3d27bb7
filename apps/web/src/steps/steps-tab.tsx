import "./steps.css";
import { assumedModel, type Codes, serializeCodes } from "@twelvehz/codec/web";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { clip, coder, codes as codesOfClip, isSourceFolded } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { FileDrop } from "../components/file-drop.tsx";
import { WorkProgress } from "../components/work-progress.tsx";
import { formatBytes } from "../format.ts";
import { useTransportKeys } from "../playback/transport-keys.ts";
import { CodePicture } from "./code-picture.tsx";
import { CodeNumbers } from "./code-numbers.tsx";
import { FrameEditor } from "./frame-editor.tsx";
import { Hearing } from "./hearing.tsx";
import { LatestOnly } from "./latest-only.ts";
import { PasteCodes } from "./paste-codes.tsx";
import { decodeError, transport } from "./sound-state.ts";
import { frameRate, history, loadCodes, loadError, origin, present } from "./steps-state.ts";
import { settledClip } from "../source/source-state.ts";
import { t } from "./words.ts";

const TRACKS = { a: "original", b: "codes" };
const encoding = new LatestOnly();

/**
 * Encoding without decoding: the codes seen, heard layer by layer, edited, saved, loaded and
 * pasted.
 */
export function StepsTab(): JSX.Element {
  useTransportKeys(transport, TRACKS, "steps");
  const codes = present.value;
  return (
    <div class="steps">
      <div class="steps-start">
        <div class="steps-from">
          <EncodeClip />
          <LoadCodes />
        </div>
        <PasteCodes />
      </div>
      {codes && (
        <>
          <Facts codes={codes} />
          <Hearing />
          <CodePicture codes={codes} />
          <ErrorText error={decodeError.value} lead={t("decodeFailed")} testId="steps-decode-error" />
          <FrameEditor codes={codes} />
          <CodeNumbers codes={codes} />
        </>
      )}
    </div>
  );
}

function EncodeClip(): JSX.Element {
  const progress = useSignal<number | undefined>(undefined);
  const isRunning = useSignal(false);
  const error = useSignal<unknown>(undefined);
  useEffect(() => () => encoding.cancel(), [clip.value]);
  const encode = async (): Promise<void> => {
    const [chosenClip, running] = [clip.peek(), coder.peek()];
    if (!chosenClip || !running) return;
    isSourceFolded.value = true;
    [isRunning.value, error.value, progress.value] = [true, undefined, undefined];
    await encoding
      .run(async (signal) => {
        const onProgress = (at: { doneSeconds: number; totalSeconds: number }): void =>
          void (progress.value = at.doneSeconds / at.totalSeconds);
        const made = await running.encode(chosenClip.audio, { signal, onProgress });
        if (clip.peek() === chosenClip) codesOfClip.value = made;
      })
      .catch((reason: unknown) => (error.value = reason));
    isRunning.value = false;
  };
  return (
    <div class="steps-encode">
      {isRunning.value ? (
        <button type="button" class="go secondary" data-testid="steps-encode-cancel" onClick={() => encoding.cancel()}>
          {t("cancel")}
        </button>
      ) : (
        <button
          type="button"
          class="go"
          data-testid="steps-encode"
          disabled={!settledClip.value || !coder.value}
          onClick={() => void encode()}
        >
          {t("encode")}
        </button>
      )}
      <p class="hint" role="status">
        {t(isRunning.value ? "encoding" : clip.value ? "ready" : "needClip")}
      </p>
      <div class="steps-progress">{isRunning.value && <WorkProgress value={progress.value} label={t("encoding")} />}</div>
      <ErrorText error={error.value} lead={t("encodeFailed")} testId="steps-encode-error" />
    </div>
  );
}

function LoadCodes(): JSX.Element {
  return (
    <div class="steps-load">
      <FileDrop
        accept=".t12,.npy,.json,.jsonl,.pt"
        onFile={(file) => void loadCodes(file)}
        disabled={!coder.value}
        testId="load-codes-drop"
        inputTestId="load-codes"
      >
        {t("load")}
      </FileDrop>
      <ErrorText error={loadError.value} lead={t("loadFailed")} testId="load-codes-error" />
    </div>
  );
}

function Facts({ codes }: { codes: Codes }): JSX.Element {
  const { kind, name } = origin.value;
  const from = { clip: "fromClip", file: "fromFile", text: "fromText" } as const;
  const assumed = coder.value && assumedModel(codes, coder.value.info);
  const seconds = (codes.frames / frameRate.value).toFixed(2);
  return (
    <p class="steps-facts">
      <strong data-testid="codes-shape">{t("shape", { frames: codes.frames, layers: codes.layers })}</strong>{" "}
      <span>{t("shapeMeaning")}</span>
      {" · "}
      <span>{t("facts", { seconds, bytes: formatBytes(serializeCodes(codes, "t12").length) })}</span>
      {" · "}
      <span data-testid="codes-origin">{t(from[kind], { name })}</span>
      {history.value && history.value.past.length > 0 && <span> *</span>}
      {assumed && (
        <span class={`steps-assumed ${assumed.isDoubtful ? "is-doubtful" : ""}`} role="status" data-testid="assumed-model">
          {t(assumed.isDoubtful ? "doubtful" : "assumed", { name: assumed.name })}
        </span>
      )}
    </p>
  );
}
