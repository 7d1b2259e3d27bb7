import { expect, test } from "vitest";
import { tabAfter } from "./tabs.tsx";

test("arrows go round, Home and End go to the ends, other keys do nothing", () => {
  expect(tabAfter("roundtrip", "ArrowLeft")).toBe("call");
  expect(tabAfter("call", "ArrowRight")).toBe("roundtrip");
  expect(tabAfter("compare", "Home")).toBe("roundtrip");
  expect(tabAfter("compare", "End")).toBe("call");
  expect(tabAfter("compare", "x")).toBeUndefined();
});
