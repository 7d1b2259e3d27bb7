/** Bundles a page of the tests as the page of the product is bundled. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";

const CACHE = join(root, "node_modules/.cache/twelvehz-pages");
/** What pages are made of, besides their own folder. */
const SHARED = ["apps/web", "packages", "package-lock.json"];
const NOT_IN_PAGES = /(^|\/)(node_modules|page|src)(\/|$)|\.(map|tsbuildinfo|d\.ts|safetensors)$/;

/**
 * Bundles the page in a folder of the repository, once for each state of what it is made of: other
 * tests, and the next run, find it.
 * @returns the folder with the bundle
 */
export async function buildPage(source: string): Promise<string> {
  const place = join(CACHE, `${source.replaceAll("/", "-")}-${stateOf([source, ...SHARED])}`);
  if (existsSync(place)) return place;
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, "making-"));
  const { build } = await import("vite"); // which takes long to load
  await build({
    root: join(root, source),
    configFile: join(root, "apps/web/vite.config.ts"),
    logLevel: "error",
    build: { outDir: making, emptyOutDir: true },
  });
  try {
    renameSync(making, place);
  } catch {
    rmSync(making, { recursive: true }); // another test was faster
  }
  return place;
}

/** A hash of files and of all that lies in folders; packages count as they are built. */
function stateOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) for (const file of filesIn(path)) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}

function filesIn(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  const isBuilt = path === "packages";
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((file) => !isBuilt || !NOT_IN_PAGES.test(file))
    .sort();
}
