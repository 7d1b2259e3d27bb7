/** The C files of the library for small devices, for those who compile it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./prepare.mjs";

/** C files of a folder, in order, relative to the root folder. */
export function cFiles(folder) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Those of the library, relative to the root folder. */
export const C_LIBRARY = ["embedded/src", "embedded/third_party/pffft"].flatMap(cFiles);
