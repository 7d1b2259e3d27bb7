/**
 * What a reload brings back: kept in IndexedDB under an id that the tab of the browser remembers.
 * Three tabs are kept, the newest; a tab holds a clip and what became of it, so at most 3 x 2 x 29
 * MB.
 */
import { createStore, del, entries, set, type UseStore } from "idb-keyval";

/** What is kept of a tab. Each part is written alone, when it changes. */
export type KeptPart = "clip" | "result" | "steps";

/** Tabs that are kept. */
const MOST_TABS = 3;
const ID_NAME = "twelvehz.session";

/** The kept parts of one tab of the browser. */
export class KeptSession {
  readonly #id: string;
  readonly #store: UseStore;
  #writing: Promise<void> = Promise.resolve();

  /** @param id of the tab */
  constructor(id: string, store: UseStore = createStore("twelvehz", "sessions")) {
    this.#id = id;
    this.#store = store;
  }

  /**
   * Keeps a part; without a value it is forgotten. Writes one after another. @throws what IndexedDB
   * throws, such as QuotaExceededError
   */
  keep(part: KeptPart, value: object | undefined): Promise<void> {
    const write = async (): Promise<void> => {
      if (value === undefined) return del(this.#keyOf(part), this.#store);
      await set(this.#keyOf(part), { value, keptAt: Date.now() }, this.#store);
    };
    this.#writing = this.#writing.catch(() => undefined).then(write);
    return this.#writing;
  }

  /**
   * What was kept under this id, by part; what was kept of tabs long ago is forgotten. @throws what
   * IndexedDB throws
   */
  async recall(): Promise<Readonly<Partial<Record<KeptPart, unknown>>>> {
    const all = await entries<string, { readonly value: unknown; readonly keptAt: number }>(this.#store);
    const old = tabsToForget(
      all.map(([key, { keptAt }]) => [idOf(key), keptAt]),
      this.#id,
    );
    await Promise.all(all.filter(([key]) => old.has(idOf(key))).map(([key]) => del(key, this.#store)));
    const own = all.filter(([key]) => idOf(key) === this.#id);
    return Object.fromEntries(own.map(([key, { value }]) => [key.slice(this.#id.length + 1), value]));
  }

  #keyOf(part: KeptPart): string {
    return `${this.#id}/${part}`;
  }
}

/**
 * Which tabs are forgotten: all but the newest, of which `own` is always one.
 * @param times id of a tab and when a part of it was kept, for each part
 */
export function tabsToForget(times: readonly (readonly [id: string, keptAt: number])[], own: string): ReadonlySet<string> {
  const newest = new Map<string, number>();
  for (const [id, keptAt] of times) newest.set(id, Math.max(newest.get(id) ?? 0, keptAt));
  newest.delete(own);
  const byAge = [...newest].sort(([, a], [, b]) => b - a).map(([id]) => id);
  return new Set(byAge.slice(MOST_TABS - 1));
}

function idOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/**
 * The id that this tab of the browser has, a new one at its first page. @throws SecurityError where
 * storage is refused
 */
export function tabId(): string {
  const id = sessionStorage.getItem(ID_NAME) ?? crypto.getRandomValues(new Uint32Array(4)).join("-"); // randomUUID is for https alone
  sessionStorage.setItem(ID_NAME, id);
  return id;
}
