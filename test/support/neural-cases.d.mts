/** Types of neural-cases.mjs. */
import type { Audio } from "@twelvehz/codec";
export declare function neuralCases(): Promise<[name: string, clip: Audio][]>;
