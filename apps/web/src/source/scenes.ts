import { ask } from "../engine/ask-server.ts";
import type { Language } from "../words.ts";

/** A clip that is ready to try. */
export interface Scene {
  /** Name of the file beside `scenes.json`. */
  readonly file: string;
  /** The same without its noise, where it has some. */
  readonly clean?: string;
  /** What it is, in each language. */
  readonly title: Readonly<Record<Language, string>>;
  /** One line more, in each language. */
  readonly description: Readonly<Record<Language, string>>;
  /** Length, seconds. */
  readonly seconds: number;
  /** Who made it, and under which licence. */
  readonly credit: string;
}

/** The scenes of the page. @throws CodecError `io`, `not-found` */
export async function loadScenes(): Promise<readonly Scene[]> {
  return (await (await ask("scenes/scenes.json")).json()) as readonly Scene[];
}

/** A file of a scene. @throws CodecError `io`, `not-found`, `aborted` */
export async function sceneFile(file: string, signal: AbortSignal): Promise<Blob> {
  return (await ask(`scenes/${file}`, { signal })).blob();
}
