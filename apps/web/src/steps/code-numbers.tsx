import { type Codes, type CodesFormat, serializeCodes } from "@twelvehz/codec/web";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { DownloadButton } from "../components/download-button.tsx";
import { copyText } from "./copy-text.ts";
import { allText, layerPreview, layerText } from "./copied-codes.ts";
import { origin } from "./steps-state.ts";
import { t } from "./words.ts";

/** Codes of a layer that its line shows while it is closed. */
const PREVIEW = 40;
const FORMATS: readonly CodesFormat[] = ["t12", "npy", "json"];

/** The codes as numbers, layer by layer, to copy and to save. */
export function CodeNumbers({ codes }: { codes: Codes }): JSX.Element {
  const said = useSignal("");
  useEffect(() => void (said.value = ""), [codes]);
  const copy = async (text: string, done: string): Promise<void> => {
    said.value = (await copyText(text)) ? done : t("copyFailed");
  };
  return (
    <section class="steps-part">
      <div class="steps-part-head">
        <h2>{t("numbers")}</h2>
        <span role="status" class="steps-said" data-testid="copy-status">
          {said.value}
        </span>
        <button type="button" class="quiet" data-testid="copy-all" onClick={() => void copy(allText(codes), t("copiedAll"))}>
          {t("copyAll")}
        </button>
        <SaveCodes codes={codes} />
      </div>
      <div class="steps-rows">
        {Array.from({ length: codes.layers }, (_, layer) => (
          <LayerRow
            key={layer}
            codes={codes}
            layer={layer}
            onCopy={() => void copy(layerText(codes, layer), t("copiedLayer", { layer, count: codes.frames }))}
          />
        ))}
      </div>
    </section>
  );
}

/** One layer: a line with its first codes, which opens to all of them. */
function LayerRow({ codes, layer, onCopy }: { codes: Codes; layer: number; onCopy: () => void }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="steps-row">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary data-testid={`layer-codes-${layer}`}>
          <b>{layer}</b> <span class="steps-preview">{layerPreview(codes, layer, PREVIEW)}</span>
        </summary>
        {isOpen && (
          <div class="steps-all" tabIndex={0}>
            {layerText(codes, layer)}
          </div>
        )}
      </details>
      <button type="button" class="quiet" data-testid={`copy-layer-${layer}`} aria-label={t("copyLayerOf", { layer })} onClick={onCopy}>
        {t("copyLayer")}
      </button>
    </div>
  );
}

function SaveCodes({ codes }: { codes: Codes }): JSX.Element {
  const name = (origin.value.name || "codes").replace(/\.[^.]*$/, "");
  return (
    <>
      {FORMATS.map((format) => (
        <DownloadButton
          key={format}
          name={`${name}.${format}`}
          type={format === "json" ? "application/json" : "application/octet-stream"}
          bytes={() => serializeCodes(codes, format).slice()}
          testId={`save-${format}`}
        >
          {t("save")} .{format}
        </DownloadButton>
      ))}
    </>
  );
}
