/** What the wasm decoders give for some input. */
export interface DecodedPackets {
  /** One array per channel. */
  readonly channelData: Float32Array[];
  readonly samplesDecoded: number;
  /** What went wrong; the sound of the rest is still there. */
  readonly errors: readonly { readonly message: string }[];
}

/** More complaints than this about one piece of input mean a decoder that goes round in circles. */
const MAX_COMPLAINTS = 64;

/**
 * Runs a synchronous call of a wasm decoder that prints its errors to the console, without the
 * printing: a library must not write there, and the errors are in the result as well. A decoder
 * that complains without end is stopped by an exception.
 */
export function quietly<T>(decode: () => T): T {
  const print = console.error;
  let complaints = 0;
  console.error = (...parts: unknown[]) => {
    if (++complaints > MAX_COMPLAINTS) throw new Error(String(parts[0]));
  };
  try {
    return decode();
  } finally {
    console.error = print;
  }
}
