import "./live.css";
import { CodecError } from "@twelvehz/codec/web";
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { browserModel, codec, tab } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { LevelMeter } from "../components/level-meter.tsx";
import { LiveFigures } from "./live-figures.tsx";
import { chooseLayers, echoCancellation, failure, layers, phase, startLive, stats, stopLive } from "./live-state.ts";
import { t } from "./words.ts";

/** Errors that have words of their own; others get general ones. */
const KNOWN = ["no-permission", "not-found", "unsupported", "io", "runtime"] as const;

/**
 * Microphone -> codes -> loudspeaker, with its delay and bit rate. The loop ends when another tab
 * is shown.
 */
export function LiveTab(): JSX.Element {
  useEffect(
    () =>
      effect(() => {
        if (tab.value !== "live" && phase.peek() !== "stopped") void stopLive();
      }),
    [],
  );
  return (
    <div class="live">
      <div class="live-desk">
        <h2>{t("title")}</h2>
        <p class="live-intro">{t("intro")}</p>
        <p class="live-intro">
          <strong>{t("headphones")}</strong>
        </p>
        <div class="go-row">
          <StartButton />
          <Microphone />
          <ErrorText error={failure.value} lead={t(leadOf(failure.value))} testId="live-error" />
        </div>
        <Layers />
        <EchoSwitch />
      </div>
      <LiveFigures stats={stats.value} />
    </div>
  );
}

function leadOf(error: unknown): (typeof KNOWN)[number] | "failed" {
  return KNOWN.find((code) => error instanceof CodecError && error.code === code) ?? "failed";
}

function StartButton(): JSX.Element {
  const ready = codec.value;
  if (phase.value !== "stopped") {
    return (
      <button
        type="button"
        class="go secondary"
        data-testid="live-stop"
        aria-busy={phase.value === "starting"}
        onClick={() => void stopLive()}
      >
        {t(phase.value === "starting" ? "starting" : "stop")}
      </button>
    );
  }
  return (
    <button type="button" class="go" data-testid="live-start" disabled={!ready} onClick={() => ready && void startLive(ready)}>
      {t("start")}
    </button>
  );
}

/**
 * Its level, or why it cannot be used yet: the loop needs the model in this browser, also where the
 * other tabs use the server.
 */
function Microphone(): JSX.Element {
  const peak = phase.value === "running" ? (stats.value?.inputPeak ?? 0) : 0;
  const missing = browserModel.value.kind === "failed" ? "noModel" : "loading";
  return (
    <div class="live-level">
      <span class="label" role="status">
        {t(codec.value ? "level" : missing)}
      </span>
      <LevelMeter level={peak} label={t("level")} testId="live-level" />
    </div>
  );
}

function Layers(): JSX.Element {
  const all = codec.value?.info.layers ?? 16;
  const count = layers.value ?? all;
  return (
    <label class="live-layers">
      <span>
        {t("layers")} <output data-testid="live-layers-value">{t("layersValue", { n: count, all })}</output>
      </span>
      <input
        type="range"
        min={1}
        max={all}
        value={count}
        data-testid="live-layers"
        onInput={({ currentTarget }) => void chooseLayers(currentTarget.valueAsNumber)}
      />
    </label>
  );
}

function EchoSwitch(): JSX.Element {
  return (
    <label class="live-switch">
      <input
        type="checkbox"
        role="switch"
        data-testid="live-echo"
        checked={echoCancellation.value}
        disabled={phase.value !== "stopped"}
        onChange={({ currentTarget }) => (echoCancellation.value = currentTarget.checked)}
      />
      <span>{t("noHeadphones")}</span>
    </label>
  );
}
