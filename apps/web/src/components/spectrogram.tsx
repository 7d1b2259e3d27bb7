import type { Audio } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { isDark } from "../theme.ts";
import { heightOfHertz } from "../pictures/band-spectrum.ts";
import { inkFor } from "../pictures/ink.ts";
import type { SpectrogramPicture } from "../pictures/spectrogram-picture.ts";
import type { SpectrogramRequest } from "../pictures/spectrogram-worker.ts";
import { callWorker } from "../workers/call-worker.ts";

const ROWS = 128;
const COLUMNS = 720;
/** Frequencies at the edge, kHz. */
const MARKS_KILOHERTZ = [0.5, 1, 2, 4, 8] as const;

/**
 * The spectrogram of a clip, 0 to 12 kHz on a mel scale, as wide as its place; it is computed in a
 * worker. Without a clip, an empty place of the same height.
 */
export function Spectrogram({ audio }: { audio: Audio | undefined }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = usePicture(audio);
  const dark = isDark.value;
  useEffect(() => {
    if (canvas.current) draw(canvas.current, picture, dark);
  }, [picture, dark]);
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
const pictures = new WeakMap<Audio, Promise<SpectrogramPicture>>();

function usePicture(audio: Audio | undefined): SpectrogramPicture | undefined {
  const [picture, setPicture] = useState<SpectrogramPicture>();
  useEffect(() => {
    let isWanted = true;
    setPicture(undefined);
    if (audio) pictureOf(audio).then((computed) => isWanted && setPicture(computed), ignoreMissingPicture);
    return () => {
      isWanted = false;
    };
  }, [audio]);
  return picture;
}

/** It is only a picture: the page works without it. */
function ignoreMissingPicture(): void {}

function pictureOf(audio: Audio): Promise<SpectrogramPicture> {
  const { samples, sampleRate } = audio;
  const picture =
    pictures.get(audio) ??
    callWorker<SpectrogramRequest, SpectrogramPicture>(openWorker, { samples, sampleRate, rows: ROWS, columns: COLUMNS });
  pictures.set(audio, picture);
  return picture;
}

function openWorker(): Worker {
  return new Worker(new URL("../pictures/spectrogram-worker.ts", import.meta.url), { type: "module" });
}

function draw(canvas: HTMLCanvasElement, picture: SpectrogramPicture | undefined, dark: boolean): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!picture) return;
  const ink = inkFor(dark);
  const image = context.createImageData(picture.columns, picture.rows);
  picture.levels.forEach((level, i) => image.data.set(ink.subarray(4 * level, 4 * level + 4), 4 * i));
  context.putImageData(image, 0, 0);
}
