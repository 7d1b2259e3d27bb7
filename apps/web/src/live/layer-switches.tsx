import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { coder } from "../app-state.ts";
import { type ChosenLayers, firstLayersOf } from "../steps/chosen-layers.ts";
import { chooseLayers, chosenLayers } from "./live-state.ts";
import { t } from "./words.ts";

/** Layers of the model until it is loaded. */
const USUAL_LAYERS = 16;

/** A mouse that is held down: where it began, what it turns layers to, and whether it has left that layer. */
interface Stroke {
  readonly layer: number;
  readonly on: boolean;
  hasMoved: boolean;
  isDown: boolean;
}

/** The layers that are decoded. */
export function layersNow(): ChosenLayers {
  const all = coder.value?.info.layers ?? USUAL_LAYERS;
  return chosenLayers.value ?? firstLayersOf(all, all);
}

/**
 * A switch for each layer, as wide as the picture of the codes: a touch or a click turns a layer
 * off and on, a mouse that is drawn over several turns them all; up and down move between them.
 */
export function LayerSwitches(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const stroke = useRef<Stroke | undefined>(undefined);
  const layers = layersNow();
  const turn = (layer: number, on: boolean): void => void chooseLayers(layersNow().map((was, k) => (k === layer ? on : was)));
  const draw = (layer: number): void => {
    const now = stroke.current;
    if (!now?.isDown || (layer === now.layer && !now.hasMoved)) return;
    now.hasMoved = true;
    for (const each of [now.layer, layer]) turn(each, now.on);
  };
  const lift = (): void => void (stroke.current && (stroke.current.isDown = false));
  const click = (event: MouseEvent, layer: number, on: boolean): void => {
    const wasDrawn = event.detail > 0 && stroke.current?.hasMoved;
    stroke.current = undefined;
    if (!wasDrawn) turn(layer, !on);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(box.current?.children ?? [])] as HTMLElement[];
    const at = buttons.indexOf(event.target as HTMLElement);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, to))].focus();
  };
  return (
    <div
      ref={box}
      class="live-layers"
      role="toolbar"
      aria-label={t("layerSwitches")}
      aria-orientation="vertical"
      onKeyDown={onKeyDown}
      onPointerUp={lift}
      onPointerLeave={lift}
    >
      {layers.map((on, layer) => (
        <button
          key={layer}
          type="button"
          class="live-layer"
          data-testid={`live-layer-${layer}`}
          aria-pressed={on}
          aria-label={t("layer", { layer })}
          tabIndex={layer === 0 ? 0 : -1}
          onPointerDown={({ pointerType }) =>
            (stroke.current = pointerType === "mouse" ? { layer, on: !on, hasMoved: false, isDown: true } : undefined)
          }
          onPointerEnter={() => draw(layer)}
          onClick={(event) => click(event, layer, on)}
        >
          <span>{layer}</span>
        </button>
      ))}
    </div>
  );
}
