import type { Audio } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { waveformPath } from "../pictures/waveform-path.ts";

/** Columns of the picture: more than a phone has, fewer than would be slow to draw. */
const COLUMNS = 800;

/**
 * The waveform of a clip as wide as its place, in the colour of the text around it. Without a clip,
 * an empty place of the same height.
 */
export function Waveform({ audio }: { audio: Audio | undefined }): JSX.Element {
  const path = useMemo(() => waveformPath(audio?.samples ?? new Float32Array(), COLUMNS), [audio]);
  return (
    <svg class="waveform" viewBox={`0 0 ${COLUMNS - 1} 2`} preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2={COLUMNS} y1="1" y2="1" vector-effect="non-scaling-stroke" />
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
