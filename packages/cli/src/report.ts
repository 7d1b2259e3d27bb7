/** What a command tells about its work: a small table for people, one line of JSON for programs. */

/**
 * Names and values, in order. Values of the table are shown as they are; JSON gets the raw ones.
 */
export interface Report {
  /** First line of the table. */
  readonly title: string;
  /** Rows of the table. */
  readonly rows: readonly (readonly [name: string, value: string])[];
  /** The same for programs. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where a report goes. */
export interface ReportOptions {
  /** One line of JSON instead of the table. */
  readonly json?: boolean | undefined;
  /** The standard output carries data: the report goes to the standard error. */
  readonly dataOnStdout?: boolean | undefined;
}

/** Prints a report. */
export function printReport(report: Report, { json, dataOnStdout }: ReportOptions): void {
  (dataOnStdout ? process.stderr : process.stdout).write(json ? `${JSON.stringify(report.json)}\n` : formatTable(report));
}

function formatTable({ title, rows }: Report): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${title}\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`).join("")}`;
}

/** Seconds for people: `8.35 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return hours > 0 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(rest)} s`;
}

/** Bytes for people: `2.3 kB`. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return unit === 0 ? `${Math.round(bytes)} bytes` : `${(bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}
