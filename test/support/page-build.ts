/** Bundles a page of the tests as the page of the product is bundled. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { root } from "../root.ts";

/** A page that was bundled into a folder of its own. */
export interface BuiltPage {
  readonly folder: string;
  /** Removes the folder. */
  remove(): Promise<void>;
}

/** Bundles the page in a folder of the repository. */
export async function buildPage(source: string): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), "twelvehz-page-"));
  await build({
    root: join(root, source),
    configFile: join(root, "apps/web/vite.config.ts"),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
  });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
