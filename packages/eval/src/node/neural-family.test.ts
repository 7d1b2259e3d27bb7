import { describe, expect, it } from "vitest";
import { chooseMeasures, MEASURES } from "../measures/measures.ts";
import { neuralFamily, withNeural } from "./neural-family.ts";

const networks = ["dnsmosSig", "dnsmosOvrl", "plcmos"].map((id) => ({ id, label: id, model: `${id}.onnx` }));
const { measures } = neuralFamily({ measures: networks, score: async () => ({}), close: async () => undefined });

function chosen(ids?: string[]): string[] {
  return chooseMeasures(withNeural(ids, measures), [...MEASURES, ...measures]).map(({ id }) => id);
}

describe("networks beside other measures", () => {
  it("are added to measures that are named", () => {
    expect(chosen(["stoi"])).toEqual(["stoi", "dnsmosSig", "dnsmosOvrl", "plcmos"]);
    expect(chosen()).toEqual([...MEASURES, ...measures].map(({ id }) => id));
  });

  it("are chosen from where some are named, and belong to the main ones where they judge the whole", () => {
    expect(chosen(["stoi", "plcmos"])).toEqual(["stoi", "plcmos"]);
    expect(chosen(["main"]).slice(-3)).toEqual(["melCepstral", "dnsmosOvrl", "plcmos"]);
  });
});
