/**
 * Numbers as the page writes them: the same in both languages, with a thin space between groups and
 * a point.
 */

/** Minutes and seconds, such as `1:05.3`. */
export function formatTime(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}

/**
 * A number with a fixed count of digits after the point and groups of three before it, such as
 * `12 345.6`.
 */
export function formatNumber(value: number, digits = 0): string {
  const [whole, fraction] = value.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A count of bytes, such as `812 B`, `4.1 kB` or `3.2 MB`; 1 kB = 1000 B. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}\u202fB`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)}\u202fkB` : `${(bytes / 1e6).toFixed(1)}\u202fMB`;
}

/** A rate in kbit/s with two digits, such as `2.20 kbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1000).toFixed(bitsPerSecond < 100_000 ? 2 : 0)}\u202fkbit/s`;
}
