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

/** What is read of a Job of batch/v1 and of its pods, as far as it is used here: names and kinds of values. */
const SCHEMA: Readonly<Record<string, string>> = {
  apiVersion: "string",
  kind: "string",
  "metadata.name": "string",
  "spec.completionMode": "string",
  "spec.completions": "number",
  "spec.parallelism": "number",
  "spec.backoffLimitPerIndex": "number",
  "spec.maxFailedIndexes": "number",
  "spec.template.spec.restartPolicy": "string",
  "spec.template.spec.automountServiceAccountToken": "boolean",
  "spec.template.spec.securityContext.runAsNonRoot": "boolean",
  "spec.template.spec.securityContext.runAsUser": "number",
  "spec.template.spec.securityContext.seccompProfile.type": "string",
  "spec.template.spec.containers[].name": "string",
  "spec.template.spec.containers[].image": "string",
  "spec.template.spec.containers[].command[]": "string",
  "spec.template.spec.containers[].args[]": "string",
  "spec.template.spec.containers[].env[].name": "string",
  "spec.template.spec.containers[].env[].value": "string",
  "spec.template.spec.containers[].envFrom[].secretRef.name": "string",
  "spec.template.spec.containers[].resources.requests.cpu": "string",
  "spec.template.spec.containers[].resources.requests.memory": "string",
  "spec.template.spec.containers[].resources.limits.memory": "string",
  "spec.template.spec.containers[].securityContext.allowPrivilegeEscalation": "boolean",
  "spec.template.spec.containers[].securityContext.readOnlyRootFilesystem": "boolean",
  "spec.template.spec.containers[].securityContext.capabilities.drop[]": "string",
  "spec.template.spec.containers[].volumeMounts[].name": "string",
  "spec.template.spec.containers[].volumeMounts[].mountPath": "string",
  "spec.template.spec.volumes[].name": "string",
  "spec.template.spec.volumes[].emptyDir": "object",
};

/** Paths of all values with their kinds. */
function kindsOf(value: unknown, path = ""): [path: string, kind: string][] {
  if (Array.isArray(value)) return value.flatMap((item) => kindsOf(item, `${path}[]`));
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return [[path, typeof value]];
  return entries.flatMap(([name, item]) => kindsOf(item, path === "" ? name : `${path}.${name}`));
}

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

  it("on Kubernetes are an indexed job with known fields, as many indexes as workers", () => {
    const job = parse(JOB) as {
      spec: { completionMode: string; completions: number; template: { spec: { containers: { args: string[] }[] } } };
    };
    for (const [path, kind] of kindsOf(job)) expect([path, kind]).toEqual([path, SCHEMA[path]]);
    const [{ args }] = job.spec.template.spec.containers;
    expect([job.spec.completionMode, String(job.spec.completions)]).toEqual(["Indexed", args[args.indexOf("--index-count") + 1]]);
  });
});
