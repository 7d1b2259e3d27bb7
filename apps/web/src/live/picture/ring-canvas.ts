import type { RollingColumns } from "./rolling-columns.ts";
import type { Strip } from "./live-view.ts";

/** Columns that roll, painted once each: drawing them is copying. */
export class RingCanvas {
  readonly #columns: RollingColumns;
  readonly #canvas: OffscreenCanvas;
  #painted = 0;
  #isDark: boolean | undefined;

  constructor(columns: RollingColumns) {
    this.#columns = columns;
    this.#canvas = new OffscreenCanvas(columns.capacity, columns.rows);
  }

  /** Paints what is new; all of it when the theme has changed. */
  update(isDark: boolean): void {
    const { count, capacity, rows } = this.#columns;
    if (isDark !== this.#isDark) this.#painted = 0;
    this.#isDark = isDark;
    const context = this.#canvas.getContext("2d");
    for (let from = Math.max(this.#painted, count - capacity); from < count; ) {
      const to = Math.min(count, endOfTurn(from, capacity));
      context?.putImageData(new ImageData(this.#columns.paint(from, to, isDark), to - from, rows), from % capacity, 0);
      from = to;
    }
    this.#painted = count;
  }

  /**
   * Draws columns.
   * @param columnPixels width of a column
   * @param height of the picture, pixels
   */
  draw(context: CanvasRenderingContext2D, { from, to, x }: Strip, columnPixels: number, height: number): void {
    const { capacity, rows } = this.#columns;
    for (let first = from; first < to; ) {
      const end = Math.min(to, endOfTurn(first, capacity));
      const place = [x + (first - from) * columnPixels, 0, (end - first) * columnPixels, height] as const;
      context.drawImage(this.#canvas, first % capacity, 0, end - first, rows, ...place);
      first = end;
    }
  }
}

/** Where the ring begins again after a column. */
function endOfTurn(column: number, capacity: number): number {
  return (Math.floor(column / capacity) + 1) * capacity;
}
