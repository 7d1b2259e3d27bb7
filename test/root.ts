import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Root folder of the repository. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));
/** A clip of English speech, 7.5 s. */
export const englishClip = `${root}/examples/clips/english.flac`;
