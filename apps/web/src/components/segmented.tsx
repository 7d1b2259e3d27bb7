import type { JSX } from "preact";

/** One choice of a {@link Segmented}. */
export interface Segment<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Whether it cannot be taken now. */
  readonly isDisabled?: boolean;
}

/**
 * A few choices side by side, one of them taken: radio buttons that look like a switch.
 * @param props.label what is chosen, read out before the choices
 */
export function Segmented<Value extends string>(props: {
  name: string;
  label: string;
  segments: readonly Segment<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  testId?: string;
}): JSX.Element {
  return (
    <div class="segmented" role="radiogroup" aria-label={props.label} data-testid={props.testId}>
      {props.segments.map(({ value, label, isDisabled = false }) => (
        <label key={value}>
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={value === props.value}
            disabled={isDisabled}
            onChange={() => props.onChange(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </div>
  );
}
