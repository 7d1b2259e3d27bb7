/** What a running server says of itself at `/metrics`, in the form in which people ask for it. */
import { CodecError, messageOf } from "@twelvehz/codec/node";

/** Times of frames, milliseconds; undefined where there was none. */
export interface FrameTimes {
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** A server at one moment, and what happened since another. */
export interface ServerFigures {
  readonly version: string;
  readonly streams: { readonly encode: number; readonly decode: number };
  readonly slots: { readonly taken: number; readonly total: number };
  /** Engine processes that are ready; 0 where models are computed in the server's own process. */
  readonly engines: number;
  /** Work on a frame, and its waiting time before; since the last look. */
  readonly frames: Readonly<Record<"encode" | "decode", { readonly compute: FrameTimes; readonly queue: FrameTimes }>>;
  /** Seconds of sound that went through streams in a second; undefined at the first look. */
  readonly soundPerSecond: number | undefined;
  /** Since the server was started. */
  readonly deadlineMisses: number;
  readonly engineRestarts: number;
  readonly streamsRestored: number;
  /** By the code of the error. */
  readonly refused: Readonly<Record<string, number>>;
  /** Slots that are taken, by the name of the key. */
  readonly keys: Readonly<Record<string, number>>;
  /** Of the front process. */
  readonly memoryBytes: number;
}

/** One look at a server. */
export interface Scrape {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A line of the text format of Prometheus 0.0.4: name, labels, value. */
const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/;

/** Reads the text format of Prometheus. */
export function parseMetrics(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, key = "", content = ""]) => [key, content]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });
}

/**
 * Asks a server.
 * @param url of the server, without a slash at the end
 * @throws CodecError `io` where there is none, `no-permission` where it wants a key, `unsupported`
 * where it is another
 */
export async function scrape(url: string, key: string | undefined, signal: AbortSignal): Promise<Scrape> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/metrics`, { headers, signal }).catch((error: unknown) => {
    throw new CodecError("io", `Cannot reach the server ${url}: ${messageOf(error)}; start it with twelvehz serve, or give its address`, {
      cause: error,
    });
  });
  if (answer.status === 401)
    throw new CodecError("no-permission", `Cannot read the figures of ${url}: it wants a key; set TWELVEHZ_KEY, or give --key`);
  const samples = answer.ok ? parseMetrics(await answer.text()) : [];
  if (!samples.some(({ name }) => name === "twelvehz_slots"))
    throw new CodecError("unsupported", `Cannot read the figures of ${url}: it is no server of twelvehz (HTTP ${answer.status})`);
  return { atMs: performance.now(), samples };
}

/** @param before an earlier look; without one, times of frames are those since the server's start */
export function figuresOf(now: Scrape, before?: Scrape): ServerFigures {
  const one = (name: string, labels: Record<string, string> = {}): number => sumOf(now, name, labels);
  const by = (name: string, label: string): Record<string, number> =>
    Object.fromEntries(now.samples.filter((sample) => sample.name === name).map(({ labels, value }) => [labels[label] ?? "", value]));
  const frames = (kind: string): { compute: FrameTimes; queue: FrameTimes } => ({
    compute: timesOf(now, before, { kind, stage: "compute" }),
    queue: timesOf(now, before, { kind, stage: "queue" }),
  });
  const sound = "twelvehz_audio_seconds_total";
  return {
    version: now.samples.find(({ name }) => name === "twelvehz_build_info")?.labels["version"] ?? "",
    streams: { encode: one("twelvehz_streams_open", { kind: "encode" }), decode: one("twelvehz_streams_open", { kind: "decode" }) },
    slots: { taken: one("twelvehz_slots_taken"), total: one("twelvehz_slots") },
    engines: one("twelvehz_engines"),
    frames: { encode: frames("encode"), decode: frames("decode") },
    soundPerSecond: before && (1000 * (one(sound) - sumOf(before, sound, {}))) / (now.atMs - before.atMs),
    deadlineMisses: one("twelvehz_deadline_misses_total"),
    engineRestarts: one("twelvehz_engine_restarts_total"),
    streamsRestored: one("twelvehz_streams_restored_total"),
    refused: by("twelvehz_rejected_total", "reason"),
    keys: by("twelvehz_key_slots_taken", "name"),
    memoryBytes: one("process_resident_memory_bytes"),
  };
}

function matching({ samples }: Scrape, name: string, labels: Record<string, string>): Sample[] {
  return samples.filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
}

function sumOf(look: Scrape, name: string, labels: Record<string, string>): number {
  return matching(look, name, labels).reduce((sum, { value }) => sum + value, 0);
}

function timesOf(now: Scrape, before: Scrape | undefined, labels: Record<string, string>): FrameTimes {
  const name = "twelvehz_frame_seconds_bucket";
  const buckets = matching(now, name, labels).map((sample) => {
    const le = sample.labels["le"] ?? "";
    const earlier = before ? sumOf(before, name, { ...labels, le }) : 0;
    return { limit: le === "+Inf" ? Infinity : Number(le), count: sample.value - earlier };
  });
  buckets.sort((a, b) => a.limit - b.limit);
  return { p50Ms: quantileMs(buckets, 0.5), p99Ms: quantileMs(buckets, 0.99) };
}

/** As `histogram_quantile` of Prometheus: on a line between the limits of its bucket. */
function quantileMs(buckets: readonly { readonly limit: number; readonly count: number }[], share: number): number | undefined {
  const rank = share * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return undefined;
  const i = buckets.findIndex(({ count }) => count >= rank);
  const [low, below] = i > 0 ? [buckets[i - 1]!.limit, buckets[i - 1]!.count] : [0, 0];
  const { limit, count } = buckets[i]!;
  const seconds = limit === Infinity ? low : low + ((limit - low) * (rank - below)) / (count - below);
  return 1000 * seconds;
}
