import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { formatTime } from "../format.ts";
import type { Transport } from "../playback/transport.ts";
import { words } from "../words.ts";
import { PlayButton } from "./clip-view.tsx";

const t = words({
  en: {
    listen: "Listening",
    switchTo: "Hear",
    all: "what is heard",
    keys: "play · pause",
    switchKeys: "switch",
    seekKeys: "seek",
    space: "Space",
  },
  zh: { listen: "试听", switchTo: "收听", all: "当前收听", keys: "播放／暂停", switchKeys: "切换", seekKeys: "移动", space: "空格" },
});

/** One track that can be heard. */
export interface ListeningTrack {
  /** Name in the transport. */
  readonly name: string;
  /** Key that chooses it, and what stands on its button. */
  readonly letter: string;
  readonly title: string;
}

/**
 * Plays several tracks in step and switches between them without a gap: one play button, one
 * switch, and the keys that do the same.
 */
export function Listening({ transport, tracks }: { transport: Transport; tracks: readonly ListeningTrack[] }): JSX.Element {
  const heard = transport.heard.value;
  const isEmpty = transport.duration.value === 0;
  const now = useComputed(() => formatTime(transport.position.value));
  return (
    <section class="listening" aria-label={t("listen")}>
      <PlayButton
        transport={transport}
        track={heard}
        title={tracks.find(({ name }) => name === heard)?.title ?? ""}
        disabled={isEmpty}
        testId="play"
      />
      <span class="time">{now}</span>
      {tracks.length === 2 ? <Rocker transport={transport} tracks={tracks} /> : <TrackChoice transport={transport} tracks={tracks} />}
      <span class="spacer" />
      <p class="keys" aria-hidden="true">
        <kbd>{t("space")}</kbd> {t("keys")} <kbd>{tracks[0].letter}</kbd>
        {tracks.length > 2 && "–"}
        <kbd>{tracks[tracks.length - 1].letter}</kbd> {t("switchKeys")} <kbd>←</kbd>
        <kbd>→</kbd> {t("seekKeys")}
      </p>
    </section>
  );
}

/** One button that goes to the other of two tracks. */
function Rocker({ transport, tracks }: { transport: Transport; tracks: readonly ListeningTrack[] }): JSX.Element {
  const heard = transport.heard.value;
  const other = tracks.find(({ name }) => name !== heard);
  return (
    <button
      type="button"
      class="ab"
      data-testid="ab"
      data-heard={heard}
      disabled={!tracks.every(({ name }) => transport.has(name))}
      title={`${t("switchTo")}: ${other?.title ?? ""}`}
      onClick={() => other && transport.hear(other.name)}
    >
      {tracks.map(({ name, letter, title }) => (
        <span key={name} class={heard === name ? "is-heard" : ""}>
          <kbd>{letter}</kbd> {title}
        </span>
      ))}
    </button>
  );
}

/** A button for each of several tracks. */
export function TrackChoice(props: { transport: Transport; tracks: readonly ListeningTrack[]; testId?: string }): JSX.Element {
  const { transport, tracks, testId = "ab" } = props;
  const heard = transport.heard.value;
  return (
    <div class="ab" data-testid={testId} data-heard={heard} role="toolbar" aria-label={t("all")}>
      {tracks.map(({ name, letter, title }) => (
        <button
          key={name}
          type="button"
          class={heard === name ? "is-heard" : ""}
          aria-pressed={heard === name}
          disabled={!transport.has(name)}
          onClick={() => transport.hear(name)}
        >
          <kbd>{letter}</kbd> {title}
        </button>
      ))}
    </div>
  );
}
