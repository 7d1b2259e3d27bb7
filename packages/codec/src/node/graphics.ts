/** Graphics cards in Node: Dawn, in the package `webgpu`, which users install where they want it. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CodecError, messageOf } from "../errors.ts";
import { type GraphicsCard, type GraphicsRequest, openCard, type PassedChecks } from "../gpu/card.ts";
import type { DeviceChoice } from "../runtime/device-name.ts";
import { makeFolder } from "./folders.ts";
import { cacheHome } from "./hub/environment.ts";

/** What Dawn created: when it is collected, the process ends with it. */
const created: GPU[] = [];

/** The wish for a card that a device stands for; undefined for the processor. */
export function graphicsRequest({ device, decoderWeights }: DeviceChoice, note: (reason: string) => void): GraphicsRequest | undefined {
  if (device === "cpu") return undefined;
  const isRequired = device === "webgpu";
  const passed = passedIn(join(cacheHome(process.env), "twelvehz", "graphics"));
  return { isRequired, halves: decoderWeights === "float16", open: () => open(isRequired), passed, note };
}

async function open(takesFallback: boolean): Promise<GraphicsCard> {
  const { create } = await import("webgpu").catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    const found = isMissing ? "the package webgpu is not installed" : `the package webgpu says "${messageOf(error)}"`;
    throw new CodecError("runtime", `Cannot use a graphics card: ${found}; run "npm install webgpu@0.6.2", or choose the device "cpu"`, {
      cause: error,
    });
  });
  const gpu = create([]);
  created.push(gpu);
  return openCard(gpu, { takesFallback, compiler: "Dawn of webgpu 0.6.2" });
}

/** A file without content for each check that was passed. */
function passedIn(folder: string): PassedChecks {
  return {
    has: async (key) => existsSync(join(folder, key)),
    async add(key) {
      try {
        await makeFolder(folder);
        await writeFile(join(folder, key), "");
      } catch {
        // A home that cannot be written to: the check is made again the next time.
      }
    },
  };
}
