/** Graphics cards in a page. */
import { type GraphicsRequest, openCard, type PassedChecks } from "../gpu/card.ts";
import type { DeviceChoice } from "../runtime/device-name.ts";

/** The wish for a card that a device stands for; undefined for the processor. */
export function graphicsRequest(
  { device, decoderWeights }: DeviceChoice,
  cacheName: string,
  note: (reason: string) => void,
): GraphicsRequest | undefined {
  if (device === "cpu") return undefined;
  const isRequired = device === "webgpu";
  return {
    isRequired,
    halves: decoderWeights === "float16",
    open: () => openCard((navigator as { readonly gpu?: GPU }).gpu, { takesFallback: isRequired, compiler: navigator.userAgent }),
    passed: passedIn(cacheName),
    note,
  };
}

/** An answer without content for each check that was passed, in the cache that keeps the models. */
function passedIn(cacheName: string): PassedChecks {
  const store = (): Promise<Cache | undefined> =>
    "caches" in self ? caches.open(cacheName).catch(() => undefined) : Promise.resolve(undefined);
  const address = (key: string): string => new URL(`/twelvehz-graphics/${key}`, self.location.href).href;
  return {
    has: async (key) => (await (await store())?.match(address(key)).catch(() => undefined)) !== undefined,
    async add(key) {
      await (await store())?.put(address(key), new Response()).catch(() => undefined); // a full store: the check is made again
    },
  };
}
