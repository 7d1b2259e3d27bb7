/**
 * What a packet costs to make and to read: packetizer, encryption, decryption with the depacketizer.
 * Prints microseconds of processor time, those of WebCrypto's threads included, the median of many
 * rounds: what else the machine does counts little.
 *
 *     node bench/transport/packets.mjs
 */
import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import { CIPHER_SUITES, Depacketizer, Packetizer, parseLayout, readPayload, SecureLink } from "@twelvehz/transport";

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
  return times.sort((a, b) => a - b)[ROUNDS >> 1].toFixed(0);
}

const frame = new Codes(
  Int16Array.from({ length: 16 }, (_, i) => 100 * i),
  16,
  DEFAULT_SPEC,
);
const packetizer = new Packetizer(DEFAULT_SPEC, LAYOUT);
const payloads = [];
console.log(`packetizer            ${await microseconds(() => payloads.push(...packetizer.push(frame)))} us`);
const depacketizer = new Depacketizer();
const read = ({ frame: number, payload }) => {
  depacketizer.take(number, readPayload(payload, DEFAULT_SPEC));
  depacketizer.forget(number - 8);
};
console.log(`depacketizer          ${await microseconds((i) => read(payloads[i]))} us`);
for (const { id, name } of CIPHER_SUITES) {
  const [dialer, listener] = await pair(id);
  const sealed = [];
  const seal = await microseconds(async (i) => void (sealed[i] = await dialer.sealCodes(i, payloads[i].payload)));
  const open = await microseconds((i) => listener.take(sealed[i]));
  console.log(`${name.padEnd(28)} seal ${seal} us, open and read ${open} us`);
}
