import { expect, test } from "vitest";
import { tabsToForget } from "./kept-session.ts";

test.each([
  [
    "nothing is forgotten while there is room",
    [
      ["a", 1],
      ["own", 2],
      ["b", 3],
    ],
    [],
  ],
  [
    "the oldest go first, by the newest of their parts",
    [
      ["a", 1],
      ["b", 2],
      ["a", 9],
      ["c", 3],
      ["own", 4],
    ],
    ["b"],
  ],
  [
    "the own tab stays, however old",
    [
      ["own", 1],
      ["a", 2],
      ["b", 3],
      ["c", 4],
      ["d", 5],
    ],
    ["a", "b"],
  ],
] as const)("%s", (_, times, forgotten) => {
  expect([...tabsToForget(times, "own")].sort()).toEqual(forgotten);
});
