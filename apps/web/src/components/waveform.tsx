import type { Audio } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Part } from "../playback/part.ts";
import { waveformPath } from "../pictures/waveform-path.ts";

/** Columns of the picture: more than a phone has, fewer than would be slow to draw. */
const COLUMNS = 800;

/**
 * The waveform of a clip as wide as its place, in the colour of the text around it. Without a clip,
 * an empty place of the same height.
 * @param props.view the part that is shown; default: all
 */
export function Waveform({ audio, view }: { audio: Audio | undefined; view?: Part | undefined }): JSX.Element {
  const path = useMemo(() => waveformPath(audio ? samplesOf(audio, view) : new Float32Array(), COLUMNS), [audio, view?.start, view?.end]);
  return (
    <svg class="waveform" viewBox={`0 0 ${COLUMNS - 1} 2`} preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2={COLUMNS} y1="1" y2="1" vector-effect="non-scaling-stroke" />
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

function samplesOf({ samples, sampleRate }: Audio, view: Part | undefined): Float32Array {
  return view ? samples.subarray(Math.floor(view.start * sampleRate), Math.ceil(view.end * sampleRate)) : samples;
}
