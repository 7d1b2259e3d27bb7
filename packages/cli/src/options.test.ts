import { InvalidArgumentError } from "@commander-js/extra-typings";
import { describe, expect, it } from "vitest";
import { layerList, wholeNumber } from "./options.ts";

describe("values of options", () => {
  it("of whole numbers are those of the range, in digits alone", () => {
    const read = wholeNumber(1, 64);
    expect([read("1"), read("64"), read("007")]).toEqual([1, 64, 7]);
    for (const bad of ["0", "65", "", " ", "1.5", "-1", "+1", "1e1", "0x10", "four", "1 "])
      expect(() => read(bad)).toThrow(InvalidArgumentError);
  });

  it("of lists of layers are numbers and ranges", () => {
    expect(layerList("3")).toEqual([3]);
    expect(layerList("3,5-7")).toEqual([3, 5, 6, 7]);
    expect(layerList(" 0 , 12-15 ")).toEqual([0, 12, 13, 14, 15]);
    expect(layerList("4-4,4")).toEqual([4, 4]);
    for (const bad of ["", ",", "3,", "3-", "-3", "7-5", "a", "1.5", "3--5", "100", "1-2-3"])
      expect(() => layerList(bad)).toThrow(InvalidArgumentError);
  });
});
