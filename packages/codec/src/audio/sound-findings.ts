/**
 * Something about a sound file that is not as it says, or not as it should be, and that reading
 * went over.
 */
export interface SoundFinding {
  /**
   * `note`: a declared number is wrong, or the file ends early; all sound that is there was read.
   * `damage`: sound inside the file is missing or was left out.
   */
  readonly kind: "note" | "damage";
  /** A part of a sentence, such as "the data chunk declares 48000 bytes, and 29956 are there". */
  readonly reason: string;
}

/** More findings than this are counted, not listed: a hostile file has thousands. */
const MAX_LISTED = 16;

/** Collects what is found while a sound is read. Equal reasons are kept once. */
export class SoundFindings {
  readonly #list: SoundFinding[] = [];
  #more = 0;

  /** All of them so far, in order; grows while the sound is read. */
  get list(): readonly SoundFinding[] {
    if (this.#more === 0) return this.#list;
    return [...this.#list, { kind: "damage", reason: `and ${this.#more} more of such findings` }];
  }

  /** Adds one. */
  add(kind: SoundFinding["kind"], reason: string): void {
    if (this.#list.some((finding) => finding.reason === reason)) return;
    if (this.#list.length < MAX_LISTED) this.#list.push({ kind, reason });
    else if (kind === "damage") this.#more++;
  }
}
