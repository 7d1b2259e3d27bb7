import { describe, expect, it } from "vitest";
import { type GraphicsCard, guarded, openCard } from "./card.ts";

/** What a browser offers: an adapter of that description, whose device opens or does not. */
function offering(info: Partial<GPUAdapterInfo>, requestDevice: () => Promise<unknown> = async () => ({ destroy: () => undefined })): GPU {
  const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };
  const adapter = { info: { vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false, ...info }, limits };
  return { requestAdapter: async () => ({ ...adapter, requestDevice }) } as unknown as GPU;
}

/** A card that finds these errors when it is asked for them: of commands, and of memory. */
function failing(refused: string | undefined, short: string | undefined): GraphicsCard {
  const scopes: string[] = [];
  const device = {
    pushErrorScope: (kind: string) => void scopes.push(kind),
    popErrorScope: async () => {
      const message = scopes.pop() === "validation" ? refused : short;
      return message === undefined ? null : { message };
    },
  };
  return { name: "A card", key: "", device: device as unknown as GPUDevice, close: () => undefined };
}

const options = { takesFallback: false, compiler: "a browser 1.0" };

describe("opening a card", () => {
  it("names it, and tells drivers and compilers apart", async () => {
    const card = await openCard(offering({ vendor: "maker", architecture: "kind" }), options);
    expect(card.name).toBe("maker kind");
    const others = [
      await openCard(offering({ vendor: "maker", architecture: "kind", description: "driver 2" }), options),
      await openCard(offering({ vendor: "maker", architecture: "kind" }), { ...options, compiler: "a browser 2.0" }),
    ];
    expect(others.map(({ key }) => key)).not.toContain(card.key);
  });

  it.each([
    ["where there is no WebGPU", undefined, /no adapter is offered here; install a driver .* choose the device "cpu"$/],
    ["where nothing is offered", { requestAdapter: async () => null } as unknown as GPU, /no adapter is offered here/],
    ["that is only played", offering({ description: "llvmpipe (LLVM 15)" }), /llvmpipe .* only plays one on the processor; ask for/],
    ["that says it is a fallback", offering({ vendor: "any", isFallbackAdapter: true }), /any only plays one on the processor/],
    ["whose driver fails", offering({ vendor: "maker" }, () => Promise.reject(new Error("lost"))), /maker says "lost"; update its driver/],
  ])("fails for one %s, in one sentence with the remedy", async (_, gpu, message) => {
    const opening = openCard(gpu, options);
    await expect(opening).rejects.toMatchObject({ code: "runtime", message: expect.stringMatching(message) as string });
    await expect(opening).rejects.toThrow(/^Cannot use a graphics card: [^\n]*, or choose the device "cpu"$/);
  });
});

describe("work on a card", () => {
  it.each([
    [
      "memory is short",
      failing("no such buffer", "too large"),
      'Cannot compute on A card: it has not enough memory; choose the device "cpu"',
    ],
    [
      "a command is refused",
      failing("no such buffer", undefined),
      'Cannot compute on A card: it says "no such buffer"; choose the device "cpu"',
    ],
  ])("fails where %s, even when it seems to have succeeded", async (_, card, message) => {
    await expect(guarded(card, async () => 1)).rejects.toThrow(message);
  });

  it("gives its result, and its own error, where nothing else is wrong", async () => {
    expect(await guarded(failing(undefined, undefined), async () => 1)).toBe(1);
    await expect(guarded(failing(undefined, undefined), () => Promise.reject(new Error("gone")))).rejects.toThrow(/it says "gone"/);
  });
});
