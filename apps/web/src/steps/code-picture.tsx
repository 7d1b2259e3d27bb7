import type { Codes } from "@twelvehz/codec/web";
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { withLayerToggled } from "./chosen-layers.ts";
import { codeColors } from "../pictures/code-colors.ts";
import { cellWords, CodesCanvas } from "./codes-canvas.tsx";
import { CODE_FIELD } from "./frame-editor.tsx";
import { chosenFrames, movedByKey } from "./grid-cursor.ts";
import { fittingZoom, followed, type GridView, isInSight, LARGEST_ZOOM, scrolled, scrolledToFrame, xOfFrame, zoomed } from "./grid-view.ts";
import { heard, transport } from "./sound-state.ts";
import { chooseLayers, chosen, cursor, deleteChosen, frameRate, origin, original, redo, undo } from "./steps-state.ts";
import { timeTicks } from "./time-ticks.ts";
import { type GridViewState, useGridView } from "./use-grid-view.ts";
import { peakOf, Wave } from "./wave.tsx";
import { t } from "./words.ts";

/** Factor of one step of zooming. */
const ZOOM_STEP = 1.6;

/** How many colours the legend is made of. */
const LEGEND = 9;

/**
 * Waveforms and codes over one time axis. It scrolls and zooms; a click on a waveform plays from
 * there, a click on a cell chooses it, a click on the number of a layer turns it on or off.
 */
export function CodePicture({ codes }: { codes: Codes }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const { view, setView } = useGridView(codes.frames, origin.value, box);
  const reference = original.value ?? heard.value;
  const top = useMemo(() => peakOf(reference), [reference]);
  return (
    <div class="steps-picture">
      <div class="steps-zoom">
        <Colors most={codes.codebookSize - 1} />
        <ZoomButtons view={view} setView={setView} />
      </div>
      <div class="steps-grid">
        <Labels />
        <div
          class="steps-scroll"
          ref={box}
          tabIndex={0}
          role="application"
          aria-label={t("picture")}
          aria-describedby="steps-keys steps-cell"
          data-testid="codes-picture"
          onScroll={(event) => setView(scrolled(view, event.currentTarget.scrollLeft))}
          onKeyDown={(event) => onKey(event, codes, view, setView)}
        >
          <div class="steps-spacer" style={`width:${Math.max(1, codes.frames * view.zoom)}px`}>
            <div class="steps-window" style={`width:${view.width}px`}>
              <TimeAxis view={view} />
              <Wave audio={original.value} view={view} top={top} testId="wave-original" />
              <Wave audio={heard.value} view={view} top={top} isCodec testId="wave-codes" />
              <CodesCanvas codes={codes} view={view} />
              <Playhead view={view} setView={setView} />
            </div>
          </div>
        </div>
      </div>
      <p id="steps-keys" class="visually-hidden">
        {t("pictureKeys")}
      </p>
      <CellText codes={codes} />
    </div>
  );
}

function ZoomButtons({ view, setView }: GridViewState): JSX.Element {
  const fit = fittingZoom(view.frames, view.width);
  const step = (factor: number) => () => setView(zoomed(view, factor, view.width / 2));
  return (
    <>
      <button
        type="button"
        class="quiet"
        data-testid="zoom-out"
        aria-label={t("zoomOut")}
        disabled={view.zoom <= fit}
        onClick={step(1 / ZOOM_STEP)}
      >
        −
      </button>
      <button
        type="button"
        class="quiet"
        data-testid="zoom-in"
        aria-label={t("zoomIn")}
        disabled={view.zoom >= LARGEST_ZOOM}
        onClick={step(ZOOM_STEP)}
      >
        +
      </button>
      <button type="button" class="quiet" data-testid="zoom-all" disabled={view.zoom <= fit} onClick={step(0)}>
        {t("zoomAll")}
      </button>
    </>
  );
}

/** Which colour stands for which code. */
function Colors({ most }: { most: number }): JSX.Element {
  const colors = codeColors(LEGEND);
  const stops = Array.from({ length: LEGEND }, (_, i) => `rgb(${colors.subarray(3 * i, 3 * i + 3).join(" ")})`);
  return (
    <p class="steps-colors">
      {t("lowest")} 0 <span style={`background:linear-gradient(90deg, ${stops.join()})`} /> {most}
    </p>
  );
}

/** Names of the rows; those of the layers turn them on and off. */
function Labels(): JSX.Element {
  return (
    <div class="steps-labels">
      <span class="steps-axis-label">s</span>
      <span class="steps-wave-label">{t("original")}</span>
      <span class="steps-wave-label is-codec">{t("codes")}</span>
      {chosen.value.map((on, layer) => (
        <button
          key={layer}
          type="button"
          class="steps-layer"
          aria-pressed={on}
          aria-label={t("toggleLayer", { layer })}
          data-testid={`layer-toggle-${layer}`}
          onClick={() => chooseLayers(withLayerToggled(chosen.peek(), layer))}
        >
          {layer}
        </button>
      ))}
    </div>
  );
}

function TimeAxis({ view }: { view: GridView }): JSX.Element {
  const rate = frameRate.value;
  return (
    <div class="steps-axis" aria-hidden="true">
      {timeTicks(view.zoom * rate, view.scroll, view.width, view.frames / rate).map(({ seconds, x }) => (
        <span key={seconds} style={`left:${x}px`}>
          {seconds}
        </span>
      ))}
    </div>
  );
}

/** The place of the cursor in words, read out when it moves. */
function CellText({ codes }: { codes: Codes }): JSX.Element {
  const { start, end } = chosenFrames(cursor.value);
  return (
    <p id="steps-cell" class="steps-cell" role="status" data-testid="codes-cursor">
      {cellWords(codes, cursor.value)}
      {end - start > 1 && ` · ${t("chosenMany", { count: end - start })}`}
    </p>
  );
}

/**
 * A line where it plays. The view follows it out of sight, unless the user has scrolled away from
 * it.
 */
function Playhead({ view, setView }: GridViewState): JSX.Element {
  const rate = frameRate.value;
  const style = useComputed(() => {
    const x = xOfFrame(view, transport.position.value * rate);
    return `transform:translateX(${x}px);visibility:${x >= 0 && x <= view.width ? "visible" : "hidden"}`;
  });
  useEffect(() => {
    let wasInSight = isInSight(view, transport.position.peek() * rate);
    return transport.position.subscribe((seconds) => {
      const leaves = wasInSight && !isInSight(view, seconds * rate);
      wasInSight = isInSight(view, seconds * rate);
      if (leaves && transport.isPlaying.peek()) setView(followed(view, seconds * rate));
    });
  }, [view.scroll, view.zoom, view.width, view.frames]);
  return <div class="steps-playhead" style={style} />;
}

function onKey(event: KeyboardEvent, codes: Codes, view: GridView, setView: (view: GridView) => void): void {
  const action = keyAction(event, codes);
  if (!action) return;
  event.preventDefault();
  action();
  setView(scrolledToFrame(view, cursor.peek().frame));
}

function keyAction(event: KeyboardEvent, codes: Codes): (() => void) | undefined {
  const leap = Math.round(frameRate.peek());
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== "z") return undefined;
    return event.shiftKey ? redo : undo;
  }
  if (event.key === "Enter") return editCode;
  if (event.key === "Delete") return deleteChosen;
  if (event.key.toLowerCase() === "t") return () => chooseLayers(withLayerToggled(chosen.peek(), cursor.peek().layer));
  const moved = movedByKey(cursor.peek(), event.key, event.shiftKey, { frames: codes.frames, layers: codes.layers, leap });
  return moved && (() => (cursor.value = moved));
}

/** Leads to the field with the code; what is typed replaces it. */
function editCode(): void {
  const field = document.getElementById(CODE_FIELD);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}
