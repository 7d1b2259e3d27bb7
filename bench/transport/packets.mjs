/**
 * What a packet costs to make and to read: packetizer, encryption, decryption with the depacketizer.
 * Microseconds of processor time, those of WebCrypto's threads included, the median of many rounds:
 * what else the machine does counts little. Writes bench/results/packets.json, from which
 * docs/transport.md takes its table.
 *
 *     node bench/transport/packets.mjs
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import { CIPHER_SUITES, Depacketizer, Packetizer, parseLayout, readPayload, SecureLink } from "@twelvehz/transport";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const ROUNDS = 20;
const PACKETS = 250;
const LAYOUT = parseLayout("16+16@1+8@2+4@3");
const secret = new Uint8Array(16).fill(1);

async function pair(suite) {
  const ends = await Promise.all(["dialer", "listener"].map((role) => SecureLink.open({ role, secret, spec: DEFAULT_SPEC, suite })));
  let [to, from] = [ends[1], ends[0]];
  for (let hello = await ends[0].hello(); hello; [to, from] = [from, to]) hello = (await to.take(hello)).answer;
  return ends;
}

/** Median over the rounds of the mean processor time of a packet, µs. */
async function microseconds(work) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.cpuUsage();
    for (let i = 0; i < PACKETS; i++) await work(round * PACKETS + i);
    const { user, system } = process.cpuUsage(began);
    times.push((user + system) / PACKETS);
  }
  return Math.round(times.sort((a, b) => a - b)[ROUNDS >> 1]);
}

const frame = new Codes(
  Int16Array.from({ length: 16 }, (_, i) => 100 * i),
  16,
  DEFAULT_SPEC,
);
const packetizer = new Packetizer(DEFAULT_SPEC, LAYOUT);
const payloads = [];
const packetizerUs = await microseconds(() => payloads.push(...packetizer.push(frame)));
const depacketizer = new Depacketizer();
const read = ({ frame: number, payload }) => {
  depacketizer.take(number, readPayload(payload, DEFAULT_SPEC));
  depacketizer.forget(number - 8);
};
const depacketizerUs = await microseconds((i) => read(payloads[i]));
const suites = [];
for (const { id, name } of CIPHER_SUITES) {
  const [dialer, listener] = await pair(id);
  const sealed = [];
  const sealUs = await microseconds(async (i) => void (sealed[i] = await dialer.sealCodes(i, payloads[i].payload)));
  const openUs = await microseconds((i) => listener.take(sealed[i]));
  suites.push({ name, sealUs, openUs });
}
const report = { measured: measuredOn("node bench/transport/packets.mjs"), packetizerUs, depacketizerUs, suites };
writeFileSync(join(root, "bench/results/packets.json"), `${JSON.stringify(report, null, 1)}\n`);
console.log(JSON.stringify(report, null, 1));
