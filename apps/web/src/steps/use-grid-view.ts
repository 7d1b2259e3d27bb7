import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { firstZoom, fittingZoom, type GridView, scrolled } from "./grid-view.ts";

/** A view, and how to change it. */
export interface GridViewState {
  readonly view: GridView;
  readonly setView: (view: GridView) => void;
}

/**
 * The part of a clip that is in sight in a box: as wide as the box, where the box is scrolled to.
 * @param frames of the clip
 * @param clip with another one, the view begins anew
 */
export function useGridView(frames: number, clip: unknown, box: { readonly current: HTMLElement | null }): GridViewState {
  const state = useSignal({ zoom: 0, scroll: 0, width: 0 }); // a zoom of 0 is the one of first sight
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width > 0) state.value = { ...state.peek(), width: Math.floor(contentRect.width) };
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => void (state.value = { ...state.peek(), zoom: 0, scroll: 0 }), [clip]);
  const { width, scroll } = state.value;
  const zoom = state.value.zoom === 0 ? firstZoom(frames, width) : Math.max(state.value.zoom, fittingZoom(frames, width));
  const view = scrolled({ frames, width, zoom, scroll }, scroll);
  useLayoutEffect(() => {
    if (box.current && Math.abs(box.current.scrollLeft - view.scroll) >= 1) box.current.scrollLeft = view.scroll;
  }, [view.scroll, view.zoom, view.width, frames]);
  const setView = (to: GridView): void => {
    if (to.zoom !== view.zoom || to.scroll !== view.scroll) state.value = { width, zoom: to.zoom, scroll: to.scroll };
  };
  return { view, setView };
}
