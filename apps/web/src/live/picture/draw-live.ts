import { COLUMNS_PER_FRAME, type LivePicture } from "./live-picture.ts";
import { type LiveView, pixelOf, stripsOf } from "./live-view.ts";
import { RingCanvas } from "./ring-canvas.ts";
import type { RollingColumns } from "./rolling-columns.ts";

/** How long a new column of codes takes to come up, columns: 0.16 s. */
const FADE_COLUMNS = 16;

/** The three pictures of the live tab. */
export interface LiveCanvases {
  readonly input: HTMLCanvasElement;
  readonly codes: HTMLCanvasElement;
  readonly output: HTMLCanvasElement;
}

/** Draws a live picture again and again; what was painted stays painted. */
export class LiveDrawing {
  readonly #picture: LivePicture;
  readonly #input: RingCanvas;
  readonly #codes: RingCanvas;
  readonly #output: RingCanvas;

  constructor(picture: LivePicture) {
    this.#picture = picture;
    this.#input = new RingCanvas(picture.input);
    this.#codes = new RingCanvas(picture.codes);
    this.#output = new RingCanvas(picture.output);
  }

  /**
   * Draws all three as they are now. The canvases have the size of their places, in pixels of the
   * screen.
   * @param sharpness pixels of the screen in one of CSS
   * @returns where things stand
   */
  draw(canvases: LiveCanvases, isDark: boolean, sweeps: boolean, sharpness: number): LiveView {
    const view = viewOf(this.#picture, canvases.codes.width, sweeps, sharpness);
    for (const ring of [this.#input, this.#codes, this.#output]) ring.update(isDark);
    drawRow(canvases.input, this.#picture.input, this.#input, view, 1);
    drawRow(canvases.output, this.#picture.output, this.#output, view, 1);
    drawRow(canvases.codes, this.#picture.codes, this.#codes, view, COLUMNS_PER_FRAME);
    drawGaps(canvases.codes, this.#picture, view, Math.max(1, Math.round(sharpness)));
    return view;
  }
}

/** Where things stand now. */
function viewOf(picture: LivePicture, width: number, sweeps: boolean, sharpness: number): LiveView {
  const columnPixels = Math.max(2, Math.round(sharpness));
  return { width, columnPixels, columnsPerFrame: COLUMNS_PER_FRAME, now: picture.now, sweeps };
}

function drawRow(canvas: HTMLCanvasElement, columns: RollingColumns, ring: RingCanvas, view: LiveView, columnsPerUnit: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = columnsPerUnit === 1; // a mean of codes would be no code
  for (const strip of stripsOf(view, columns, columnsPerUnit)) ring.draw(context, strip, columnsPerUnit * view.columnPixels, canvas.height);
}

/**
 * Gaps between the cells, through which the page is seen: right in both themes. Frames that have
 * just come are still faint.
 */
function drawGaps(canvas: HTMLCanvasElement, { codes, now }: LivePicture, view: LiveView, gap: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  for (let layer = 1; layer < codes.rows; layer++)
    context.clearRect(0, Math.round((layer * canvas.height) / codes.rows) - gap, canvas.width, gap);
  const framePixels = COLUMNS_PER_FRAME * view.columnPixels;
  context.globalCompositeOperation = "destination-out";
  for (const { from, to, x } of stripsOf(view, codes, COLUMNS_PER_FRAME))
    for (let frame = from; frame < to; frame++) {
      const left = x + (frame - from) * framePixels;
      context.clearRect(left + framePixels - gap, 0, gap, canvas.height);
      const age = now - (frame + 2) * COLUMNS_PER_FRAME; // a frame comes about one frame after its end
      if (view.sweeps || age >= FADE_COLUMNS) continue;
      context.fillStyle = `rgb(0 0 0 / ${Math.min(0.85, 1 - age / FADE_COLUMNS)})`;
      context.fillRect(left, 0, framePixels, canvas.height);
    }
  context.globalCompositeOperation = "source-over";
}

/** Where the sound stands that is heard now, pixels from the left; undefined while none is. */
export function heardPixel(picture: LivePicture, view: LiveView, delaySeconds: number | undefined): number | undefined {
  if (delaySeconds === undefined) return undefined;
  const column = view.now - picture.columnsOf(delaySeconds) + picture.edgeColumns;
  return column < 0 ? undefined : Math.round(pixelOf(view, column));
}
