import type { ModelFamily } from "@twelvehz/codec";

export declare const toyFamily: ModelFamily;
