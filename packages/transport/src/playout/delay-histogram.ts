/**
 * Packets among which the fastest is looked for: 40 s at 12.5 a second, within which clocks that
 * differ by 100 ppm drift apart by 4 ms.
 */
const PACKETS = 500;
/** Packets whose delays are counted: sixteen seconds, so that an uneasy time is soon forgotten. */
const COUNTED = 200;
const BIN_MS = 10;
const BINS = 300;

/**
 * By how much packets are later than the fastest of late. Times are those of arrival less those at
 * which the sender had the sound, on two clocks that need not agree: only differences count. After
 * NetEQ of WebRTC, which keeps a histogram of the same kind.
 */
export class DelayHistogram {
  readonly #delays = new Float64Array(PACKETS);
  #count = 0;
  #base = 0;
  readonly #bins = new Uint16Array(BINS);

  /** @param delayMs arrival less origin, ms */
  add(delayMs: number): void {
    const place = this.#count % PACKETS;
    const leaving = this.#count >= PACKETS ? this.#delays[place] : undefined;
    this.#delays[place] = delayMs;
    this.#count++;
    if (this.#count === 1 || delayMs < this.#base || leaving === this.#base) return this.#countAll();
    if (this.#count > COUNTED) this.#bins[this.#binOf(this.#back(COUNTED))]--;
    this.#bins[this.#binOf(delayMs)]++;
  }

  /** Delay of the fastest packet, ms; 0 before the first. */
  get baseMs(): number {
    return this.#base;
  }

  /**
   * Ms over {@link baseMs} below which this part of the packets stays, up to a bin of 10 ms; at
   * most 3000.
   */
  quantileMs(part: number): number {
    let left = part * Math.min(this.#count, COUNTED);
    for (let bin = 0; bin < BINS; bin++) {
      left -= this.#bins[bin];
      if (left <= 0) return this.#count === 0 ? 0 : (bin + 1) * BIN_MS;
    }
    return BINS * BIN_MS;
  }

  /**
   * Ms over {@link baseMs} by which the newest packets are late, their median; 0 before the first.
   * A queue on the way holds up all of them, a machine that is busy now and then a few.
   */
  lateMs(packets: number): number {
    const count = Math.min(packets, this.#count, PACKETS);
    const newest = Array.from({ length: count }, (_, i) => this.#back(i)).sort((a, b) => a - b);
    return count === 0 ? 0 : newest[count >> 1] - this.#base;
  }

  /** Forgets all. */
  clear(): void {
    this.#count = 0;
    this.#base = 0;
  }

  /** Another packet is the fastest. */
  #countAll(): void {
    const kept = this.#delays.subarray(0, Math.min(this.#count, PACKETS));
    this.#base = kept.reduce((least, delay) => Math.min(least, delay), Number.POSITIVE_INFINITY);
    this.#bins.fill(0);
    for (let i = 0; i < Math.min(this.#count, COUNTED); i++) this.#bins[this.#binOf(this.#back(i))]++;
  }

  /** The delay of so many packets before the newest. */
  #back(packets: number): number {
    return this.#delays[(this.#count - 1 - packets + PACKETS) % PACKETS];
  }

  #binOf(delayMs: number): number {
    return Math.min(BINS - 1, Math.floor((delayMs - this.#base) / BIN_MS));
  }
}
