import { it } from "vitest";
import { TokenFileWriter } from "./token-file-writer.ts";
import { Codes } from "../codes.ts";
import { writeTokenFile, readTokenFile } from "./token-file.ts";
it("x", () => {
  const w = new TokenFileWriter({ layers: 2, codebookSize: 8, blockFrames: 2, model: { name: "demo", id: "000102030405060708090a0b0c0d0e0f" } });
  const parts = [w.push(Int16Array.of(1, 2, 3, 4, 5, 6)), w.finish(5000)];
  console.log(parts.map((p) => Buffer.from(p).toString("hex").replace(/(..)/g, "$1 ")).join("\n"));
  const c = new Codes(new Int16Array(16 * 45000).map(() => Math.random() * 2048), 16, { sampleCount: 45000 * 1920 - 5 });
  for (let i = 0; i < 3; i++) {
    let t = performance.now();
    const f = writeTokenFile(c);
    const a = performance.now() - t; t = performance.now();
    const r = readTokenFile(f);
    console.log(f.length, f.length / (45000 * 22) - 1, a, performance.now() - t, r.codes.frames);
  }
  const m = writeTokenFile(c.slice(0, 750), {});
  console.log(m.length, m.length / 16500 - 1);
});
