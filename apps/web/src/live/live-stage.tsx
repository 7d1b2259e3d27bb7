import { effect } from "@preact/signals";
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { tab } from "../app-state.ts";
import { heightOfHertz } from "../pictures/band-spectrum.ts";
import { isDark } from "../theme.ts";
import { LayerSwitches } from "./layer-switches.tsx";
import { elapsedSeconds, phase, picture, stats } from "./live-state.ts";
import { heardPixel, type LiveCanvases, LiveDrawing } from "./picture/draw-live.ts";
import { t } from "./words.ts";

/** Frequencies at the edge, kHz. */
const MARKS_KILOHERTZ = [1, 4] as const;

/** Whoever wants no motion gets a picture that stands, over which the present sweeps. */
const stillness = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/**
 * Sound in, the codes that run between, sound out: three pictures on one scale of time, as they
 * come. What stands above each other is the same moment, so that the delay is seen.
 */
export function LiveStage(): JSX.Element {
  const [input, codes, output] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)];
  const marker = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!input.current || !codes.current || !output.current || !marker.current) return undefined;
    return keepDrawing({ input: input.current, codes: codes.current, output: output.current }, marker.current);
  }, []);
  return (
    <section class="live-stage" aria-label={t("stage")} data-testid="live-stage">
      <Band name="input" canvas={input} label={t("soundIn")}>
        <Marks />
      </Band>
      <Band name="codes" canvas={codes} label={picture.value ? "" : t("soundCodes")}>
        <LayerSwitches />
      </Band>
      <Band name="output" canvas={output} label={t("soundOut")}>
        <Marks />
        <div ref={marker} class="live-heard" hidden>
          <span>{t("heardNow")}</span>
        </div>
      </Band>
      {!picture.value && <p class="live-empty">{t("empty")}</p>}
    </section>
  );
}

function Band(props: {
  name: string;
  canvas: RefObject<HTMLCanvasElement | null>;
  label: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`live-band is-${props.name}`}>
      <canvas ref={props.canvas} aria-hidden="true" data-testid={`live-${props.name}`} />
      {props.children}
      {props.label && <span class="live-band-label">{props.label}</span>}
    </div>
  );
}

function Marks(): JSX.Element {
  return (
    <>
      {MARKS_KILOHERTZ.map((kilohertz) => (
        <span key={kilohertz} class="hertz" aria-hidden="true" style={{ bottom: `${100 * heightOfHertz(1000 * kilohertz)}%` }}>
          {kilohertz}
          {kilohertz === 4 && " kHz"}
        </span>
      ))}
    </>
  );
}

/** Draws whenever something has changed, and each time the screen is drawn while the loop runs. */
function keepDrawing(canvases: LiveCanvases, marker: HTMLElement): () => void {
  let drawing: LiveDrawing | undefined;
  let frame = 0;
  let framesDrawn = -1;
  const draw = (): void => {
    const shown = picture.peek();
    if (!shown || !drawing) return;
    const sharpness = globalThis.devicePixelRatio || 1;
    const view = drawing.draw(canvases, isDark.peek(), stillness.matches, sharpness);
    const delayMs = phase.peek() === "running" ? stats.peek()?.delayMs : undefined;
    const x = heardPixel(shown, view, delayMs === undefined ? undefined : delayMs / 1000);
    marker.hidden = x === undefined;
    if (x !== undefined) marker.style.transform = `translateX(${x / sharpness}px)`;
  };
  const step = (): void => {
    const [shown, elapsed] = [picture.peek(), elapsedSeconds()];
    if (shown && elapsed !== undefined) shown.readClock(elapsed, performance.now() / 1000);
    if (!stillness.matches || shown?.codes.count !== framesDrawn) draw(); // a picture that stands changes with each frame of codes
    framesDrawn = shown?.codes.count ?? -1;
    frame = requestAnimationFrame(step);
  };
  const stopFollowing = [
    effect(() => {
      drawing = picture.value && new LiveDrawing(picture.value);
    }),
    effect(() => {
      cancelAnimationFrame(frame);
      if (phase.value === "running" && tab.value === "live") step();
      else draw();
    }),
    effect(() => {
      if (isDark.value !== undefined) draw();
    }),
    followSizes(canvases, draw),
  ];
  return () => {
    cancelAnimationFrame(frame);
    for (const stop of stopFollowing) stop();
  };
}

/** Keeps the canvases as large as their places, in pixels of the screen. */
function followSizes(canvases: LiveCanvases, draw: () => void): () => void {
  const observer = new ResizeObserver((entries) => {
    const sharpness = globalThis.devicePixelRatio || 1;
    for (const { target, contentRect } of entries) {
      if (!(target instanceof HTMLCanvasElement)) continue;
      target.width = Math.max(1, Math.round(contentRect.width * sharpness));
      target.height = Math.max(1, Math.round(contentRect.height * sharpness));
    }
    draw();
  });
  for (const canvas of Object.values(canvases) as HTMLCanvasElement[]) observer.observe(canvas);
  return () => observer.disconnect();
}
