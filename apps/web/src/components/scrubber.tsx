import { useComputed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { formatTime } from "../format.ts";
import type { Transport } from "../playback/transport.ts";

/**
 * Pictures of a clip with a line where it plays; a click or a drag on them goes there, and so do
 * the arrow keys. Whatever is inside must be as wide as the clip is long.
 * @param props.label name of the clip, for those who do not see the pictures
 */
export function Scrubber(props: { transport: Transport; label: string; children: ComponentChildren; disabled?: boolean }): JSX.Element {
  const { position, duration } = props.transport;
  const style = useComputed(() => `left:${duration.value > 0 ? (100 * position.value) / duration.value : 0}%`);
  const spoken = useComputed(() => `${formatTime(position.value)} / ${formatTime(duration.value)}`);
  return (
    <div class="scrubber">
      {props.children}
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
        onInput={(event) => props.transport.seek(event.currentTarget.valueAsNumber)}
        onKeyDown={(event) => arrowSeek(event, props.transport)}
      />
    </div>
  );
}

/** A range with `step="any"` moves by a hundredth of the clip: seconds are more useful. */
function arrowSeek(event: KeyboardEvent, transport: Transport): void {
  const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
  if (direction === undefined) return;
  event.preventDefault();
  transport.seek(transport.position.peek() + direction * (event.shiftKey ? 10 : 1));
}
