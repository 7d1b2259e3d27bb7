import type { ModelFamily } from "@twelvehz/codec/internal";

export declare const toyFamily: ModelFamily;
