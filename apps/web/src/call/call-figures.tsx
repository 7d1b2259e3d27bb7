import type { JSX } from "preact";
import { Fact, NO_VALUE } from "../components/fact.tsx";
import type { CallDelay, CallView } from "./call-view.ts";
import { t } from "./words.ts";

/** How the call runs, or last ran. */
export function CallFigures({ view }: { view: CallView | undefined }): JSX.Element {
  const figures = view?.figures;
  const heard = figures ? figures.whole + figures.partial + figures.lost : 0;
  const ofHeard = (n: number): string | undefined => (heard === 0 ? undefined : t("ofFrames", { n, all: heard }));
  const facts: readonly (readonly [name: string, label: string, value: string | undefined])[] = [
    ["sent", t("sent"), kbps(view?.sentKbps)],
    ["received", t("received"), kbps(view?.receivedKbps)],
    ["loss-in", t("lossIn"), heard === 0 ? undefined : percent(figures?.loss)],
    ["loss-out", t("lossOut"), percent(figures?.peerReport?.loss)],
    ["layout", t("layout"), figures?.layout],
    ["mended", t("mended"), ofHeard(figures?.partial ?? 0)],
    ["concealed", t("concealed"), ofHeard(figures?.lost ?? 0)],
    ["other-concealed", t("otherConcealed"), percent(figures?.peerReport?.concealed)],
    ["way", t("way"), figures && t(view.way)],
  ];
  return (
    <section class="card" aria-labelledby="title-call" data-testid="call-figures">
      <h2 id="title-call">{t("readings")}</h2>
      <p class="figure">
        <strong data-testid="call-delay">
          {view?.delay === undefined ? NO_VALUE : t("milliseconds", { n: 10 * Math.round(sumOf(view.delay) / 10) })}
        </strong>
        <span>{t("delay")}</span>
      </p>
      {view?.delay && <DelayParts delay={view.delay} />}
      <dl>
        {facts.map(([name, label, value]) => (
          <Fact key={name} name={name} label={label} value={value} testId={`call-${name}`} />
        ))}
      </dl>
    </section>
  );
}

const PARTS = ["frame", "encode", "network", "buffer", "decode", "lookAhead", "playout", "device"] as const;

function sumOf(delay: CallDelay): number {
  return PARTS.reduce((sum, part) => sum + delay[part], 0);
}

/** Where the delay is. */
function DelayParts({ delay }: { delay: CallDelay }): JSX.Element {
  return (
    <details data-testid="call-delay-parts">
      <summary>{t("delayParts")}</summary>
      <dl>
        {PARTS.map((part) => (
          <Fact
            key={part}
            name={part}
            label={t(`${part}Ms`)}
            value={t("milliseconds", { n: Math.round(delay[part]) })}
            testId={`call-ms-${part}`}
          />
        ))}
      </dl>
    </details>
  );
}

function kbps(value: number | undefined): string | undefined {
  return value === undefined ? undefined : t("kbps", { n: value.toFixed(1) });
}

function percent(part: number | undefined): string | undefined {
  return part === undefined ? undefined : t("percent", { n: Math.round(100 * part) });
}
