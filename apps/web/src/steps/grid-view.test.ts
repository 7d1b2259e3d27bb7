import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  firstZoom,
  fittingZoom,
  followed,
  frameAt,
  type GridView,
  isInSight,
  LARGEST_ZOOM,
  layerAt,
  ROW_HEIGHT,
  scrolled,
  scrolledToFrame,
  xOfFrame,
  zoomed,
} from "./grid-view.ts";

/** The longest clip that the page takes: 300 s at 12.5 frames/s. */
const FIVE_MINUTES = 3750;
const view: GridView = { frames: FIVE_MINUTES, width: 330, zoom: 4, scroll: 800 };

describe("the view of a clip", () => {
  it("finds the frame whose left edge is at a pixel", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: FIVE_MINUTES - 1 }), (frame) => {
        expect(frameAt(view, xOfFrame(view, frame) + 1)).toBe(frame);
      }),
    );
  });

  it("finds nothing beyond the clip", () => {
    expect(frameAt({ ...view, frames: 10, scroll: 0 }, 41)).toBeUndefined();
    expect(frameAt({ ...view, scroll: 0 }, -1)).toBeUndefined();
    expect(layerAt(16 * ROW_HEIGHT, 16)).toBeUndefined();
    expect(layerAt(16 * ROW_HEIGHT - 1, 16)).toBe(15);
  });

  it("shows a short clip whole and the beginning of a long one", () => {
    expect(firstZoom(40, 1000) * 40).toBe(1000);
    expect(firstZoom(FIVE_MINUTES, 1000) * FIVE_MINUTES).toBeGreaterThan(1000);
    expect(firstZoom(1, 1000)).toBe(LARGEST_ZOOM);
  });

  it("keeps what is under the pointer when it zooms", () => {
    const closer = zoomed(view, 2, 100);
    expect(frameAt(closer, 100)).toBe(frameAt(view, 100));
    expect(closer.zoom).toBe(8);
  });

  it("never zooms out further than the whole clip, nor in further than a readable number", () => {
    expect(zoomed(view, 1e-6, 0).zoom).toBe(fittingZoom(FIVE_MINUTES, view.width));
    expect(zoomed(view, 1e6, 0).zoom).toBe(LARGEST_ZOOM);
  });

  it("stays within the clip", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (scroll) => {
        const moved = scrolled(view, scroll);
        expect(moved.scroll).toBeGreaterThanOrEqual(0);
        expect(moved.scroll).toBeLessThanOrEqual(FIVE_MINUTES * view.zoom - view.width);
      }),
    );
  });

  it("scrolls as little as shows a frame", () => {
    expect(scrolledToFrame(view, 210)).toBe(view);
    expect(xOfFrame(scrolledToFrame(view, 100), 100)).toBe(0);
    expect(xOfFrame(scrolledToFrame(view, 1000), 1001)).toBe(view.width);
  });

  it("turns the page to where playing has left it", () => {
    expect(isInSight(view, 210)).toBe(true);
    for (const frame of [10, 300]) {
      expect(isInSight(view, frame)).toBe(false);
      expect(xOfFrame(followed(view, frame), frame)).toBe(0);
    }
    expect(isInSight(followed(view, FIVE_MINUTES - 1), FIVE_MINUTES - 1)).toBe(true);
  });
});
