/** Height of one layer's row, CSS pixels: large enough for a finger. */
export const ROW_HEIGHT = 24;
/** Most CSS pixels for one frame: there a cell has room for its number. */
export const LARGEST_ZOOM = 36;
/** Fewest CSS pixels for one frame at first sight: there a cell can still be hit with a mouse. */
const FIRST_ZOOM = 4;

/** The part of a clip that is in sight. All pixels are CSS pixels. */
export interface GridView {
  /** T, frames of the clip. */
  readonly frames: number;
  /** Width of the window. */
  readonly width: number;
  /** Pixels of one frame; below 1, several frames share a pixel. */
  readonly zoom: number;
  /** Pixels that are hidden to the left of the window. */
  readonly scroll: number;
}

/** Zoom at which the whole clip just fits; at most {@link LARGEST_ZOOM}. */
export function fittingZoom(frames: number, width: number): number {
  return Math.min(LARGEST_ZOOM, width / Math.max(1, frames));
}

/** Zoom at first sight: the whole clip, or the beginning of one that is too long for that. */
export function firstZoom(frames: number, width: number): number {
  return Math.max(fittingZoom(frames, width), FIRST_ZOOM);
}

/** Frame under a pixel of the window, or undefined beyond the clip. */
export function frameAt({ frames, zoom, scroll }: GridView, x: number): number | undefined {
  const frame = Math.floor((x + scroll) / zoom);
  return frame >= 0 && frame < frames ? frame : undefined;
}

/** Layer under a pixel of the picture, or undefined outside. */
export function layerAt(y: number, layers: number): number | undefined {
  const layer = Math.floor(y / ROW_HEIGHT);
  return layer >= 0 && layer < layers ? layer : undefined;
}

/** Left edge of a frame in the window, pixels; a fraction of a frame may be given. */
export function xOfFrame({ zoom, scroll }: GridView, frame: number): number {
  return frame * zoom - scroll;
}

/**
 * The view zoomed by a factor; what is under the pixel `x` stays there where the ends of the clip
 * allow it.
 */
export function zoomed(view: GridView, factor: number, x: number): GridView {
  const zoom = Math.min(LARGEST_ZOOM, Math.max(fittingZoom(view.frames, view.width), view.zoom * factor));
  return scrolled({ ...view, zoom }, ((view.scroll + x) / view.zoom) * zoom - x);
}

/** The view scrolled to a position, kept within the clip. */
export function scrolled(view: GridView, scroll: number): GridView {
  const most = Math.max(0, view.frames * view.zoom - view.width);
  return { ...view, scroll: Math.min(most, Math.max(0, scroll)) };
}

/** The view scrolled as little as shows the frame whole. */
export function scrolledToFrame(view: GridView, frame: number): GridView {
  const left = xOfFrame(view, frame);
  const right = left + view.zoom;
  if (left < 0) return scrolled(view, view.scroll + left);
  return right > view.width ? scrolled(view, view.scroll + right - view.width) : view;
}

/** Whether the left edge of a frame is in the window; a fraction of a frame may be given. */
export function isInSight(view: GridView, frame: number): boolean {
  const x = xOfFrame(view, frame);
  return x >= 0 && x <= view.width;
}

/**
 * The view that begins with a frame, as near as the end of the clip allows; a fraction of a frame
 * may be given.
 */
export function followed(view: GridView, frame: number): GridView {
  return scrolled(view, view.scroll + xOfFrame(view, frame));
}
