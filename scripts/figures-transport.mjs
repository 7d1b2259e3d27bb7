/**
 * Tables of bench/results/transport.json, which bench/transport/measure.mjs writes, as Markdown.
 */
import { table } from "./figures-text.mjs";

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function transportFigures(read) {
  return {
    transport: () => linkTable(read("transport"), "pesqWb", ["clean", "20 % loss", "20 % loss in bursts of 2.5"]),
    transportAll: () => linkTable(read("transport"), "pesqWb"),
    transportDrop: () => linkTable(read("transport"), "pesqWb", lossy(read("transport")), "drop"),
    transportStoi: () => linkTable(read("transport"), "stoi"),
    transportPlcmos: () => linkTable(read("transport"), "plcmos"),
    transportOpus: () => besideOpus(read("opus")),
    callDelay: () => callDelay(read("call")),
    callCarried: () => callCarried(read("call")),
    packetCost: () => packetCost(read("packets")),
    concealment: () => concealment(read("concealment")),
  };
}

const LABELS = { pesqWb: "PESQ-WB", stoi: "STOI", plcmos: "PLCMOS" };
const DECIMALS = { pesqWb: 2, stoi: 3, plcmos: 2 };
const NONE = "–";

const lossy = ({ links }) => links.filter((link) => link !== "clean");

function cellText(cell, measure, what) {
  if (!cell) return NONE;
  const text = (value) => value.toFixed(DECIMALS[measure]);
  return what === "drop" ? `${text(cell.drop)} ± ${text(cell.dropHalfWidth)}` : text(cell.mean);
}

function linkTable({ measured, clips, seconds, isQuick, links, codecs }, measure, wanted = links, what = "mean") {
  const most = Math.max(...codecs.flatMap((codec) => (codec[measure] ?? []).map((cell) => cell?.clips ?? 0)));
  /** Means of fewer clips cannot stand beside the others; drops can: they are of the same clips. */
  const isShown = (cell) => cell && (what === "drop" || cell.clips === most);
  const columns = wanted.map((link) => links.indexOf(link)).filter((i) => codecs.some((codec) => isShown(codec[measure]?.[i])));
  const shown = codecs.filter((codec) => columns.some((i) => isShown(codec[measure]?.[i])));
  const rows = shown.map((codec) => [
    codec.codec,
    codec.kilobitsPerSecond.toFixed(1),
    String(codec.delayMs),
    ...columns.map((i) => cellText(isShown(codec[measure][i]) ? codec[measure][i] : undefined, measure, what)),
  ]);
  const title = what === "drop" ? `Drop of ${LABELS[measure]}` : `${LABELS[measure]}, all headers counted`;
  const head = [title, "kbit/s", "delay, ms", ...columns.map((i) => (links[i] === "clean" ? "no loss" : links[i]))];
  const cells = shown.flatMap((codec) => columns.map((i) => codec[measure][i]).filter(isShown));
  const heard = [...new Set(cells.map((cell) => cell.clips ?? clips))].sort((a, b) => a - b).join(" to ");
  const seeds = [...new Set(cells.map((cell) => cell.seeds ?? 1))].sort((a, b) => a - b).join(" to ");
  const half = what === "drop" ? ", each with half of its 95 % interval over the clips" : "";
  return [
    ...table(head, rows),
    "",
    `${isQuick ? "A first look at few clips. " : ""}Means over ${heard === String(clips) ? clips : `${heard} of ${clips}`} held-out clips (${(seconds / 60).toFixed(1)} min)${half}, ${seeds === "1" ? "one seed" : `${seeds} seeds`} of losses: \`${measured.command}\`, libopus-wasm ${measured.libopus}, commit ${measured.commit}. The delay is by design: frames, look-ahead, and the packets waited for.`,
  ];
}

function besideOpus({ measured, clips, seconds, links, codecs }) {
  const cells = (codec) => codec.pesqWb.map(({ mean, halfWidth }) => `${mean.toFixed(2)} ± ${halfWidth.toFixed(2)}`);
  const head = ["PESQ-WB, all headers counted", "kbit/s", "delay, ms", ...links.map((link) => (link === "clean" ? "no loss" : link))];
  return [
    ...table(
      head,
      codecs.map((codec) => [codec.codec, codec.kilobitsPerSecond.toFixed(1), String(codec.delayMs), ...cells(codec)]),
    ),
    "",
    `Means over ${clips} held-out clips (${Math.round(seconds)} s in all) with half of their 95 % interval, one seed of losses, libopus 1.6.1. DRED has a second of redundancy at most, and waits for the next packet that comes, which the delay does not count. \`${measured.command}\`, commit ${measured.commit}.`,
  ];
}

const DELAY_PARTS = {
  frame: "a frame fills",
  encode: "coding, encryption and what waits for them",
  network: "network, half of the round trip",
  buffer: "jitter buffer",
  decode: "decoding and what waits for it",
  lookAhead: "look-ahead of the decoder",
  playout: "in hand before the audio thread takes it",
};

function callDelay({ measured, parts, clean, lossy, back }) {
  const ms = (value) => String(Math.round(value));
  const sum = Object.keys(DELAY_PARTS).reduce((all, part) => all + parts[part], 0);
  return [
    ...table(
      ["Mouth to ear, page to page, no loss", "ms"],
      [
        ...Object.entries(DELAY_PARTS).map(([part, label]) => [label, ms(parts[part])]),
        ["sum, as the page tells it", ms(sum)],
        ["measured from sound to sound, without devices, in the first half minute", ms(clean.delayMs)],
        ["the loudspeaker by Chromium's account, on top", ms(parts.device)],
        [`measured with 20 % of the packets dropped, layout ${lossy.layout}`, ms(lossy.delayMs)],
        ["**measured from five seconds after the loss on**", `**${ms(back.delayMs)}**`],
      ],
    ),
    "",
    `Parts are medians of what the receiving page shows; measured is where the sounds of microphone and loudspeaker match best, STOI ${clean.stoi.toFixed(2)} there, ${clean.madeUp} of 125 frames made up. Fake sound devices of Chromium, two pages on one machine: \`${measured.command}\`, ${measured.machine}, commit ${measured.commit}.`,
  ];
}

function callCarried({ measured, clean, lossy, least, channel }) {
  const row = (name, { layout, bytesPerPacket, kbps, stoi, delayMs }) => [
    name,
    layout,
    String(Math.round(bytesPerPacket)),
    kbps.toFixed(1),
    stoi.toFixed(2),
    String(Math.round(delayMs)),
  ];
  return [
    ...table(
      ["One direction", "layout", "bytes a packet", "kbit/s", "STOI", "mouth to ear, ms"],
      [
        row("RTP, 16 kbit/s chosen", clean),
        row("the same, 20 % of the packets dropped", lossy),
        row("RTP, 8 kbit/s chosen", least.clean),
        row("the same, 20 % of the packets dropped", least.lossy),
        row("data channel, 16 kbit/s chosen", channel),
      ],
    ),
    "",
    `All bytes that left the page by WebRTC's own account, with IPv4 and UDP, reports, RTCP, STUN and acknowledgements in them, over the packets of ours; what is dropped on purpose is not in them, nor is what pauses leave out. Chromium, two pages on one machine: \`${measured.command}\`, ${measured.machine}, commit ${measured.commit}.`,
  ];
}

function packetCost({ measured, packetizerUs, depacketizerUs, suites }) {
  const rows = [
    ["packetizer", String(packetizerUs), NONE],
    ["depacketizer", NONE, String(depacketizerUs)],
    ...suites.map(({ name, sealUs, openUs }) => [name, String(sealUs), String(openUs)]),
  ];
  return [
    ...table(["One packet, µs of a processor", "to send", "to receive"], rows),
    "",
    `Medians of \`${measured.command}\`; encryption with WebCrypto's threads, HMAC outside it, receiving with the reading of the payload. ${measured.machine}, Node ${measured.node}, commit ${measured.commit}.`,
  ];
}

function concealment({ measured, clips, rows }) {
  const measures = Object.keys(LABELS).filter((measure) => rows[0][measure]);
  const head = ["Layout, link", ...measures.flatMap((measure) => [`${LABELS[measure]}: held`, "predicted", "gain"])];
  const cells = (row, measure) => {
    const { held, predicted, gain, halfWidth } = row[measure];
    const text = (value) => value.toFixed(DECIMALS[measure]);
    return [text(held), text(predicted), `${text(gain)} ± ${text(halfWidth)}`];
  };
  return [
    ...table(
      head,
      rows.map((row) => [`${row.layout}, ${row.link}`, ...measures.flatMap((measure) => cells(row, measure))]),
    ),
    "",
    `Means over ${clips} held-out clips, the gain with half of its 95 % interval over the clips: \`${measured.command}\`, commit ${measured.commit}.`,
  ];
}
