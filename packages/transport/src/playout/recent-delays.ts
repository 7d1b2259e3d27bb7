/**
 * Packets that are looked back on: ten seconds at 12.5 a second. An uneasy time is soon forgotten,
 * and clocks that differ by 100 ppm drift apart by 1 ms.
 */
const PACKETS = 125;
/**
 * So many packets in a row that are later than the fastest by more than this are no jitter: the
 * sender's clock stood still, or began anew. What was before is forgotten.
 */
const STEP_PACKETS = 12;
const STEP_MS = 1000;
/**
 * The same where so many packets are within this of the fastest, ms, and half of all are later by more
 * than {@link STEP_MS}: the clock of this end stood still, and packets came meanwhile.
 */
const STEADY_MS = 250;

/**
 * By how much packets are later than the fastest of late. Times are those of arrival less those at
 * which the sender had the sound, on two clocks that need not agree: only differences count.
 */
export class RecentDelays {
  readonly #delays = new Float64Array(PACKETS);
  #count = 0;
  /** Packets in a row that are later than {@link STEP_MS}. */
  #late = 0;
  /** From the least on; undefined where another has come since. */
  #sorted: Float64Array | undefined;

  /** @param delayMs arrival less origin, ms */
  add(delayMs: number): void {
    this.#delays[this.#count % PACKETS] = delayMs;
    this.#count++;
    this.#sorted = undefined;
    this.#late = delayMs - this.baseMs > STEP_MS ? this.#late + 1 : 0;
    if (this.#late >= STEP_PACKETS || this.#isSteadyAgain) this.#keep(STEP_PACKETS);
  }

  get #isSteadyAgain(): boolean {
    return this.quantileMs(0.5) > STEP_MS && Math.max(...this.#newest(STEP_PACKETS)) - this.baseMs < STEADY_MS;
  }

  /** Forgets all but the newest. */
  #keep(packets: number): void {
    const kept = this.#newest(packets);
    this.clear();
    for (const delayMs of kept.reverse()) this.add(delayMs);
  }

  /** From the last on. */
  #newest(packets: number): number[] {
    const count = Math.min(packets, this.#count, PACKETS);
    return Array.from({ length: count }, (_, i) => this.#delays[(this.#count - 1 - i) % PACKETS]);
  }

  /** Delay of the fastest packet, ms; 0 before the first. */
  get baseMs(): number {
    return this.#inOrder()[0] ?? 0;
  }

  /** Ms over {@link baseMs} that this part of the packets, 0 to 1, does not exceed; 0 before the first. */
  quantileMs(part: number): number {
    const delays = this.#inOrder();
    return delays.length === 0 ? 0 : delays[Math.max(0, Math.ceil(part * delays.length) - 1)] - delays[0];
  }

  /**
   * Ms over {@link baseMs} by which the newest packets are late, their median; 0 before the first.
   * A queue on the way holds up all of them, a machine that is busy now and then a few.
   */
  lateMs(packets: number): number {
    const newest = this.#newest(packets).sort((a, b) => a - b);
    return newest.length === 0 ? 0 : newest[newest.length >> 1] - this.baseMs;
  }

  /** Forgets all. */
  clear(): void {
    this.#count = this.#late = 0;
    this.#sorted = undefined;
  }

  #inOrder(): Float64Array {
    return (this.#sorted ??= this.#delays.slice(0, Math.min(this.#count, PACKETS)).sort());
  }
}
