import { afterEach, expect, test, vi } from "vitest";
import { recall, remember } from "./preferences.ts";

afterEach(() => vi.unstubAllGlobals());

test("what was remembered is recalled", () => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  expect(recall("theme", ["light", "dark"])).toBeUndefined();
  remember("theme", "dark");
  expect(recall("theme", ["light", "dark"])).toBe("dark");
});

test("a value that is no longer possible is forgotten", () => {
  vi.stubGlobal("localStorage", { getItem: () => "sepia" });
  expect(recall("theme", ["light", "dark"])).toBeUndefined();
});

test("a page without storage works", () => {
  const refuse = (): never => {
    throw new DOMException("refused", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
  expect(() => remember("theme", "dark")).not.toThrow();
  expect(recall("theme", ["dark"])).toBeUndefined();
});
