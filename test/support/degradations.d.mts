/** Types of degradations.mjs. */
import type { Audio } from "@twelvehz/codec";
export declare const CLIPS: readonly string[];
export declare const DEGRADATIONS: readonly string[];
export declare function readClip(name: string): Promise<Audio>;
export declare function degrade(audio: Audio, name: string): Audio;
