import { it } from "vitest";
import { expectConstantMemory } from "./streamed-memory.ts";

it("streams ten minutes in both directions in constant memory", () => expectConstantMemory(10));
