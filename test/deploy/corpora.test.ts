/** The files of deploy/ that make corpora: what their systems read, and options that the command has. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "@twelvehz/test-support/command.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "../root.ts";

const textOf = (name: string): string => readFileSync(join(root, "deploy", name), "utf8");
const SLURM = textOf("slurm/tokenize.sbatch");
const JOB = textOf("kubernetes/tokenize.yaml");

describe("corpora on a cluster", () => {
  let help: string;
  beforeAll(async () => {
    help = (await succeed(["corpus", "worker", "--help"])).stdout.toString();
  });

  it.each([
    ["Slurm", SLURM],
    ["Kubernetes", JOB],
  ])("on %s are made with options that the command has", (_, text) => {
    const options = [...text.replaceAll(/^#.*$/gm, "").matchAll(/(?<![\w-])--[a-z-]+/g)].map(([option]) => option);
    expect(options).toEqual(expect.arrayContaining(["--unit-index", "--index-count", "--jobs"]));
    for (const option of options) expect(help).toContain(`${option} `);
  });

  it("on Slurm are a script for bash, with settings of sbatch", () => {
    expect(spawnSync("bash", ["-n", join(root, "deploy/slurm/tokenize.sbatch")]).status).toBe(0);
    const known = ["job-name", "array", "ntasks", "cpus-per-task", "mem", "time", "requeue", "open-mode", "output"];
    expect([...SLURM.matchAll(/^#SBATCH --([a-z-]+)/gm)].map(([, name]) => name)).toEqual(known);
  });

  it("on Kubernetes are an indexed job, as many indexes as workers; its fields are checked beside this, in deploy.test.ts", () => {
    const job = parse(JOB) as {
      spec: { completionMode: string; completions: number; template: { spec: { containers: { args: string[] }[] } } };
    };
    const [{ args }] = job.spec.template.spec.containers;
    expect([job.spec.completionMode, String(job.spec.completions)]).toEqual(["Indexed", args[args.indexOf("--index-count") + 1]]);
  });
});
