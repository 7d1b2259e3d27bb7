/** The files of deploy/, as far as they can be checked without the systems that run them. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "@twelvehz/server";
import { succeed } from "@twelvehz/test-support/command.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { validate } from "dockerfile-utils";
import { parseAllDocuments } from "yaml";
import { root } from "../root.ts";

const FOLDER = join(root, "deploy");
const FILES = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const textOf = (name: string): string => readFileSync(FILES.find((file) => file.endsWith(name)) ?? "", "utf8");

describe("the files of deploy/", () => {
  let help: string;
  let metrics: string;
  beforeAll(async () => {
    help = (await succeed(["serve", "--help"])).stdout.toString();
    const { app } = createServer({ model: "compact" });
    metrics = (await app.inject({ url: "/metrics", headers: { host: "localhost" } })).body;
    await app.close();
  });

  test.each(FILES.filter((file) => file.endsWith(".yaml")))("%s is YAML", (file) => {
    const documents = parseAllDocuments(readFileSync(file, "utf8"));
    expect(documents.length).toBeGreaterThan(0);
    for (const { errors } of documents) expect(errors).toEqual([]);
  });

  test.each(["twelvehz.service", "Dockerfile", "kubernetes/twelvehz.yaml"])("%s starts the command with options that it has", (name) => {
    const lines = textOf(name).split("\n");
    const options = lines
      .filter((line) => /^(ExecStart|ENTRYPOINT|CMD)|^\s+args:/.test(line))
      .flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
    expect(options).toContain("--keys");
    for (const option of options) expect(help).toContain(`${option} `);
  });

  test.each(["dashboards/twelvehz.json", "kubernetes/twelvehz.yaml", "monitoring/adapter-values.yaml"])(
    "%s asks for figures that the server has",
    (name) => {
      const names = textOf(name).match(/\b(twelvehz|http_server|process)_\w+/g) ?? [];
      expect(names.length).toBeGreaterThan(0);
      for (const metric of names) expect(metrics).toContain(metric.replace(/_bucket$/, ""));
    },
  );

  test.each(["twelvehz.service", "compose.yaml", "kubernetes/twelvehz.yaml"])("%s tells clients behind a proxy apart", (name) => {
    expect(textOf(name)).toMatch(/--trust-proxy"?,? "?\w/);
  });

  test.each(["kubernetes/twelvehz.yaml", "kubernetes/tokenize.yaml"])("%s takes the image that is on the node", (name) => {
    const images = textOf(name).match(/^ +image: .*\n.*/gm) ?? [];
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) expect(image).toMatch(/\n +imagePullPolicy: IfNotPresent$/);
  });

  test("have lines in the README that are good for a shell, with options that the command has and files that are there", () => {
    const text = textOf("deploy/README.md");
    const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
    expect(blocks.length).toBe(3);
    for (const block of blocks) expect(spawnSync("bash", ["-n"], { input: block }).status).toBe(0);
    const lines = blocks.join("").split("\n");
    for (const line of lines.filter((one) => one.includes("twelvehz serve")))
      for (const option of line.replace(/^.*twelvehz serve/, "").match(/--[a-z-]+/g) ?? []) expect(help).toContain(`${option} `);
    const made = new Set(["deploy/docker/keys", "deploy/docker/prometheus-key", "deploy/docker"]);
    const named = (blocks.join("").match(/\bdeploy\/[\w./-]+/g) ?? []).filter((name) => !made.has(name));
    for (const name of named) expect(FILES).toContain(join(root, name));
  });

  test("give streams the time to end that the server takes", () => {
    const number = (name: string, pattern: RegExp): number => Number(pattern.exec(textOf(name))?.[1]);
    const drain = /drain-seconds"?,? "?(\d+)/;
    expect(number("twelvehz.service", /TimeoutStopSec=(\d+)/)).toBeGreaterThan(number("twelvehz.service", drain));
    expect(number("compose.yaml", /stop_grace_period: (\d+)s/)).toBeGreaterThan(number("Dockerfile", drain));
    const pause = number("kubernetes/twelvehz.yaml", /sleep, "(\d+)"/);
    expect(number("kubernetes/twelvehz.yaml", /terminationGracePeriodSeconds: (\d+)/)).toBeGreaterThan(
      pause + number("kubernetes/twelvehz.yaml", drain),
    );
  });

  test("has a Dockerfile of known instructions, not as root", () => {
    expect(validate(textOf("Dockerfile"), {}).map(({ message }) => message)).toEqual([]);
    const last = textOf("Dockerfile")
      .split(/^FROM /m)
      .at(-1);
    expect(last).toMatch(/^USER (?!root|0)/m);
  });

  /** What is checked by the program that reads it, where that is there. */
  interface Check {
    readonly what: string;
    readonly program: string;
    /** Arguments that tell whether it is there, and those of the check. */
    readonly probe: readonly string[];
    readonly args: readonly string[];
    readonly input?: () => string;
  }
  const kubernetes = FILES.filter((file) => file.includes("kubernetes"));
  const checks: readonly Check[] = [
    { what: "the unit", program: "systemd-analyze", probe: ["--version"], args: ["verify", join(FOLDER, "systemd/twelvehz.service")] },
    { what: "the objects", program: "kubernetes-validate", probe: ["--version"], args: ["--strict", ...kubernetes] },
    { what: "the figures", program: "promtool", probe: ["--version"], args: ["check", "metrics"], input: () => metrics },
    {
      what: "the settings of Prometheus",
      program: "promtool",
      probe: ["--version"],
      args: ["check", "config", "--syntax-only", join(FOLDER, "docker/prometheus.yaml")],
    },
    {
      what: "the composition",
      program: "docker",
      probe: ["compose", "version"],
      args: ["compose", "-f", join(FOLDER, "docker/compose.yaml"), "config", "-q"],
    },
  ];
  for (const { what, program, probe, args, input } of checks) {
    const isThere = spawnSync(program, probe).status === 0;
    test.skipIf(!isThere)(`${what} are good, says ${program}${isThere ? "" : " (skipped: it is not there)"}`, () => {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", input: input?.() });
      expect(status, stdout + stderr).toBe(0);
    });
  }
});
