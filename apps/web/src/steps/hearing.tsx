import { bitsPerCode, encodeWav } from "@twelvehz/codec/web";
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { PlayButton } from "../components/clip-view.tsx";
import { DownloadButton } from "../components/download-button.tsx";
import { TrackChoice } from "../components/listening.tsx";
import { formatBitRate, formatTime } from "../format.ts";
import { aloneIn, firstLayersOf, layerAlone, layerRanges, leadingCount } from "./chosen-layers.ts";
import { heard, isDecoding, transport } from "./sound-state.ts";
import { chooseLayers, chosen, frameRate, origin, present } from "./steps-state.ts";
import { t } from "./words.ts";

/** The player, and which layers it plays. */
export function Hearing(): JSX.Element {
  return (
    <div class="steps-hearing">
      <Player />
      <LayerChoice />
    </div>
  );
}

function Player(): JSX.Element {
  const track = transport.heard.value || "codes";
  const time = useComputed(() => formatTime(transport.position.value));
  return (
    <div class="listening">
      <PlayButton
        transport={transport}
        track={track}
        title={t(track === "original" ? "original" : "codes")}
        disabled={!heard.value}
        testId="steps-play"
      />
      <span class="time">
        {time}
        <span class="of"> / {formatTime(transport.duration.value)}</span>
      </span>
      <TrackChoice
        transport={transport}
        tracks={[
          { name: "original", letter: "A", title: t("original") },
          { name: "codes", letter: "B", title: t("codes") },
        ]}
        testId="steps-hear"
      />
      <span class="steps-heard" role="status" data-testid="steps-heard">
        {chosen.value.includes(true) ? t("heardLayers", { ranges: layerRanges(chosen.value) }) : t("heardNone")}
        <span class="steps-decoding">{isDecoding.value ? ` · ${t("decoding")}` : ""}</span>
      </span>
      <DownloadButton
        name={`${(origin.value.name || "codes").replace(/\.[^.]*$/, "")}-codes.wav`}
        type="audio/wav"
        bytes={() => (heard.value ? (encodeWav(heard.value).bytes as Uint8Array<ArrayBuffer>) : "")}
        disabled={!heard.value || isDecoding.value}
        testId="steps-download"
      >
        {t("download")}
      </DownloadButton>
    </div>
  );
}

function LayerChoice(): JSX.Element {
  const layers = chosen.value.length;
  const first = leadingCount(chosen.value);
  const alone = aloneIn(chosen.value);
  const isLeading = !chosen.value.includes(true, first);
  const bitsPerSecond = frameRate.value * first * bitsPerCode(present.value?.codebookSize ?? 2);
  return (
    <div class="steps-choice">
      <label class="steps-slider">
        <span>
          {isLeading ? t("layersOn", { n: first, all: layers }) : t("layersMixed", { n: first })}{" "}
          <output>{isLeading ? formatBitRate(bitsPerSecond) : ""}</output>
        </span>
        <input
          type="range"
          min={1}
          max={layers}
          value={first}
          data-testid="layers-slider"
          onInput={(event) => chooseLayers(firstLayersOf(layers, event.currentTarget.valueAsNumber))}
        />
      </label>
      <label>
        <span>{t("onlyLayer")}</span>
        <select
          data-testid="only-layer"
          value={alone ?? ""}
          onChange={({ currentTarget: { value } }) =>
            chooseLayers(value === "" ? firstLayersOf(layers, layers) : layerAlone(layers, Number(value)))
          }
        >
          <option value="">{t("onlyNone")}</option>
          {chosen.value.map((_, layer) => (
            <option key={layer} value={layer}>
              {t("onlyOption", { layer })}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="quiet"
        data-testid="all-layers"
        disabled={first === layers}
        onClick={() => chooseLayers(firstLayersOf(layers, layers))}
      >
        {t("allOn")}
      </button>
    </div>
  );
}
