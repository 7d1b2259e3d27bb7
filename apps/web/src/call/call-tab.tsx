import "./call.css";
import { CodecError } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { browserModel, codec } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { LevelMeter } from "../components/level-meter.tsx";
import { Segmented } from "../components/segmented.tsx";
import { CallFigures } from "./call-figures.tsx";
import {
  callFailure,
  callPhase,
  chooseDrop,
  drop,
  forgetRoom,
  hangUp,
  isMuted,
  microphoneFailure,
  mute,
  rate,
  RATES,
  roomInAddress,
  roomLink,
  startCall,
  view,
} from "./call-state.ts";
import { OpusPanel } from "./opus-panel.tsx";
import { RoomLink } from "./room-link.tsx";
import { t } from "./words.ts";

/** Why there is no microphone, as far as it has words of its own. */
const MICROPHONE = ["no-permission", "not-found", "io", "unsupported"] as const;

/** What the button does, by what the address names. */
const START = { none: "open", known: "join", bad: "newRoom" } as const;

/** A call from page to page. It goes on while another tab is shown. */
export function CallTab(): JSX.Element {
  const isRunning = callPhase.value === "running";
  return (
    <div class="call">
      <div class="call-desk">
        <h2>{t("title")}</h2>
        <p class="call-intro">{t("intro")}</p>
        {!isRunning && (
          <p class="call-intro">
            <strong>{t("headphones")}</strong>
          </p>
        )}
        <div class="go-row">
          <StartButton />
          <State />
        </div>
        <Troubles />
        <ErrorText error={callFailure.value} lead={t("failed")} testId="call-error" />
        {isRunning ? <Running /> : <RateChoice />}
      </div>
      <CallFigures view={view.value} />
    </div>
  );
}

function StartButton(): JSX.Element {
  const ready = codec.value;
  const { kind } = roomInAddress();
  if (callPhase.value !== "none") {
    return (
      <button
        type="button"
        class="go secondary"
        data-testid="call-hang-up"
        aria-busy={callPhase.value === "starting"}
        onClick={() => void hangUp()}
      >
        {t(callPhase.value === "starting" ? "starting" : "hangUp")}
      </button>
    );
  }
  return (
    <button
      type="button"
      class="go"
      data-testid="call-start"
      disabled={!ready}
      onClick={() => {
        if (kind === "bad") forgetRoom();
        if (ready) void startCall(ready);
      }}
    >
      {t(START[kind])}
    </button>
  );
}

/** What the call is waiting for, or that it runs; before it, what is missing. */
function State(): JSX.Element {
  const missing = browserModel.value.kind === "failed" ? "noModel" : "loading";
  const now = callPhase.value === "running" ? t(view.value?.phase ?? "entering") : codec.value ? "" : t(missing);
  const text = now === "" && roomInAddress().kind === "bad" ? t("badLink") : now;
  return (
    <p
      class="call-state"
      role="status"
      data-testid="call-state"
      data-phase={callPhase.value === "running" ? (view.value?.phase ?? "entering") : "none"}
    >
      {text}
    </p>
  );
}

/** What is wrong while the call goes on: a sentence for each. */
function Troubles(): JSX.Element {
  const failure = microphoneFailure.value;
  const isRunning = callPhase.value === "running";
  const said = isRunning ? (view.value?.troubles ?? []) : [];
  const why = MICROPHONE.find((code) => failure instanceof CodecError && failure.code === code);
  return (
    <ul class="call-troubles" role="alert" data-testid="call-troubles">
      {said.map((trouble) => (
        <li key={trouble}>{t(trouble === "no-microphone" ? (why ?? trouble) : trouble)}</li>
      ))}
    </ul>
  );
}

function RateChoice(): JSX.Element {
  return (
    <div class="call-rate">
      <span class="label">{t("rate")}</span>
      <Segmented
        name="call-rate"
        label={t("rate")}
        segments={RATES.map((value) => ({ value, label: t("kbps", { n: value }) }))}
        value={rate.value}
        onChange={(value) => (rate.value = value)}
        testId="call-rate"
      />
    </div>
  );
}

function Running(): JSX.Element {
  return (
    <>
      <div class="call-levels">
        <Level name="ownLevel" peak={view.value?.ownPeak ?? 0} />
        <Level name="otherLevel" peak={view.value?.otherPeak ?? 0} />
      </div>
      <label class="live-switch">
        <input
          type="checkbox"
          role="switch"
          data-testid="call-mute"
          checked={isMuted.value}
          onChange={({ currentTarget }) => mute(currentTarget.checked)}
        />
        <span>{t("mute")}</span>
      </label>
      <label class="call-drop">
        <span>
          <output data-testid="call-drop-value">{t("drop", { n: drop.value })}</output> <small>{t("dropHint")}</small>
        </span>
        <input
          type="range"
          min={0}
          max={50}
          step={5}
          value={drop.value}
          data-testid="call-drop"
          onInput={({ currentTarget }) => chooseDrop(currentTarget.valueAsNumber)}
        />
      </label>
      {roomLink.value !== undefined && <RoomLink link={roomLink.value} />}
      <OpusPanel />
    </>
  );
}

function Level({ name, peak }: { name: "ownLevel" | "otherLevel"; peak: number }): JSX.Element {
  return (
    <div class="live-level">
      <span class="label">{t(name)}</span>
      <LevelMeter level={peak} label={t(name)} testId={`call-${name}`} />
    </div>
  );
}
