import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { DirectPath, hasDataChannels } from "./direct-path.ts";

const secret = new Uint8Array(16).fill(3);
const hasThem = await hasDataChannels();

interface End {
  readonly path: DirectPath;
  readonly open: Promise<void>;
  /** The first datagram that comes. */
  readonly heard: Promise<Uint8Array>;
}

/** An end whose signals go to `other`. */
async function end(role: "dialer" | "listener", key: Uint8Array, other: () => DirectPath | undefined): Promise<End> {
  let [opened, came]: [() => void, (datagram: Uint8Array) => void] = [() => undefined, () => undefined];
  const open = new Promise<void>((resolve) => (opened = resolve));
  const heard = new Promise<Uint8Array>((resolve) => (came = resolve));
  const signal = (bytes: Uint8Array): void => other()?.take(bytes);
  const options = { role, secret: key, page: "http://localhost/", signal, onDatagram: came, onOpen: opened };
  return { path: (await DirectPath.open(options)) as DirectPath, open, heard };
}

describe.skipIf(!hasThem)("a direct way between two processes", () => {
  it("opens by signals that go elsewhere, and carries datagrams both ways", async () => {
    const ends: End[] = [];
    ends.push(await end("listener", secret, () => ends[1]?.path));
    ends.push(await end("dialer", secret, () => ends[0].path));
    await Promise.all(ends.map(({ open }) => open));
    ends[0].path.send(Uint8Array.of(1, 2, 3));
    ends[1].path.send(Uint8Array.of(4));
    expect(await Promise.all(ends.map(({ heard }) => heard))).toEqual([Uint8Array.of(4), Uint8Array.of(1, 2, 3)]);
    expect(ends.map(({ path }) => path.isOpen)).toEqual([true, true]);
    for (const { path } of ends) path.close();
    expect(ends.map(({ path }) => path.isOpen)).toEqual([false, false]);
  });

  it("lets the process end when it is closed", async () => {
    const script = `
      const { DirectPath } = await import(${JSON.stringify(new URL("../../dist/node/direct-path.js", import.meta.url).href)});
      const ends = [];
      for (const role of ["listener", "dialer"]) {
        const signal = (bytes) => ends[1 - ends.findIndex((end) => end.role === role)]?.path.take(bytes);
        let onOpen;
        const open = new Promise((resolve) => (onOpen = resolve));
        const end = { role, open };
        ends.push(end);
        end.path = await DirectPath.open({ role, secret: new Uint8Array(16), page: "http://localhost/", signal, onDatagram: () => {}, onOpen });
      }
      await Promise.all(ends.map(({ open }) => open));
      for (const { path } of ends) path.close();`;
    const { status, stderr } = await new Promise<{ status: number | null; stderr: string }>((resolve) => {
      execFile(process.execPath, ["--input-type=module", "-e", script], (error, _, stderr) =>
        resolve({ status: error ? ((error.code as unknown as number) ?? null) : 0, stderr }),
      );
    });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("is not opened by signals of another key, and drops what is sent before it is open", async () => {
    const ends: End[] = [];
    ends.push(await end("listener", secret, () => ends[1]?.path));
    const stranger = await end("dialer", new Uint8Array(16).fill(4), () => ends[0].path);
    stranger.path.send(Uint8Array.of(1));
    ends[0].path.take(Uint8Array.of(0xe1, 1, 2, 3));
    expect(ends[0].path.isOpen).toBe(false);
    for (const { path } of [ends[0], stranger]) path.close();
  });
});
