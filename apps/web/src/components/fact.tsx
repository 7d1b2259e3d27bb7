import type { ComponentChildren, JSX } from "preact";

/** What stands where there is no value yet. */
export const NO_VALUE = "–";

/**
 * One line of a card of readings, which is a `dl`: what it is, and the value as soon as there is
 * one.
 * @param props.name of the value; class `is-name` of the line
 */
export function Fact(props: { name: string; label: string; value: ComponentChildren; testId?: string }): JSX.Element {
  return (
    <div class={`fact is-${props.name}`}>
      <dt>{props.label}</dt>
      <dd data-fact={props.name} data-testid={props.testId}>
        {props.value ?? NO_VALUE}
      </dd>
    </div>
  );
}
