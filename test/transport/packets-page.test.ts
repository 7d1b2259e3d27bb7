/**
 * The examples of docs/packets.md: written here, and read by this package and by a program in
 * Python that was written from the page alone.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import {
  layoutText,
  parseLayout,
  payloadBytes,
  PROFILES,
  readCommandPacket,
  readControl,
  readPayload,
  SecureLink,
  writeCommandPacket,
  writeControl,
  writePayload,
} from "@twelvehz/transport";
import { describe, expect, it } from "vitest";
import { root } from "../root.ts";

interface Example {
  readonly kind: string;
  readonly hex: string;
}

const page = readFileSync(join(root, "docs/packets.md"), "utf8");
const examples: readonly Example[] = [...page.matchAll(/```hex (\w+)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({
  kind,
  hex: text.replaceAll(/#.*|\s/g, ""),
}));
const [payloadExplicit, payloadProfile, sealed, helloDialer, helloListener, report, bye, command] = examples.map(({ hex }) => hex);

const model = { name: "demo", id: "000102030405060708090a0b0c0d0e0f" };
const spec = { ...DEFAULT_SPEC, layers: 2, model };
const two = new Codes(Int16Array.of(1, 2, 3, 4, 5, 6), 2, spec);
const sixteen = new Codes(
  Int16Array.from({ length: 48 }, (_, i) => i),
  16,
  { model },
);
const secret = Uint8Array.from({ length: 16 }, (_, i) => i);
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const REPORT = { kind: "report", loss: 51 / 256, burst: 1.25, queueMs: 300, concealed: 3 / 256 } as const;
const BYE = { kind: "bye", frames: 301 } as const;

function openEnd(role: "dialer" | "listener", salt: number): Promise<SecureLink> {
  return SecureLink.open({ role, secret, spec, newSalt: () => new Uint8Array(8).fill(salt) });
}

describe("the page on packets", () => {
  it("has an example of every kind", () => {
    expect(examples.map(({ kind }) => kind)).toEqual(["payload", "payload", "sealed", "hello", "hello", "control", "control", "command"]);
  });

  it("shows payloads, control messages and a command as they are written and read", () => {
    expect(hex(writePayload(parseLayout("2+1@1"), two, false))).toBe(payloadExplicit);
    expect(hex(writePayload(parseLayout("8+8@1"), sixteen, true))).toBe(payloadProfile);
    expect(readPayload(bytes(payloadProfile), sixteen)).toEqual({
      layout: parseLayout("8+8@1"),
      pauseFollows: true,
      parts: [
        { offset: 0, codes: sixteen.frame(2).slice(0, 8) },
        { offset: -1, codes: sixteen.frame(1).slice(0, 8) },
      ],
    });
    expect([hex(writeControl(REPORT)), hex(writeControl(BYE))]).toEqual([report, bye]);
    expect([readControl(bytes(report)), readControl(bytes(bye))]).toEqual([REPORT, BYE]);
    expect(hex(writeCommandPacket(two))).toBe(command);
    expect(readCommandPacket(bytes(command), spec).data).toEqual(two.data);
  });

  it("shows the hellos of both ends, and a packet that one of them seals", async () => {
    const [dialer, listener] = [await openEnd("dialer", 0xaa), await openEnd("listener", 0xbb)];
    expect(hex(await dialer.hello())).toBe(helloDialer);
    const answered = await listener.take(bytes(helloDialer));
    expect(answered.kind === "hello" && answered.answer && hex(answered.answer)).toBe(helloListener);
    await dialer.take(bytes(helloListener));
    expect(hex(await dialer.sealCodes(300, bytes(payloadExplicit)))).toBe(sealed);
    expect(await listener.take(bytes(sealed))).toMatchObject({ kind: "codes", frame: 300 });
  });

  it("lists every profile, and sizes that are right", () => {
    const listed = [...page.matchAll(/\| (\d+) \| `([^`]+)` (?=\|)/g)].map(([, number, layout]) => [Number(number), layout] as const);
    expect(listed.sort(([a], [b]) => a - b)).toEqual(PROFILES.map((layout, i) => [i, layout]));
    const sizes = [...page.matchAll(/^\| `([^`]+)` \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \|$/gm)];
    expect(sizes.length).toBeGreaterThan(4);
    for (const [, text, ...numbers] of sizes) {
      const layout = parseLayout(text);
      expect(layoutText(layout)).toBe(text);
      const payload = payloadBytes(layout, DEFAULT_SPEC);
      const all = payload + 11 + 28;
      const kilobits = ((all * 8 * 12.5) / layout.frames / 1000).toFixed(1);
      expect(numbers).toEqual([payload, payload + 11, all, kilobits].map(String));
    }
  });
});

const python = spawnSync("python3", ["--version"]).status === 0;

describe("a reader in Python, written from the page", () => {
  it.skipIf(!python)(`reads every example${python ? "" : " (skipped: no python3)"}`, () => {
    const input = examples.map((example) => JSON.stringify(example)).join("\n");
    const run = spawnSync("python3", [join(root, "test/transport/parse_packets.py")], { input, encoding: "utf8" });
    expect(run.stderr).toBe("");
    const parts = [
      { offset: 0, codes: [5, 6] },
      { offset: -1, codes: [3] },
    ];
    const hello = { modelId: model.id, layers: 2, suite: 2, codebookSize: 2048 };
    const frame = (t: number): number[] => [...sixteen.frame(t).subarray(0, 8)];
    expect(
      run.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { pauseFollows: false, parts },
      {
        pauseFollows: true,
        parts: [
          { offset: 0, codes: frame(2) },
          { offset: -1, codes: frame(1) },
        ],
      },
      { frame: 300, pauseFollows: false, parts },
      { ...hello, role: "dialer", salt: "aa".repeat(8), peerSalt: "00".repeat(8) },
      { ...hello, role: "listener", salt: "bb".repeat(8), peerSalt: "aa".repeat(8) },
      REPORT,
      BYE,
      { tag: "0001", layers: 2, codes: [1, 2, 3, 4, 5, 6] },
    ]);
  });
});
