/** A piece of a stream: how long it is, and what is left of it without its beginning. */
interface Pieces<T> {
  length(piece: T): number;
  without(piece: T, beginning: number): T;
}

/** The newest pieces, of at most so much together: the first of them may have lost its beginning. */
export function newest<T>(pieces: readonly T[], most: number, { length, without }: Pieces<T>): T[] {
  let surplus = pieces.reduce((sum, piece) => sum + length(piece), 0) - most;
  let from = 0;
  while (surplus > 0 && length(pieces[from]) <= surplus) surplus -= length(pieces[from++]);
  const [first, ...others] = pieces.slice(from);
  return surplus > 0 ? [without(first, surplus), ...others] : pieces.slice(from);
}
