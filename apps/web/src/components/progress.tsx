import type { JSX } from "preact";

/**
 * A thin bar that says how far some work is.
 * @param props.value 0 to 1, or undefined while it is not known
 * @param props.label what is being done, for those who do not see the bar
 */
export function Progress({ value, label }: { value: number | undefined; label: string }): JSX.Element {
  return <progress class="progress" aria-label={label} max={1} {...(value === undefined ? {} : { value })} />;
}
