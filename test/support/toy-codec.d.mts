import type { Codec } from "@twelvehz/codec";

export declare const DEADLY: { readonly SIGSEGV: number; readonly SIGKILL: number; readonly HANG: number };
export declare function openCodec(): Promise<Codec>;
