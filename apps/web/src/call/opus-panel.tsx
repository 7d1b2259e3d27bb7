import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { codec } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { Listening } from "../components/listening.tsx";
import { Transport } from "../playback/transport.ts";
import { beside, besideFailure, callPhase, compareWithOpus, drop, isComparing } from "./call-state.ts";
import { t } from "./words.ts";

const transport = new Transport();
const TRACKS = ["original", "own", "opus"] as const;
const LETTERS = { original: "A", own: "B", opus: "C" } as const;

/** The last words by both codecs, at the same rate, over the same losses. */
export function OpusPanel(): JSX.Element {
  const made = beside.value;
  useEffect(() => {
    for (const name of TRACKS) transport.setTrack(name, made?.[name]);
  }, [made]);
  const ready = codec.value;
  const isNothing = besideFailure.value === "nothing";
  return (
    <section class="opus-panel" aria-labelledby="title-opus">
      <h3 id="title-opus">{t("beside")}</h3>
      <p class="hint">{isNothing ? t("besideNothing") : t("besideHint", { n: drop.value })}</p>
      <button
        type="button"
        class="quiet"
        data-testid="call-compare"
        disabled={!ready || callPhase.value !== "running" || isComparing.value}
        aria-busy={isComparing.value}
        onClick={() => ready && void compareWithOpus(ready)}
      >
        {t(isComparing.value ? "besideBusy" : "besideGo")}
      </button>
      <ErrorText error={isNothing ? undefined : besideFailure.value} lead={t("besideFailed")} testId="call-compare-error" />
      {made && (
        <>
          <Listening transport={transport} tracks={TRACKS.map((name) => ({ name, letter: LETTERS[name], title: t(name) }))} />
          <p class="hint" data-testid="call-compared">
            {t("besideDone", { layout: made.layout, n: made.opusKbps.toFixed(1) })}
          </p>
        </>
      )}
    </section>
  );
}
