import type { Audio } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { waveformPath } from "../pictures/waveform-path.ts";
import type { GridView } from "./grid-view.ts";
import { transport } from "./sound-state.ts";
import { frameRate } from "./steps-state.ts";
import { t } from "./words.ts";

/** Least height of the waveforms: what is quieter than this is not blown up. */
const LOWEST_TOP = 0.05;

/** Highest value of a clip, at least {@link LOWEST_TOP}. */
export function peakOf(audio: Audio | undefined): number {
  return audio?.samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), LOWEST_TOP) ?? 1;
}

/**
 * The part of a waveform that is in sight.
 * @param props.top value that reaches the edge, the same for both waveforms: quiet clips are seen
 * as well as loud ones
 */
export function Wave(props: { audio: Audio | undefined; view: GridView; top: number; isCodec?: boolean; testId: string }): JSX.Element {
  const { audio, view, top, isCodec, testId } = props;
  const samplesPerPixel = (audio?.sampleRate ?? 1) / (view.zoom * frameRate.value);
  const path = useMemo(() => {
    if (!audio || view.width === 0) return "";
    const inSight = audio.samples.subarray(
      Math.floor(view.scroll * samplesPerPixel),
      Math.ceil((view.scroll + view.width) * samplesPerPixel),
    );
    return waveformPath(inSight, Math.min(view.width, Math.ceil(inSight.length / samplesPerPixel)));
  }, [audio, view.scroll, view.width, samplesPerPixel]);
  return (
    <div
      class={`steps-wave ${isCodec ? "is-codec" : ""}`}
      onClick={(event) => transport.seek((event.offsetX + view.scroll) / (view.zoom * frameRate.value))}
    >
      <svg
        viewBox={`0 ${1 - top} ${Math.max(1, view.width)} ${2 * top}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        data-testid={testId}
      >
        {audio && <line x1="0" x2={view.width} y1="1" y2="1" vector-effect="non-scaling-stroke" />}
        <path d={path} vector-effect="non-scaling-stroke" />
      </svg>
      {!audio && !isCodec && <span class="steps-none">{t("noOriginal")}</span>}
    </div>
  );
}
