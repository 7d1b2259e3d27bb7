import type { Audio } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Part } from "../playback/part.ts";
import { isDark } from "../theme.ts";
import { heightOfHertz } from "../pictures/band-spectrum.ts";
import { inkFor } from "../pictures/ink.ts";
import type { SpectrogramPicture } from "../pictures/spectrogram-picture.ts";
import type { SpectrogramRequest } from "../pictures/spectrogram-worker.ts";
import { callWorker } from "../workers/call-worker.ts";

const ROWS = 128;
/** Columns of a clip that is shown whole, and pixels of the picture. */
const COLUMNS = 720;
/** Columns of a second where one looks closely, and the most of a clip: 80 s at that. */
const COLUMNS_PER_SECOND = 200;
const MOST_COLUMNS = 16_000;
/** Frequencies at the edge, kHz. */
const MARKS_KILOHERTZ = [0.5, 1, 2, 4, 8] as const;

/**
 * The spectrogram of a clip, 0 to 12 kHz on a mel scale, as wide as its place; it is computed in a
 * worker. Without a clip, an empty place of the same height.
 * @param props.view the part that is shown; default: all
 */
export function Spectrogram({ audio, view }: { audio: Audio | undefined; view?: Part | undefined }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = usePicture(audio, view !== undefined);
  const dark = isDark.value;
  const painted = useMemo(() => picture && paintedPicture(picture, dark), [picture, dark]);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, painted, view && audio && partOf(view, audio));
  }, [painted, view?.start, view?.end]);
  return (
    <div class="spectrogram" aria-hidden="true">
      <canvas ref={canvas} width={COLUMNS} height={ROWS} />
      {MARKS_KILOHERTZ.map((kilohertz) => (
        <span key={kilohertz} class="hertz" style={{ bottom: `${100 * heightOfHertz(1000 * kilohertz)}%` }}>
          {kilohertz}
          {kilohertz === 8 && " kHz"}
        </span>
      ))}
    </div>
  );
}

/**
 * Pictures that were computed: one that is shown again, as in a switch between clips, is there at
 * once.
 */
const pictures = new WeakMap<Audio, { readonly columns: number; readonly picture: Promise<SpectrogramPicture> }>();

function usePicture(audio: Audio | undefined, closely: boolean): SpectrogramPicture | undefined {
  const [picture, setPicture] = useState<SpectrogramPicture>();
  useEffect(() => {
    let isWanted = true;
    setPicture(undefined);
    if (audio) pictureOf(audio, closely).then((computed) => isWanted && setPicture(computed), ignoreMissingPicture);
    return () => {
      isWanted = false;
    };
  }, [audio]);
  return picture;
}

/** It is only a picture: the page works without it. */
function ignoreMissingPicture(): void {}

function pictureOf(audio: Audio, closely: boolean): Promise<SpectrogramPicture> {
  const columns = closely ? Math.min(MOST_COLUMNS, Math.max(COLUMNS, Math.ceil(COLUMNS_PER_SECOND * audio.durationSeconds))) : COLUMNS;
  const known = pictures.get(audio);
  if (known && known.columns >= columns) return known.picture;
  const { samples, sampleRate } = audio;
  const picture = callWorker<SpectrogramRequest, SpectrogramPicture>(openWorker, { samples, sampleRate, rows: ROWS, columns });
  pictures.set(audio, { columns, picture });
  return picture;
}

function openWorker(): Worker {
  return new Worker(new URL("../pictures/spectrogram-worker.ts", import.meta.url), { type: "module" });
}

/** A part of a clip, as parts of its length. */
function partOf({ start, end }: Part, { durationSeconds }: Audio): Part {
  return { start: start / durationSeconds, end: end / durationSeconds };
}

/** The whole picture in the ink of the theme. */
function paintedPicture({ levels, columns, rows }: SpectrogramPicture, dark: boolean): OffscreenCanvas {
  const canvas = new OffscreenCanvas(columns, rows);
  const ink = inkFor(dark);
  const image = new ImageData(columns, rows);
  levels.forEach((level, i) => image.data.set(ink.subarray(4 * level, 4 * level + 4), 4 * i));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

function draw(canvas: HTMLCanvasElement, painted: OffscreenCanvas | undefined, { start, end }: Part = { start: 0, end: 1 }): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!painted) return;
  context.imageSmoothingQuality = "high";
  context.drawImage(painted, start * painted.width, 0, (end - start) * painted.width, ROWS, 0, 0, canvas.width, canvas.height);
}
