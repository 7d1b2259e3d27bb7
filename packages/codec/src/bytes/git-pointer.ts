/** What Git keeps in place of a large file, until the file itself is fetched. */
const POINTERS: readonly (readonly [magic: RegExp, words: string])[] = [
  [/^version https:\/\/git-lfs\.github\.com\/spec\//, 'a pointer of Git LFS in place of the file; fetch the file, with "git lfs pull"'],
  [
    /^\/annex\/objects\/|^\.?[./]*\.git\/annex\/objects\//,
    'a pointer of git-annex in place of the file; fetch the file, with "git annex get"',
  ],
];
/** Bytes that tell. */
const HEAD_BYTES = 64;

/**
 * What a file is that Git has put in the place of a large one, and how to get that; undefined for
 * other files. Sources: git-lfs docs/spec.md, "The Pointer"; git-annex "pointer file".
 * @param bytes its first 64 bytes, or more
 */
export function gitPointer(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
  return POINTERS.find(([magic]) => magic.test(text))?.[1];
}
