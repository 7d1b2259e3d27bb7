import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { formatTime } from "../format.ts";
import { lengthOf, type Part } from "../playback/part.ts";
import type { Transport } from "../playback/transport.ts";
import { type PartChoice, partHandlers } from "./part-handlers.ts";

/**
 * Pictures of a clip with a line where it plays; a click goes there, and so do the arrow keys; a
 * drag goes along, or, where parts can be chosen, chooses one. Whatever is inside must be as wide as
 * what is shown of the clip is long.
 * @param props.label name of the clip, for those who do not see the pictures
 */
export function Scrubber(props: {
  transport: Transport;
  label: string;
  children: ComponentChildren;
  disabled?: boolean;
  parts?: PartChoice | undefined;
}): JSX.Element {
  const { transport, parts } = props;
  const { position, duration } = transport;
  const view = (): Part => parts?.view.value ?? { start: 0, end: duration.value };
  const draft = useSignal<Part | undefined>(undefined);
  const style = useComputed(() => `left:${percentOf(position.value, view())}%`);
  const spoken = useComputed(() => `${formatTime(position.value)} / ${formatTime(duration.value)}`);
  const chosen = draft.value ?? transport.loop.value;
  const handlers = parts && !props.disabled ? partHandlers({ transport, parts, draft }) : {};
  return (
    <div class={`scrubber ${parts ? "has-parts" : ""}`} {...handlers}>
      {props.children}
      {parts && chosen && <ChosenPart part={chosen} view={view()} />}
      <div class="playhead" style={style} hidden={props.disabled} />
      <input
        type="range"
        min={0}
        max={duration}
        step="any"
        value={position}
        disabled={props.disabled}
        aria-label={props.label}
        aria-valuetext={spoken}
        onInput={(event) => transport.seek(event.currentTarget.valueAsNumber)}
        onKeyDown={(event) => arrowSeek(event, transport)}
      />
    </div>
  );
}

/** What is not chosen is dimmed. */
function ChosenPart({ part, view }: { part: Part; view: Part }): JSX.Element {
  const [left, right] = [percentOf(part.start, view), percentOf(part.end, view)];
  return <div class="chosen-part" data-testid="chosen-part" style={`left:${left}%;width:${right - left}%`} />;
}

function percentOf(seconds: number, view: Part): number {
  return lengthOf(view) > 0 ? (100 * (seconds - view.start)) / lengthOf(view) : 0;
}

/** A range with `step="any"` moves by a hundredth of the clip: seconds are more useful. */
function arrowSeek(event: KeyboardEvent, transport: Transport): void {
  const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
  if (direction === undefined) return;
  event.preventDefault();
  transport.seek(transport.position.peek() + direction * (event.shiftKey ? 10 : 1));
}
