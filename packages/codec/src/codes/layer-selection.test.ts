import { describe, expect, it } from "vitest";
import { CodecError } from "../errors.ts";
import { type LayerSelection, layerGains } from "./layer-selection.ts";

/** The gains of a model of six layers, as text: one digit a layer. */
function gains(selection: LayerSelection, available = 6): string {
  return layerGains(selection, available, 6).join("");
}

describe("the choice of layers", () => {
  it("is all that the codes have when nothing is chosen", () => {
    expect(gains({})).toBe("111111");
    expect(gains({}, 2)).toBe("110000");
    expect(gains({ layers: undefined, onlyLayer: undefined, muteLayers: undefined })).toBe("111111");
  });

  it("takes the first layers, one layer alone, or leaves layers out", () => {
    expect(gains({ layers: 1 })).toBe("100000");
    expect(gains({ layers: 6 })).toBe("111111");
    expect(gains({ onlyLayer: 0 })).toBe("100000");
    expect(gains({ onlyLayer: 5 })).toBe("000001");
    expect(gains({ muteLayers: [0, 3, 3] })).toBe("011011");
    expect(gains({ muteLayers: [] })).toBe("111111");
  });

  it("leaves out of the first layers, or of one, what is muted", () => {
    expect(gains({ layers: 3, muteLayers: [1, 5] })).toBe("101000");
    expect(gains({ onlyLayer: 2, muteLayers: [2] })).toBe("000000");
  });

  it.each<[LayerSelection, number, RegExp]>([
    [{ layers: 0 }, 6, /first 0 layers.*choose 1 to 6/],
    [{ layers: 3 }, 2, /first 3 layers: these codes have 2/],
    [{ layers: 1.5 }, 6, /first 1\.5/],
    [{ layers: Number.NaN }, 6, /first NaN/],
    [{ onlyLayer: 6 }, 6, /layer 6: these codes have layers 0 to 5/],
    [{ onlyLayer: -1 }, 6, /layer -1/],
    [{ onlyLayer: 2 }, 2, /layer 2/],
    [{ muteLayers: [1, 6] }, 6, /layer 6/],
    [{ muteLayers: [0.5] }, 6, /layer 0\.5/],
    [{ layers: 2, onlyLayer: 1 }, 6, /give one of the two/],
  ])("refuses %j of %i layers", (selection, available, says) => {
    const attempt = (): unknown => layerGains(selection, available, 6);
    expect(attempt).toThrow(CodecError);
    expect(attempt).toThrow(expect.objectContaining({ code: "usage", message: expect.stringMatching(says) as string }));
  });
});
