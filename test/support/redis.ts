/** A Redis of its own on loopback, where Debian's `redis-server` is installed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** Whether there is one. */
export const HAS_REDIS: boolean = spawnSync("redis-server", ["--version"]).status === 0;

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts it, with all that it knows kept in a folder. */
export async function startRedis(port: number, folder: string): Promise<ChildProcess> {
  const options = {
    port,
    dir: folder,
    appendonly: "yes",
    appendfsync: "always",
    save: "",
    "maxmemory-policy": "noeviction",
    bind: "127.0.0.1",
  };
  const child = spawn(
    "redis-server",
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  );
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (bytes: Buffer) => /Ready to accept connections/.test((said += bytes.toString())) && resolve());
    child.once("exit", () => reject(new Error(`redis-server has ended: ${said}`)));
  });
  return child;
}
