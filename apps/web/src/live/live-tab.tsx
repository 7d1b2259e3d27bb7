import "./live.css";
import { CodecError } from "@twelvehz/codec/web";
import { effect } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { coder, model, tab, where } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { LevelMeter } from "../components/level-meter.tsx";
import { firstLayersOf } from "../steps/chosen-layers.ts";
import { layersNow } from "./layer-switches.tsx";
import { LiveFigures } from "./live-figures.tsx";
import { LiveStage } from "./live-stage.tsx";
import { chooseLayers, echoCancellation, failure, type LiveInput, phase, startLive, stats, stopLive } from "./live-state.ts";
import { t } from "./words.ts";

/** Errors that have words of their own; others get general ones. */
const KNOWN = ["no-permission", "not-found", "unsupported", "io", "runtime"] as const;

/**
 * Microphone -> codes -> loudspeaker, to be seen and heard, with its delay and bit rate, by the
 * codec of the place that is chosen. The loop ends when another tab is shown, or another codec taken.
 */
export function LiveTab(): JSX.Element {
  const whole = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      effect(() => {
        if (tab.value !== "live" && phase.peek() !== "stopped") void stopLive();
      }),
    [],
  );
  useEffect(() => coder.subscribe(() => void (phase.peek() !== "stopped" && stopLive())), []); // another place, or another model
  return (
    <div class={`live is-${phase.value}`} ref={whole}>
      <Introduction />
      <div class="live-desk">
        <Buttons />
        <Microphone />
        <Layers />
        <FullScreen whole={whole} />
      </div>
      <ErrorText error={failure.value} lead={t(leadOf(failure.value))} testId="live-error" />
      <LiveStage />
      <LiveFigures stats={stats.value} />
    </div>
  );
}

/** What this is, until it runs: then the picture has the room. */
function Introduction(): JSX.Element {
  const isStopped = phase.value === "stopped";
  return (
    <div class="live-intro">
      <h2 class={isStopped ? "" : "visually-hidden"}>{t("title")}</h2>
      {isStopped && (
        <>
          <p>
            {t(where.value === "server" ? "introServer" : "intro")} <strong>{t("headphones")}</strong>
          </p>
          <EchoSwitch />
        </>
      )}
    </div>
  );
}

function leadOf(error: unknown): (typeof KNOWN)[number] | "ioServer" | "runtimeServer" | "failed" {
  const known = KNOWN.find((code) => error instanceof CodecError && error.code === code) ?? "failed";
  return where.value === "server" && (known === "io" || known === "runtime") ? `${known}Server` : known;
}

function Buttons(): JSX.Element {
  const ready = coder.value;
  const start = (input: LiveInput): void => void (ready && startLive(ready, input));
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
    <>
      <button type="button" class="go" data-testid="live-start" disabled={!ready} onClick={() => start("microphone")}>
        {t("start")}
      </button>
      <button type="button" class="quiet" data-testid="live-start-clip" disabled={!ready} onClick={() => start("clip")}>
        {t("startClip")}
      </button>
    </>
  );
}

/** Its level, or why it cannot be used yet. */
function Microphone(): JSX.Element {
  const peak = phase.value === "running" ? (stats.value?.inputPeak ?? 0) : 0;
  const missing = model.value.kind === "failed" || model.value.kind === "lost" ? "noModel" : "loading";
  return (
    <div class="live-level">
      <span class="label" role="status">
        {t(coder.value ? "level" : missing)}
      </span>
      <LevelMeter level={peak} label={t("level")} testId="live-level" />
    </div>
  );
}

function Layers(): JSX.Element {
  const layers = layersNow();
  const count = layers.filter(Boolean).length;
  return (
    <label class="live-count">
      <span class="label">
        {t("layers")} <output data-testid="live-layers-value">{t("layersValue", { n: count, all: layers.length })}</output>
        <span class="live-count-hint">, {t("layersHint")}</span>
      </span>
      <input
        type="range"
        min={1}
        max={layers.length}
        value={Math.max(1, count)}
        data-testid="live-layers"
        onInput={({ currentTarget }) => void chooseLayers(firstLayersOf(layers.length, currentTarget.valueAsNumber))}
      />
    </label>
  );
}

/** Gives the whole screen to the tab, where the browser can. */
function FullScreen({ whole }: { whole: RefObject<HTMLDivElement | null> }): JSX.Element | null {
  if (!(document as { readonly fullscreenEnabled?: boolean }).fullscreenEnabled) return null;
  const toggle = (): Promise<void> | undefined =>
    document.fullscreenElement ? document.exitFullscreen() : whole.current?.requestFullscreen();
  return (
    <button
      type="button"
      class="quiet icon live-full"
      data-testid="live-full"
      aria-label={t("fullScreen")}
      title={t("fullScreen")}
      onClick={() => void toggle()?.catch(() => undefined)} // refused: the page stays as it is
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M2 2h5v1.5H3.5V7H2zM9 2h5v5h-1.5V3.5H9zM2 9h1.5v3.5H7V14H2zM12.5 9H14v5H9v-1.5h3.5z" />
      </svg>
    </button>
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
        onChange={({ currentTarget }) => (echoCancellation.value = currentTarget.checked)}
      />
      <span>{t("noHeadphones")}</span>
    </label>
  );
}
