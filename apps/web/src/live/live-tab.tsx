import "./live.css";
import { effect } from "@preact/signals";
import { CodecError } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { codec, tab } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { formatBitRate } from "../format.ts";
import type { LiveStats } from "./live-loop.ts";
import { chooseLayers, echoCancellation, failure, layers, phase, startLive, stats, stopLive } from "./live-state.ts";
import { t } from "./words.ts";

const NOTHING = "–";
/** Errors that have words of their own; others get general ones. */
const KNOWN = ["no-permission", "not-found", "unsupported", "io", "runtime"] as const;

/** Microphone -> codes -> loudspeaker, with its delay and bit rate. The loop ends when another tab is shown. */
export function LiveTab(): JSX.Element {
  useEffect(
    () =>
      effect(() => {
        if (tab.value !== "live" && phase.peek() !== "stopped") void stopLive();
      }),
    [],
  );
  return (
    <article class="live">
      <h2>{t("title")}</h2>
      <p>{t("intro")}</p>
      <p class="live-hint">
        <strong>{t("headphones")}</strong>
      </p>
      <EchoSwitch />
      <div class="live-controls">
        <StartButton />
        <Level />
      </div>
      <ErrorText error={failure.value} lead={t(leadOf(failure.value))} testId="live-error" />
      <Layers />
      <Figures stats={stats.value} />
    </article>
  );
}

function leadOf(error: unknown): (typeof KNOWN)[number] | "failed" {
  return KNOWN.find((code) => error instanceof CodecError && error.code === code) ?? "failed";
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

function StartButton(): JSX.Element {
  const ready = codec.value;
  if (phase.value !== "stopped") {
    return (
      <button
        type="button"
        class="live-button secondary"
        data-testid="live-stop"
        aria-busy={phase.value === "starting"}
        onClick={() => void stopLive()}
      >
        {t(phase.value === "starting" ? "starting" : "stop")}
      </button>
    );
  }
  return (
    <button
      type="button"
      class="live-button"
      data-testid="live-start"
      disabled={!ready}
      title={ready ? undefined : t("loading")}
      onClick={() => ready && void startLive(ready)}
    >
      {t("start")}
    </button>
  );
}

function Level(): JSX.Element {
  const peak = phase.value === "running" ? (stats.value?.inputPeak ?? 0) : 0;
  return (
    <label class="live-level">
      <span>{t("level")}</span>
      <meter min={0} max={1} low={0.02} high={0.98} optimum={0.5} value={Math.sqrt(peak)} data-testid="live-level" />
    </label>
  );
}

function Layers(): JSX.Element {
  const all = codec.value?.info.layers ?? 16;
  const count = layers.value ?? all;
  return (
    <label class="live-layers">
      <span>
        {t("layers")}: <output data-testid="live-layers-value">{t("layersValue", { n: count, all })}</output>
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

function Figures({ stats: now }: { stats: LiveStats | undefined }): JSX.Element {
  const ms = (value: number | undefined): string => (value === undefined ? NOTHING : t("milliseconds", { n: Math.round(value) }));
  const rest = now?.delayMs === undefined ? undefined : now.delayMs - now.lookAheadMs - now.deviceMs - (now.workMs ?? 0);
  const leftOut = now && now.droppedMs > 0 ? t("leftOut", { ms: Math.round(now.droppedMs) }) : undefined;
  return (
    <dl class="live-figures" data-testid="live-figures">
      <Figure name={t("delay")} value={ms(now?.delayMs)} testId="live-delay" isMain />
      <Figure
        name={t("bitRate")}
        value={now?.bitsPerSecond === undefined ? NOTHING : formatBitRate(now.bitsPerSecond)}
        testId="live-bit-rate"
        isMain
      />
      <Figure name={t("dropouts")} value={now ? String(now.underruns) : NOTHING} note={leftOut} testId="live-dropouts" isMain />
      <Figure name={t("lookAhead")} value={ms(now?.lookAheadMs)} testId="live-look-ahead" />
      <Figure name={t("work")} value={ms(now?.workMs)} testId="live-work" />
      <Figure name={t("rest")} value={ms(rest)} testId="live-buffers" />
      <Figure name={t("device")} value={ms(now?.deviceMs)} testId="live-device" />
    </dl>
  );
}

function Figure(props: { name: string; value: string; note?: string | undefined; testId: string; isMain?: boolean }): JSX.Element {
  return (
    <div class={props.isMain ? "live-figure live-figure-main" : "live-figure"}>
      <dt>{props.name}</dt>
      <dd data-testid={props.testId}>
        {props.value}
        {props.note && <small> {props.note}</small>}
      </dd>
    </div>
  );
}
