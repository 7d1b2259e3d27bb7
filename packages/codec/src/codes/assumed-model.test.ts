import { expect, test } from "vitest";
import { assumedModel } from "./assumed-model.ts";
import { codeUseFit } from "./code-use.ts";
import { Codes } from "./codes.ts";

const MODEL = { name: "some-model", id: "0".repeat(32) };

test("a model is assumed where the codes name none, and said by its name", () => {
  const data = new Int16Array(16 * 30);
  expect(assumedModel(new Codes(data, 16, { model: MODEL }), MODEL)).toBeUndefined();
  expect(assumedModel(new Codes(data, 16), MODEL)).toEqual({
    name: "some-model",
    isDoubtful: false, // nothing is known of how it uses its codes
    reason: "the codes name no model: some-model is assumed",
  });
});

test("nothing is said of a model of which nothing is known", () => {
  expect(codeUseFit(new Codes(new Int16Array(16 * 30), 16), MODEL.id)).toBeUndefined();
});
