/** Numbers and tables as the generated figures write them. */

/** With so many digits after the point. */
export const f = (value, digits) => value.toFixed(digits);

/** Spaces between thousands. */
export const spaced = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, " ");

/** A row of a table in Markdown. */
export const line = (cells) => `| ${cells.join(" | ")} |`;

/** The lines of a table, all but the first column aligned as said. */
export function table(head, rows, aligned = "--:") {
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : aligned))), ...rows.map(line)];
}
