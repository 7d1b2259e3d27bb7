import type { Audio } from "@twelvehz/codec/web";
import { useComputed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { formatTime } from "../format.ts";
import type { Transport } from "../playback/transport.ts";
import { words } from "../words.ts";
import type { PartChoice } from "./part-handlers.ts";
import { Scrubber } from "./scrubber.tsx";
import { Spectrogram } from "./spectrogram.tsx";
import { Waveform } from "./waveform.tsx";

const t = words({
  en: { play: "Play", pause: "Pause", position: "Position in {title}" },
  zh: { play: "播放", pause: "暂停", position: "{title}的播放位置" },
});

/**
 * One clip to see and hear: waveform and spectrogram with a line where it plays, a button that
 * plays it, and the time. All heights are kept while there is no clip.
 * @param props.track name of the clip in the transport; several views of one transport play in step
 * @param props.parts what of the clip is shown, where that can be chosen; default: all
 * @param props.children shown beside the time, such as a download button
 */
export function ClipView(props: {
  title: string;
  audio: Audio | undefined;
  transport: Transport;
  track: string;
  parts?: PartChoice | undefined;
  children?: ComponentChildren;
  placeholder?: string;
  playTestId?: string;
}): JSX.Element {
  const { transport, track, audio, title } = props;
  return (
    <div class="clip-view">
      <Scrubber transport={transport} label={t("position", { title })} disabled={!audio} parts={props.parts}>
        <Waveform audio={audio} view={props.parts?.view.value} />
        <Spectrogram audio={audio} view={props.parts?.view.value} />
        {!audio && props.placeholder && <p class="placeholder">{props.placeholder}</p>}
      </Scrubber>
      <div class="clip-controls">
        <PlayButton transport={transport} track={track} title={title} disabled={!audio} testId={props.playTestId} />
        <ClipTime transport={transport} audio={audio} />
        <span class="spacer" />
        {props.children}
      </div>
    </div>
  );
}

/** A button that plays one track of a transport, and stops it while it is heard. */
export function PlayButton(props: {
  transport: Transport;
  track: string;
  title: string;
  disabled?: boolean;
  testId?: string | undefined;
}): JSX.Element {
  const { transport, track } = props;
  const isOn = transport.isPlaying.value && transport.heard.value === track;
  return (
    <button
      type="button"
      class="play"
      data-testid={props.testId}
      aria-label={`${t(isOn ? "pause" : "play")}: ${props.title}`}
      aria-pressed={isOn}
      disabled={props.disabled}
      onClick={() => transport.toggle(track)}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={isOn ? "M4 3h3v10H4zM9 3h3v10H9z" : "M4.5 2.5v11l9-5.5z"} />
      </svg>
    </button>
  );
}

function ClipTime({ transport, audio }: { transport: Transport; audio: Audio | undefined }): JSX.Element {
  const now = useComputed(() => formatTime(transport.position.value));
  return (
    <span class="time">
      {now}
      <span class="of"> / {formatTime(audio?.durationSeconds ?? 0)}</span>
    </span>
  );
}
