import { afterEach, expect, it, vi } from "vitest";
import { findGraphics } from "./find-graphics.ts";

afterEach(() => void vi.unstubAllGlobals());

const roomy = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };

function adapter(info: object, limits: object = roomy): object {
  return { info: { vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false, ...info }, limits };
}

/** A page that offers this adapter for computing, and draws with a card of that name. */
function stubPage(offered: object | null | undefined, { isSecure = true, drawnBy = undefined as string | undefined } = {}): void {
  vi.stubGlobal("isSecureContext", isSecure);
  vi.stubGlobal("navigator", offered === undefined ? {} : { gpu: { requestAdapter: async () => offered } });
  const context = { getParameter: () => drawnBy, getExtension: () => null, RENDERER: 1 };
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      getContext(): object | null {
        return drawnBy === undefined ? null : context;
      }
    },
  );
}

it.each([
  ["a card", adapter({ description: "Maker Card" }), {}, { name: "Maker Card" }],
  ["one that is only played", adapter({ description: "SwiftShader Device" }), {}, { name: "SwiftShader Device", lack: "played" }],
  ["one that is too small", adapter({ vendor: "maker" }, { ...roomy, maxBufferSize: 2 ** 26 }), {}, { name: "maker", lack: "small" }],
  ["one that only draws", null, { drawnBy: "Maker Card" }, { name: "Maker Card", lack: "blocked" }],
  ["a processor that draws", null, { drawnBy: "Google SwiftShader" }, { lack: "none" }],
  ["nothing", null, {}, { lack: "none" }],
  ["a browser without WebGPU", undefined, {}, { lack: "unsupported" }],
  ["a page without encryption", adapter({ vendor: "maker" }), { isSecure: false }, { lack: "insecure" }],
])("finds %s", async (_, offered, page, found) => {
  stubPage(offered, page);
  expect(await findGraphics()).toEqual(found);
});
