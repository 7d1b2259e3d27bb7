/** S3 on loopback: PyPI's `moto` with its server, behind a proxy that fails as networks and services do. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "./redis.ts";

const PYTHON = process.env["TWELVEHZ_PYTHON"] ?? "python3";
/** Whether there is one. */
export const HAS_MOTO: boolean = spawnSync(PYTHON, ["-c", "import moto.server"]).status === 0;

/** S3 that is running. */
export interface LocalS3 {
  /** Of the proxy. */
  readonly endpoint: string;
  /** How often the proxy has failed, by kind. */
  readonly faults: { refused: number; cut: number };
  close(): Promise<void>;
}

/** Every so many requests is answered with 503, and every so many bodies is cut short. */
const REFUSE_EVERY = 7;
const CUT_EVERY = 5;

/** Starts the service and the proxy before it. */
export async function startS3(): Promise<LocalS3> {
  const port = await freePort();
  const moto = spawn(PYTHON, ["-m", "moto.server", "-p", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    moto.stderr.on("data", (bytes: Buffer) => /Running on/.test((said += bytes.toString())) && resolve());
    moto.once("exit", () => reject(new Error(`moto has ended: ${said}`)));
  });
  const faults = { refused: 0, cut: 0 };
  const proxy = failingProxy(port, faults);
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { endpoint, faults, close: () => stop(moto, proxy) };
}

function failingProxy(port: number, faults: LocalS3["faults"]): Server {
  let [requests, bodies] = [0, 0];
  return createServer((incoming, outgoing) => {
    if (++requests % REFUSE_EVERY === 0) {
      faults.refused++;
      incoming.resume();
      outgoing.writeHead(503, { "content-type": "application/xml", connection: "close" });
      return void outgoing.end("<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>");
    }
    const { method, url: path, headers } = incoming;
    const upstream = request({ port, host: "127.0.0.1", method, path, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        const body = Buffer.concat(parts);
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        if (method !== "GET" || body.length < 200 || ++bodies % CUT_EVERY !== 0) return void outgoing.end(body);
        faults.cut++;
        outgoing.write(body.subarray(0, body.length >> 1), () => outgoing.destroy());
      });
    });
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  });
}

async function stop(moto: ChildProcess, proxy: Server): Promise<void> {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  moto.kill("SIGKILL");
}
