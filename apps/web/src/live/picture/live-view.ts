/**
 * Where the columns of the live picture stand. Columns are counted from the first captured sound;
 * pixels are those of the screen, and whole, so that columns neither blur nor jump.
 */
export interface LiveView {
  /** Pixels of the picture. */
  readonly width: number;
  /** Pixels of a column, whole. */
  readonly columnPixels: number;
  /** Columns of the longest unit, a frame: pages begin with one. */
  readonly columnsPerFrame: number;
  /** The present, in columns, with its fraction. */
  readonly now: number;
  /**
   * Whether the picture stands still, and the present sweeps over it from left to right, page after
   * page; else the picture rolls to the left, and the present is its right edge.
   */
  readonly sweeps: boolean;
}

/** A run of units that stand side by side. */
export interface Strip {
  /** First unit. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  /** Left edge of the first, pixels. */
  readonly x: number;
}

/** How many frames of what was there before are blank before the present that sweeps. */
const GAP_FRAMES = 1;

/** Columns of a page of a picture that is swept. */
function columnsOfPage({ width, columnPixels, columnsPerFrame }: LiveView): number {
  return columnsPerFrame * Math.max(1, Math.floor(width / columnPixels / columnsPerFrame));
}

/** Left edge of a column, pixels. */
export function pixelOf(view: LiveView, column: number): number {
  if (!view.sweeps) return view.width - Math.round(view.now * view.columnPixels) + column * view.columnPixels;
  return (column % columnsOfPage(view)) * view.columnPixels;
}

/**
 * What is in sight of a row of units.
 * @param units how many there were so far, and how many of the newest are kept
 * @param columnsPerUnit columns of a unit: 1, or those of a frame
 */
export function stripsOf(view: LiveView, units: { readonly count: number; readonly capacity: number }, columnsPerUnit: number): Strip[] {
  const oldest = Math.max(0, units.count - units.capacity);
  const strip = (from: number, to: number): Strip[] => {
    const first = Math.max(oldest, from);
    const end = Math.min(units.count, to);
    return end > first ? [{ from: first, to: end, x: pixelOf(view, first * columnsPerUnit) }] : [];
  };
  if (!view.sweeps) {
    const first = Math.floor((view.now - view.width / view.columnPixels) / columnsPerUnit);
    return strip(first, units.count);
  }
  const page = columnsOfPage(view) / columnsPerUnit;
  const present = Math.ceil(view.now / view.columnsPerFrame + GAP_FRAMES) * (view.columnsPerFrame / columnsPerUnit);
  const begin = Math.floor(view.now / columnsOfPage(view)) * page;
  return [...strip(present - page, begin), ...strip(begin, begin + page)];
}
