import { adapterName, isFallback } from "../gpu/card.ts";

/**
 * Why a page has no graphics card. `insecure`: it is neither on https nor on localhost.
 * `unsupported`: the browser has no WebGPU. `blocked`: there is a card, which the browser does not
 * use for WebGPU, as its driver is known to fail. `none`: no adapter is offered. `played`: the adapter
 * only plays a card on the processor; the device `webgpu` takes it, `auto` does not. `small`: its
 * buffers are too small for the published model.
 */
export type GraphicsLack = "insecure" | "unsupported" | "blocked" | "none" | "played" | "small";

/** The graphics card of a page, as far as it is known before a model is opened. */
export interface FoundGraphics {
  /** What the card is called; undefined where nothing tells. */
  readonly name?: string | undefined;
  /** Why it is not used, or is not what it seems; undefined where all is well. */
  readonly lack?: GraphicsLack | undefined;
}

/** Largest buffer that every adapter of core WebGPU has (section 3.6.2); the published model wants 75 MB. */
const LEAST_BYTES = 2 ** 27;

/** Looks for the graphics card that `openCodec(model, { device })` would use. Never fails. */
export async function findGraphics(): Promise<FoundGraphics> {
  if (!isSecureContext) return { lack: "insecure" };
  const { gpu } = navigator as { readonly gpu?: GPU };
  if (!gpu) return { lack: "unsupported" };
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) {
    const name = nameByWebGl();
    return name === undefined ? { lack: "none" } : { name, lack: "blocked" };
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  if (isFallback(adapter)) return { name: adapterName(adapter), lack: "played" };
  if (Math.min(maxStorageBufferBindingSize, maxBufferSize) < LEAST_BYTES) return { name: adapterName(adapter), lack: "small" };
  return { name: adapterName(adapter) };
}

/** A card that draws, though it does not compute; undefined where a processor draws. */
function nameByWebGl(): string | undefined {
  const context = new OffscreenCanvas(1, 1).getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  const name: unknown = context?.getParameter(
    context.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER,
  );
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return typeof name === "string" && !/swiftshader|llvmpipe|software|basic render/i.test(name) ? name : undefined;
}
