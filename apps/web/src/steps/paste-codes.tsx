import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { coder } from "../app-state.ts";
import { ErrorText } from "../components/error-text.tsx";
import { codesOfText, type PastedAxes } from "./pasted-codes.ts";
import { pasteError, pasteTarget, takeCodes } from "./steps-state.ts";
import { t } from "./words.ts";

const AXES = { auto: "rowsAuto", TK: "rowsTK", KT: "rowsKT" } as const;

/** A field for codes that were copied elsewhere, and a button that decodes them. */
export function PasteCodes(): JSX.Element {
  const text = useSignal("");
  const axes = useSignal<PastedAxes>("auto");
  const decode = (): void => {
    pasteError.value = undefined;
    const target = pasteTarget();
    try {
      if (target) takeCodes(codesOfText(text.value, axes.value, target), { kind: "text", name: "" });
    } catch (reason) {
      pasteError.value = reason;
    }
  };
  return (
    <section class="steps-paste">
      <h2>{t("paste")}</h2>
      <label>
        <span class="visually-hidden">{t("pasteLabel")}</span>
        <textarea
          rows={3}
          spellcheck={false}
          data-testid="paste-codes"
          placeholder={t("pasteHelp")}
          value={text}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <div class="steps-paste-controls">
        <label>
          <span>{t("rows")}</span>
          <select value={axes} data-testid="paste-axes" onChange={(event) => (axes.value = event.currentTarget.value as PastedAxes)}>
            {Object.entries(AXES).map(([value, words]) => (
              <option key={value} value={value}>
                {t(words)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="quiet" data-testid="decode-pasted" disabled={!coder.value} onClick={decode}>
          {t("decodePasted")}
        </button>
      </div>
      <ErrorText error={pasteError.value} lead={t("pasteFailed")} testId="paste-error" />
    </section>
  );
}
