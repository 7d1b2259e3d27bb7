// NumPy's .npz: a ZIP archive of .npy files, one for each array.
// https://numpy.org/doc/stable/reference/generated/numpy.savez.html
import type { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import type { GridReading } from "./code-grid.ts";
import { parseNpy } from "./npy.ts";
import { StoredZip } from "./stored-zip.ts";

/** Bytes of a ZIP entry before its name, and where the length of the name stands: APPNOTE 4.3.7. */
const NAME_AT = 30;
const NAME_LENGTH_AT = 26;

/** Whether some bytes begin as a .npz file does: a ZIP archive whose first entry is a .npy file. */
export function isNpz(bytes: Uint8Array): boolean {
  if (bytes.length < NAME_AT || String.fromCharCode(...bytes.subarray(0, 4)) !== "PK\x03\x04") return false;
  const length = bytes[NAME_LENGTH_AT] + 256 * bytes[NAME_LENGTH_AT + 1];
  return String.fromCharCode(...bytes.subarray(NAME_AT, NAME_AT + Math.min(length, 1024))).endsWith(".npy");
}

/**
 * Codes of a `.npz` file that `numpy.savez` wrote: of its array `codes` or `audio_codes`, or of the
 * only one.
 * @throws CodecError `bad-format` when it is damaged, `unsupported` when it is compressed or it
 * cannot be told which array is meant; as `parseNpy`
 */
export function parseNpz(bytes: Uint8Array, options: GridReading = {}): Codes {
  const zip = new StoredZip(bytes);
  const arrays = zip.names.filter((name) => name.endsWith(".npy"));
  const name = ["codes.npy", "audio_codes.npy"].find((wanted) => arrays.includes(wanted)) ?? (arrays.length === 1 ? arrays[0] : undefined);
  const data = name === undefined ? undefined : zip.get(name);
  if (data) return parseNpy(data, options);
  const found = arrays.map((array) => `"${array.replace(/\.npy$/, "")}"`).join(", ");
  throw new CodecError(
    "unsupported",
    `Cannot read the .npz file: its arrays are ${found}; save the codes under the name "codes", or alone with numpy.save`,
  );
}
