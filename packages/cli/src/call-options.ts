/** What the commands of calls share. */
import { CodecError } from "@twelvehz/codec/node";
import { type Layout, parseLayout, parseLinkKey } from "@twelvehz/transport/node";

/** Options of a link as commander gives them. */
export interface LinkOptions {
  readonly key?: string | undefined;
  readonly kbps?: number | undefined;
  readonly layout?: string | undefined;
  readonly rtp?: boolean | undefined;
  readonly tag?: "4" | "8" | undefined;
  readonly timeout: number;
}

const DEFAULT_KBPS = 8;
/** SFrame cipher suites by the length of their tags: RFC 9605 section 4.5. */
const SUITES = { "4": 3, "8": 2 } as const;

/**
 * The secret of a link.
 * @throws CodecError `usage` where there is none
 */
export function secretOf(key: string | undefined): Uint8Array {
  if (key === undefined)
    throw new CodecError(
      "usage",
      'Cannot encrypt without a key: make one by "twelvehz call key", and give it to both ends by --key or in TWELVEHZ_CALL_KEY',
    );
  return parseLinkKey(key);
}

/** What is sent: a layout, or a rate from which it follows. */
export function rateOf({ layout, kbps }: Pick<LinkOptions, "layout" | "kbps">): { readonly layout: Layout } | { readonly kbps: number } {
  return layout === undefined ? { kbps: kbps ?? DEFAULT_KBPS } : { layout: parseLayout(layout) };
}

/** The cipher suite of an option. */
export function suiteOf({ tag = "8" }: Pick<LinkOptions, "tag">): number {
  return SUITES[tag];
}
