import { describe, expect, it } from "vitest";
import { COMMAND_SEAL_BYTES, CommandSeal } from "./command-seal.ts";

const secret = new Uint8Array(16).fill(3);
const packet = Uint8Array.of(1, 2, 3);
const NOW = 1_800_000_000_000;

describe("a sealed command packet", () => {
  it("is opened once, with the same key, and says so by its first byte", async () => {
    const [sender, receiver] = [await CommandSeal.open(secret), await CommandSeal.open(secret)];
    const [first, second] = [await sender.seal(packet, NOW), await sender.seal(packet, NOW)];
    expect(first.length).toBe(packet.length + COMMAND_SEAL_BYTES);
    expect([CommandSeal.matches(first), CommandSeal.matches(packet)]).toEqual([true, false]);
    expect(await receiver.unseal(first, NOW + 1000)).toEqual(packet);
    expect(await receiver.unseal(second, NOW + 1000)).toEqual(packet);
    for (const old of [first, second]) await expect(receiver.unseal(old, NOW + 1000)).rejects.toThrow("received before");
  });

  it.each([
    ["another key", secret.map((byte) => byte + 1), NOW, "another key"],
    ["a clock that is ten minutes ahead", secret, NOW + 600_000, "600 s ago"],
    ["a clock that is ten minutes behind", secret, NOW - 600_000, "-600 s ago"],
  ])("is refused by %s", async (_, key, nowMs, reason) => {
    const sealed = await (await CommandSeal.open(secret)).seal(packet, NOW);
    await expect((await CommandSeal.open(key)).unseal(sealed, nowMs)).rejects.toThrow(
      expect.objectContaining({ code: "bad-format", message: expect.stringContaining(reason) }),
    );
  });

  it("that is damaged is refused", async () => {
    const sealed = await (await CommandSeal.open(secret)).seal(packet, NOW);
    sealed[9] ^= 1;
    await expect((await CommandSeal.open(secret)).unseal(sealed, NOW)).rejects.toMatchObject({ code: "bad-format" });
  });
});
