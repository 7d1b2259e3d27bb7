import { it } from "vitest";
import { expectConstantMemory } from "./streamed-memory.ts";

it("streams two minutes in both directions in constant memory", () => expectConstantMemory(2));
