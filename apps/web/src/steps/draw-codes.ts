import type { Codes } from "@twelvehz/codec";
import type { ChosenLayers } from "./chosen-layers.ts";
import { codeColors } from "../pictures/code-colors.ts";
import { type GridView, ROW_HEIGHT, xOfFrame } from "./grid-view.ts";
import { paintCodes } from "./paint-codes.ts";

/** CSS pixels of a frame from which on there is a line between two. */
const ZOOM_WITH_LINES = 8;
/** CSS pixels of a frame from which on the cells hold their numbers. */
const ZOOM_WITH_NUMBERS = 30;
const NUMBER_FONT = "11px ui-monospace, Menlo, Consolas, monospace";

const colors = codeColors(256);

/**
 * Draws the codes in sight as high as their rows and as sharp as the screen: colours, lines between
 * the cells, and numbers where there is room.
 */
export function drawCodes(canvas: HTMLCanvasElement, codes: Codes, view: GridView, chosen: ChosenLayers): void {
  const sharpness = globalThis.devicePixelRatio || 1;
  const height = codes.layers * ROW_HEIGHT;
  canvas.width = Math.round(view.width * sharpness);
  canvas.height = Math.round(height * sharpness);
  canvas.style.width = `${view.width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  drawColors(context, codes, view, chosen, sharpness);
  context.scale(sharpness, sharpness);
  drawLines(context, codes, view);
  if (view.zoom >= ZOOM_WITH_NUMBERS) drawNumbers(context, codes, view, chosen);
}

/** One pixel for each row, stretched to its height. */
function drawColors(context: CanvasRenderingContext2D, codes: Codes, view: GridView, chosen: ChosenLayers, sharpness: number): void {
  const { width, height } = context.canvas;
  const rows = new OffscreenCanvas(width, codes.layers);
  const inPixels = { frames: view.frames, width, zoom: view.zoom * sharpness, scroll: view.scroll * sharpness };
  rows.getContext("2d")?.putImageData(new ImageData(paintCodes(codes, inPixels, chosen, colors), width), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(rows, 0, 0, width, height);
}

/** Lines are gaps through which the page is seen: right in both themes. */
function drawLines(context: CanvasRenderingContext2D, codes: Codes, view: GridView): void {
  for (let layer = 1; layer < codes.layers; layer++) context.clearRect(0, layer * ROW_HEIGHT - 1, view.width, 1);
  if (view.zoom < ZOOM_WITH_LINES) return;
  for (const frame of framesInSight(view)) context.clearRect(xOfFrame(view, frame + 1) - 1, 0, 1, codes.layers * ROW_HEIGHT);
}

function drawNumbers(context: CanvasRenderingContext2D, codes: Codes, view: GridView, chosen: ChosenLayers): void {
  context.font = NUMBER_FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const frame of framesInSight(view)) {
    codes.frame(frame).forEach((code, layer) => {
      if (!chosen[layer]) return;
      context.fillStyle = code > codes.codebookSize * 0.55 ? "#111" : "#fff";
      context.fillText(String(code), xOfFrame(view, frame) + view.zoom / 2, (layer + 0.5) * ROW_HEIGHT);
    });
  }
}

function framesInSight({ frames, zoom, scroll, width }: GridView): number[] {
  const first = Math.floor(scroll / zoom);
  const count = Math.min(frames, Math.ceil((scroll + width) / zoom)) - first;
  return Array.from({ length: Math.max(0, count) }, (_, i) => first + i);
}
