/** Something that takes one item after the other, such as a codec with a worker of its own. */
export interface Lane<Item> {
  /** Does one item. A failure ends all lanes. */
  work(item: Item): Promise<void>;
  /** Called once, also after a failure. */
  close(): Promise<void>;
}

/** Options of {@link runLanes}. */
export interface RunLanesOptions {
  /** Called with the first failure at once, while other lanes are still at work: to cancel them. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * Does all items, each in the next lane that is free, in their order.
 * @param items taken one by one, when a lane is free
 * @param lanes openers; each is called at once, and its lane closed when no item is left
 * @throws the first failure of opening, of an item, or of closing, when every lane is closed; items
 * that were waiting then are not begun
 */
export async function runLanes<Item>(
  items: Iterable<Item>,
  lanes: readonly (() => Promise<Lane<Item>>)[],
  { onFailure }: RunLanesOptions = {},
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    if (failures.push(error) === 1) onFailure?.(error);
  };
  const next = (): IteratorResult<Item, unknown> => (failures.length > 0 ? { done: true, value: undefined } : waiting.next());
  const run = async (open: () => Promise<Lane<Item>>): Promise<void> => {
    try {
      const lane = await open();
      try {
        for (let item = next(); !item.done; item = next()) await lane.work(item.value);
      } catch (error) {
        fail(error);
      } finally {
        await lane.close();
      }
    } catch (error) {
      fail(error);
    }
  };
  await Promise.all(lanes.map(run));
  if (failures.length > 0) throw failures[0];
}
