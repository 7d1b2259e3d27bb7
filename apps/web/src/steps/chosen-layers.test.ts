import { layerGains } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { aloneIn, firstLayersOf, layerAlone, layerRanges, layerSelectionOf, leadingCount, withLayerToggled } from "./chosen-layers.ts";

describe("chosen layers", () => {
  it("gives the codec the gains that the page shows", () => {
    const chosen = withLayerToggled(firstLayersOf(16, 8), 3);
    expect(Array.from(layerGains(layerSelectionOf(chosen), 16, 16), (gain) => gain === 1)).toEqual([...chosen]);
  });

  it("may be none at all", () => {
    expect(layerGains(layerSelectionOf(firstLayersOf(16, 0)), 16, 16).some((gain) => gain !== 0)).toBe(false);
  });

  it("comes back when a layer is toggled twice", () => {
    const chosen = firstLayersOf(16, 5);
    expect(withLayerToggled(withLayerToggled(chosen, 9), 9)).toEqual(chosen);
  });

  it("knows one layer alone", () => {
    expect(aloneIn(layerAlone(16, 11))).toBe(11);
    expect(aloneIn(firstLayersOf(16, 2))).toBeUndefined();
    expect(aloneIn(firstLayersOf(16, 0))).toBeUndefined();
  });

  it("counts the layers that are on from the first", () => {
    expect(leadingCount(firstLayersOf(16, 16))).toBe(16);
    expect(leadingCount(withLayerToggled(firstLayersOf(16, 16), 4))).toBe(4);
    expect(leadingCount(layerAlone(16, 3))).toBe(0);
  });

  it.each([
    [firstLayersOf(16, 16), "0–15"],
    [layerAlone(16, 15), "15"],
    [withLayerToggled(withLayerToggled(firstLayersOf(16, 8), 9), 0), "1–7, 9"],
    [firstLayersOf(16, 0), ""],
  ])("is written as ranges", (chosen, words) => {
    expect(layerRanges(chosen)).toBe(words);
  });
});
