import type { Store } from "../store/store.ts";
import { flightKey } from "../store/store.ts";

/** How a process ended: by itself in a crash, or from outside, which may be the system's lack of memory. */
export type Death = "crash" | "killed";

/** A clip is given up when its deaths weigh this much: two crashes, or five that may have come from outside. */
const MOST_WEIGHT = 2;
const WEIGHTS: Readonly<Record<Death, number>> = { crash: 1, killed: 0.4 };

/** One line. */
type Note = { readonly start: true } | { readonly begin: number } | { readonly end: true } | { readonly died: Death; readonly at?: number };

/**
 * Notes of a unit: which clip is at work, so that one that ends its process is found. A local store
 * gets a note before each clip. Elsewhere that would take longer than the clip: notes are written
 * from the second start of the unit on, when the first has not come to an end.
 */
export class Flight {
  readonly #store: Store;
  readonly #key: string;
  #notes: Note[];

  private constructor(store: Store, key: string, notes: Note[]) {
    this.#store = store;
    this.#key = key;
    this.#notes = notes;
  }

  /** Opens the notes of a unit, with what earlier tries have left. */
  static async open(store: Store, unit: number): Promise<Flight> {
    const text = Buffer.from((await store.read(flightKey(unit))) ?? []).toString("utf8");
    return new Flight(store, flightKey(unit), text.split("\n").flatMap(parseNote));
  }

  /** Entries that have ended their processes too often. */
  get poisoned(): ReadonlySet<number> {
    const weights = new Map<number, number>();
    let current: number | undefined;
    const blame = (death: Death, at = current): void => {
      if (at !== undefined) weights.set(at, (weights.get(at) ?? 0) + WEIGHTS[death]);
      current = undefined;
    };
    for (const note of this.#notes) {
      if ("begin" in note) current = note.begin;
      else if ("end" in note) current = undefined;
      else if ("died" in note) blame(note.died, note.at);
      else blame("killed"); // started again, and nobody saw why
    }
    return new Set([...weights].flatMap(([entry, weight]) => (weight > MOST_WEIGHT - 1e-9 ? [entry] : [])));
  }

  /** Notes that the unit is started. */
  async start(): Promise<void> {
    await this.#add({ start: true });
  }

  /** Notes that an entry is begun. */
  async begin(entry: number): Promise<void> {
    const isCareful = (): boolean => this.#notes.filter((note) => "start" in note).length > 1;
    if (this.#store.append !== undefined || isCareful()) await this.#add({ begin: entry });
  }

  /** Notes that no entry is at work any more. */
  async end(): Promise<void> {
    if (this.#store.append !== undefined) await this.#add({ end: true });
  }

  /** Notes how the process ended, and what it was at. */
  async died(death: Death, at: number | undefined): Promise<void> {
    await this.#add(at === undefined ? { died: death } : { died: death, at });
  }

  async #add(note: Note): Promise<void> {
    this.#notes.push(note);
    const line = `${JSON.stringify(note)}\n`;
    if (this.#store.append) await this.#store.append(this.#key, line);
    else await this.#store.write(this.#key, Buffer.from(this.#notes.map((one) => `${JSON.stringify(one)}\n`).join("")));
  }
}

function parseNote(line: string): Note[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Note];
  } catch {
    return []; // cut off when the process ended
  }
}
