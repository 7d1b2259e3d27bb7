/**
 * Text of UTF-8 or UTF-16 as bytes of UTF-8 without byte order mark: what PowerShell's `>` writes
 * is UTF-16.
 * @param bytes text whose first character is ASCII, or a byte order mark before it
 * @returns the same bytes where they are UTF-8 without mark; others as they are
 */
export function utf8Of(bytes: Uint8Array): Uint8Array {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return bytes.subarray(3);
  if ((first === 0xff && second === 0xfe) || (first > 0 && second === 0)) return fromUtf16("utf-16le", bytes);
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0)) return fromUtf16("utf-16be", bytes);
  return bytes;
}

function fromUtf16(label: "utf-16le" | "utf-16be", bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder(label).decode(bytes));
}
