/** An earlier revision beside this tree, built and ready to be measured. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/prepare.mjs";

/** Files of this folder that the parts of a measurement need. */
const COPIED = ["speed.mjs", "machine.mjs", "revision.mjs"];

/** Links to all installed packages, and to those of the tree itself in place of ours. */
function linkPackages(tree) {
  const modules = join(tree, "node_modules");
  mkdirSync(join(modules, "@twelvehz"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")).filter((n) => n !== "@twelvehz" && n !== "twelvehz"))
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  for (const folder of readdirSync(join(tree, "packages"))) {
    const manifest = join(tree, "packages", folder, "package.json");
    const nested = join(root, "packages", folder, "node_modules");
    if (existsSync(manifest) && existsSync(nested)) cpSync(nested, join(tree, "packages", folder, "node_modules"), { recursive: true });
    if (existsSync(manifest)) symlinkSync(join(tree, "packages", folder), join(modules, JSON.parse(readFileSync(manifest, "utf8")).name));
  }
}

/**
 * Checks a revision out, builds it, and puts the files of the measurement into its `bench/`.
 * @param work gets the folder of the tree, which is gone afterwards
 */
export async function withRevision(revision, benchFolder, work) {
  const tree = join(mkdtempSync(join(tmpdir(), "twelvehz-revision-")), "tree");
  const git = (...args) => execFileSync("git", args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  git("worktree", "add", "--detach", tree, revision);
  try {
    linkPackages(tree);
    const tsc = join(
      root,
      "node_modules/typescript",
      JSON.parse(readFileSync(join(root, "node_modules/typescript/package.json"), "utf8")).bin.tsc,
    );
    execFileSync(process.execPath, [tsc, "-b", "packages/codec/src/web", "packages/cli"], {
      cwd: tree,
      stdio: ["ignore", "inherit", "inherit"],
    });
    for (const name of COPIED) copyFileSync(join(benchFolder, name), join(tree, "bench", name));
    return await work(tree);
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(join(tree, ".."), { recursive: true, force: true });
  }
}
