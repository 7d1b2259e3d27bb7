import type { JSX } from "preact";
import { where } from "../app-state.ts";
import { Fact, NO_VALUE } from "../components/fact.tsx";
import { formatBitRate } from "../format.ts";
import type { LiveStats } from "./live-loop.ts";
import { t } from "./words.ts";

/** Parts of the delay, in the order in which sound meets them. */
const PARTS = ["lookAhead", "work", "buffers", "device"] as const;
type DelayPart = (typeof PARTS)[number];

/**
 * How the loop runs, or last ran: the delay, what it is made of, the bit rate and the drop-outs.
 */
export function LiveFigures({ stats }: { stats: LiveStats | undefined }): JSX.Element {
  const parts = partsOf(stats);
  return (
    <section class="card" aria-labelledby="title-live" data-testid="live-figures">
      <h2 id="title-live">{t("readings")}</h2>
      <p class="figure">
        <strong data-testid="live-delay">{milliseconds(stats?.delayMs)}</strong> <span>{t("delay")}</span>
      </p>
      <div class="live-parts" aria-hidden="true">
        {PARTS.map((part) => (
          <span key={part} class={`is-${part}`} style={{ flexGrow: Math.max(0, parts[part] ?? 0) }} />
        ))}
      </div>
      <dl>
        {PARTS.map((part) => (
          <Fact
            key={part}
            name={part}
            label={t(part === "work" && where.value === "server" ? "workServer" : part)}
            value={milliseconds(parts[part])}
            testId={`live-${part}`}
          />
        ))}
        <Fact
          name="bit-rate"
          label={t("bitRate")}
          value={stats?.bitsPerSecond === undefined ? undefined : formatBitRate(stats.bitsPerSecond)}
          testId="live-bit-rate"
        />
        <Fact name="dropouts" label={t("dropouts")} value={stats && dropouts(stats)} testId="live-dropouts" />
      </dl>
    </section>
  );
}

/** The parts of the delay, ms: what no one names is in the buffers. */
function partsOf(stats: LiveStats | undefined): Readonly<Record<DelayPart, number | undefined>> {
  const { delayMs, lookAheadMs, workMs, deviceMs } = stats ?? {};
  const named = (lookAheadMs ?? 0) + (workMs ?? 0) + (deviceMs ?? 0);
  return { lookAhead: lookAheadMs, work: workMs, device: deviceMs, buffers: delayMs === undefined ? undefined : delayMs - named };
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? NO_VALUE : t("milliseconds", { n: Math.round(value) });
}

function dropouts({ underruns, droppedMs }: LiveStats): string {
  return droppedMs > 0 ? `${underruns} · ${t("leftOut", { ms: Math.round(droppedMs) })}` : String(underruns);
}
