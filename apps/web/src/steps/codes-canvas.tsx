import type { Codes } from "@twelvehz/codec/web";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { drawCodes } from "./draw-codes.ts";
import { chosenFrames, movedTo } from "./grid-cursor.ts";
import { frameAt, type GridView, layerAt, ROW_HEIGHT, xOfFrame } from "./grid-view.ts";
import { chosen, cursor, frameRate } from "./steps-state.ts";
import { t } from "./words.ts";

/** A cell that is pointed at. */
interface Cell {
  readonly frame: number;
  readonly layer: number;
}

/** The codes as colours; what is under the pointer is named, and chosen by a click or a drag. */
export function CodesCanvas({ codes, view }: { codes: Codes; view: GridView }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointed = useSignal<Cell | undefined>(undefined);
  useLayoutEffect(() => {
    if (canvas.current && view.width > 0) drawCodes(canvas.current, codes, view, chosen.value);
  }, [codes, view.scroll, view.width, view.zoom, chosen.value]);
  const cellOf = (event: MouseEvent): Cell | undefined => {
    const [frame, layer] = [frameAt(view, event.offsetX), layerAt(event.offsetY, codes.layers)];
    return frame === undefined || layer === undefined ? undefined : { frame, layer };
  };
  const choose = (cell: Cell | undefined, extend: boolean): void => {
    if (cell) cursor.value = movedTo({ ...cursor.peek(), ...cell }, extend, codes);
  };
  return (
    <div
      class="steps-codes"
      style={`height:${codes.layers * ROW_HEIGHT}px`}
      onPointerDown={(event) => event.pointerType === "mouse" && choose(cellOf(event), event.shiftKey)}
      onPointerUp={(event) => event.pointerType !== "mouse" && choose(cellOf(event), false)}
      onPointerMove={(event) => {
        pointed.value = event.pointerType === "mouse" ? cellOf(event) : undefined;
        if (event.pointerType === "mouse" && event.buttons === 1) choose(pointed.value, true);
      }}
      onPointerLeave={() => (pointed.value = undefined)}
    >
      <canvas ref={canvas} data-testid="codes-canvas" aria-hidden="true" />
      <ChosenFrames view={view} />
      <Tip codes={codes} view={view} cell={pointed.value ?? cursor.value} isPointed={pointed.value !== undefined} />
    </div>
  );
}

/** A frame around what is chosen, and one around the cell of the cursor. */
function ChosenFrames({ view }: { view: GridView }): JSX.Element {
  const { start, end } = chosenFrames(cursor.value);
  const { frame, layer } = cursor.value;
  const width = (frames: number): number => Math.max(2, frames * view.zoom);
  return (
    <>
      <div
        class={`steps-chosen ${end - start > 1 ? "is-many" : ""}`}
        style={`left:${xOfFrame(view, start)}px;width:${width(end - start)}px`}
      />
      <div
        class="steps-cursor"
        style={`left:${xOfFrame(view, frame)}px;width:${width(1)}px;top:${layer * ROW_HEIGHT}px;height:${ROW_HEIGHT}px`}
      />
    </>
  );
}

/**
 * What a cell holds, beside it: of the one that is pointed at, or of the cursor while the picture
 * has the focus.
 */
function Tip({ codes, view, cell, isPointed }: { codes: Codes; view: GridView; cell: Cell; isPointed: boolean }): JSX.Element {
  const x = xOfFrame(view, cell.frame + 1);
  const side = x > view.width / 2 ? `right:${view.width - x + view.zoom + 8}px` : `left:${x + 8}px`;
  return (
    <div
      class={`steps-tip ${isPointed ? "is-pointed" : ""}`}
      style={`${side};top:${cell.layer * ROW_HEIGHT - 4}px`}
      aria-hidden="true"
      data-testid="codes-tip"
    >
      {cellWords(codes, cell)}
    </div>
  );
}

/** What a cell holds, in words. */
export function cellWords(codes: Codes, { frame, layer }: Cell): string {
  return t("cell", { frame, layer, seconds: (frame / frameRate.value).toFixed(2), code: codes.data[frame * codes.layers + layer] ?? "" });
}
