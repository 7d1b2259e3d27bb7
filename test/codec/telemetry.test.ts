/**
 * ONNX Runtime for Node reports about its use unless it is told not to: that it is told, wherever
 * it is loaded.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { soundPath, temporaryFolder } from "../support/command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const dist = (path: string): string => JSON.stringify(new URL(`../../packages/${path}`, import.meta.url).href);

/** Files that a process leaves in an empty home folder. */
function filesLeft(name: string, args: readonly string[]): string[] {
  const home = temporaryFolder();
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, CI: ___, ...env } = process.env; // where CI is set it keeps quiet by itself
  const quiet = { ...env, HOME: home, TWELVEHZ_MODEL: "", TWELVEHZ_CONFIG: join(home, name) };
  execFileSync(process.execPath, args, { cwd: ROOT, env: quiet, stdio: ["ignore", "ignore", "inherit"] });
  return readdirSync(home, { recursive: true }) as string[];
}

const script = (code: string): string[] => ["--input-type=module", "-e", code];
const network = (): string => JSON.stringify(join(ROOT, "packages/eval/models/plcmos-v2.onnx"));

describe("what ONNX Runtime leaves behind", () => {
  it("is something where nobody forbids it, so that the tests below can fail", { skip: process.platform !== "linux" }, () => {
    const left = filesLeft("control", script(`import * as ort from "onnxruntime-node"; await ort.InferenceSession.create(${network()});`));
    expect(left.join()).toMatch(/onnxruntime/);
  });

  it.each<[string, string[]]>([
    [
      "a codec",
      script(`import { openCodec } from ${dist("codec/dist/node/index.js")}; const c = await openCodec("compact"); await c.close();`),
    ],
    [
      "a codec that is opened in a program which loaded ONNX Runtime's JavaScript later",
      script(
        `import { openCodec } from ${dist("codec/dist/node/index.js")}; const c = await openCodec("compact"); await import("onnxruntime-node"); await c.close();`,
      ),
    ],
    [
      "a network that judges speech",
      script(
        `import { NeuralSession } from ${dist("eval/dist/node/neural/neural-session.js")}; await (await NeuralSession.open(${network()})).close();`,
      ),
    ],
    [
      "a thread of measures with networks",
      script(`import { MeasureThread } from ${dist("eval/dist/node/measure-thread.js")}; import { Audio } from ${dist("codec/dist/node/index.js")};
        const t = new MeasureThread({ neural: {} }); const a = new Audio(new Float32Array(24000), 24000); await t.measure(a, a, []).catch(() => {}); await t.close();`),
    ],
    ["the command", ["packages/cli/dist/main.js", "encode", soundPath("english.wav"), "-o", "-"]],
  ])("is nothing after %s", (name, args) => {
    expect(filesLeft(name.slice(0, 9), args)).toEqual([]);
  });

  it("cannot be anything in a page: its WebAssembly names no host for it", () => {
    const path = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
    expect(/events\.data|ORT_DISABLE_TELEMETRY/.test(readFileSync(path).toString("latin1"))).toBe(false);
  });
});
