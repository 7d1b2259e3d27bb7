/** A graphics card that was found, and how one is asked for. */
import { CodecError, messageOf } from "../errors.ts";

/** An open card. */
export interface GraphicsCard {
  /** What to call it, for reports. */
  readonly name: string;
  /**
   * Card, driver and whatever else compiles the kernels: what passed a check on one need not pass
   * it on another.
   */
  readonly key: string;
  readonly device: GPUDevice;
  /** Frees it. */
  close(): void;
}

/** Remembers which checks were passed, from one opening to the next. */
export interface PassedChecks {
  has(key: string): Promise<boolean>;
  add(key: string): Promise<void>;
}

/** The wish for a graphics card, as whoever opens a model gives it. */
export interface GraphicsRequest {
  /** Whether opening must fail where no card can be used; else the processor is taken. */
  readonly isRequired: boolean;
  /** Whether the card keeps the weights of a decoder as floats of 16 bits. Default false. */
  readonly halves?: boolean | undefined;
  /**
   * Finds and opens the card.
   * @throws CodecError `runtime`
   */
  open(): Promise<GraphicsCard>;
  readonly passed: PassedChecks;
  /** Is told what a user should know, a part of a sentence. */
  note(reason: string): void;
}

/** How a card is chosen. */
export interface CardOptions {
  /** Whether a processor that plays a card will do: it is right, but slower than the processor alone. */
  readonly takesFallback: boolean;
  /** What compiles the kernels besides the driver, such as the browser with its version. */
  readonly compiler: string;
}

/** Largest binding and buffer that any plan of ours may want, bytes; asked for where the card has so much. */
const WANTED_BYTES = 2 ** 28;
const REMEDY = 'choose the device "cpu"';

/**
 * Opens the card that the platform prefers.
 * @param gpu `navigator.gpu`, or what npm `webgpu` creates; undefined where there is none
 * @throws CodecError `runtime` where there is no card, or none that will do
 */
export async function openCard(gpu: GPU | undefined, { takesFallback, compiler }: CardOptions): Promise<GraphicsCard> {
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw noCard("no adapter is offered here; install a driver with Vulkan, Metal or Direct3D 12, or allow WebGPU in the browser");
  const { vendor, architecture, device: model, description } = adapter.info;
  const name = adapterName(adapter);
  if (!takesFallback && isFallback(adapter)) throw noCard(`${name} only plays one on the processor; ask for the device "webgpu" to use it`);
  const most = (limit: "maxStorageBufferBindingSize" | "maxBufferSize"): number => Math.min(WANTED_BYTES, adapter.limits[limit]);
  try {
    const device = await adapter.requestDevice({
      requiredLimits: {
        maxStorageBufferBindingSize: most("maxStorageBufferBindingSize"),
        maxBufferSize: most("maxBufferSize"),
      },
    });
    return { name, key: [vendor, architecture, model, description, compiler].join("|"), device, close: () => device.destroy() };
  } catch (error) {
    throw noCard(`${name} says "${messageOf(error)}"; update its driver`, error);
  }
}

/** What to call an adapter. */
export function adapterName({ info: { vendor, architecture, device: model, description } }: GPUAdapter): string {
  return description || [vendor, architecture, model].filter(Boolean).join(" ") || "an adapter without a name";
}

/** Whether an adapter only plays a card on the processor. */
export function isFallback(adapter: GPUAdapter): boolean {
  return adapter.info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(Object.values(named(adapter.info)).join());
}

function named({ architecture, device, description }: GPUAdapterInfo): object {
  return { architecture, device, description };
}

function noCard(what: string, cause?: unknown): CodecError {
  return new CodecError("runtime", `Cannot use a graphics card: ${what}, or ${REMEDY}`, { cause });
}

/** The error of a card that was opened and failed. */
export function cardError(card: GraphicsCard, what: string, cause?: unknown): CodecError {
  return new CodecError("runtime", `Cannot compute on ${card.name}: ${what}; ${REMEDY}`, { cause });
}

/**
 * Does something on a card, and waits until its errors are known: of the commands that are given
 * before the work first waits.
 * @throws CodecError `runtime` where the card had too little memory, refused a command or is lost
 */
export async function guarded<T>(card: GraphicsCard, work: () => Promise<T>): Promise<T> {
  const { device } = card;
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const done = work().then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  const scopes = [device.popErrorScope(), device.popErrorScope()].map((scope) => scope.catch(() => null)); // a lost device has none
  const [outcome, refused, short] = await Promise.all([done, ...scopes]);
  const cause = "error" in outcome ? outcome.error : undefined;
  if (short) throw cardError(card, "it has not enough memory", cause);
  if (refused) throw cardError(card, `it says "${refused.message}"`, cause);
  if ("error" in outcome) throw cardError(card, `it says "${messageOf(cause)}"`, cause);
  return outcome.result;
}
