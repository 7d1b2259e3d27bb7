import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { IdSet } from "./id-set.ts";
import { draftPlan, type PlanRequest } from "./make-plan.ts";

describe("a plan", () => {
  it.skipIf(!existsSync("/dev/full"))("that the disk has no room for says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
    try {
      writeFileSync(join(folder, "list.jsonl"), '{"audio": "a.wav"}\n');
      symlinkSync("/dev/full", join(folder, "spool.jsonl"));
      const request = { sources: [join(folder, "list.jsonl")], badLines: "fail", unitSeconds: 60, after: null, ids: new IdSet() };
      await expect(draftPlan(request as unknown as PlanRequest, folder)).rejects.toMatchObject({
        code: "io",
        message: expect.stringMatching(/^Cannot write ".*spool\.jsonl": the disk is full$/) as string,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
