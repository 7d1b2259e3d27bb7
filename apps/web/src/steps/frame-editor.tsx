import type { Codes } from "@twelvehz/codec/web";
import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { ErrorText } from "../components/error-text.tsx";
import { withCode, withFramesInserted, withFramesSwapped, withRandomFrames } from "./edit-codes.ts";
import { chosenFrames, type GridCursor, movedTo } from "./grid-cursor.ts";
import { cursor, deleteChosen, edit, editError, history, redo, samplesPerFrame, undo } from "./steps-state.ts";
import { t } from "./words.ts";

/** Frames that were copied, to be put in elsewhere. */
const copied: Signal<Codes | undefined> = signal(undefined);
/** Id of the field with the code, for those who lead there. */
export const CODE_FIELD = "steps-code";

/** Changes single codes and whole frames. */
export function FrameEditor({ codes }: { codes: Codes }): JSX.Element {
  return (
    <section class="steps-part" data-testid="frame-edit-panel">
      <div class="steps-part-head">
        <h2>{t("edit")}</h2>
        <p class="hint">{t("editHelp")}</p>
        <button type="button" class="quiet" data-testid="undo" disabled={!history.value?.past.length} onClick={undo}>
          {t("undo")}
        </button>
        <button type="button" class="quiet" data-testid="redo" disabled={!history.value?.future.length} onClick={redo}>
          {t("redo")}
        </button>
      </div>
      <div class="steps-edit">
        <PlaceFields codes={codes} />
        <FrameButtons codes={codes} />
      </div>
      <ErrorText error={editError.value} lead={t("editFailed")} testId="edit-error" />
    </section>
  );
}

function PlaceFields({ codes }: { codes: Codes }): JSX.Element {
  const { frame, layer } = cursor.value;
  const { start, end } = chosenFrames(cursor.value);
  const move = (to: Partial<GridCursor>): void => void (cursor.value = movedTo({ ...cursor.peek(), ...to }, true, codes));
  const set = (value: number): void => edit((now) => ({ codes: withCode(now, frame, layer, value) }));
  return (
    <>
      <NumberField
        label={t("from")}
        value={start}
        most={codes.frames - 1}
        testId="edit-from"
        onChange={(n) => move({ frame: n, anchor: Math.max(n, end - 1) })}
      />
      <NumberField
        label={t("to")}
        value={end - 1}
        most={codes.frames - 1}
        testId="edit-to"
        onChange={(n) => move({ frame: Math.min(n, start), anchor: n })}
      />
      <NumberField label={t("layer")} value={layer} most={codes.layers - 1} testId="edit-layer" onChange={(n) => move({ layer: n })} />
      <NumberField
        label={t("code", { most: codes.codebookSize - 1 })}
        value={codes.data[frame * codes.layers + layer]}
        most={codes.codebookSize - 1}
        testId="frame-edit"
        id={CODE_FIELD}
        onChange={set}
      />
    </>
  );
}

function NumberField(props: {
  label: string;
  value: number;
  most: number;
  testId: string;
  id?: string;
  onChange: (value: number) => void;
}): JSX.Element {
  return (
    <label class="steps-number">
      <span>{props.label}</span>
      <input
        type="number"
        min={0}
        max={props.most}
        step={1}
        id={props.id}
        inputMode="numeric"
        value={props.value}
        data-testid={props.testId}
        onChange={(event) => {
          props.onChange(event.currentTarget.valueAsNumber);
          event.currentTarget.value = String(props.value); // what was refused does not stay; what was taken comes with the next rendering
        }}
      />
    </label>
  );
}

function FrameButtons({ codes }: { codes: Codes }): JSX.Element {
  const { start, end } = chosenFrames(cursor.value);
  const insert = (frames: Codes): void =>
    edit((now) => ({ codes: withFramesInserted(now, end, frames, samplesPerFrame()), range: { start: end, end: end + frames.frames } }));
  const fits = copied.value?.layers === codes.layers;
  return (
    <div class="steps-buttons">
      <button
        type="button"
        class="quiet"
        data-testid="randomise-frames"
        onClick={() => edit((now, range) => ({ codes: withRandomFrames(now, range, Math.random) }))}
      >
        {t("randomise")}
      </button>
      <button type="button" class="quiet" data-testid="copy-frames" onClick={() => (copied.value = codes.slice(start, end))}>
        {t("copyFrames")}
      </button>
      <button type="button" class="quiet" data-testid="insert-frames" disabled={!fits} onClick={() => copied.value && insert(copied.value)}>
        {t("insertFrames")}
      </button>
      <button type="button" class="quiet" data-testid="swap-frames" disabled={end >= codes.frames} onClick={() => edit(withFramesSwapped)}>
        {t("swapFrames")}
      </button>
      <button type="button" class="quiet" data-testid="delete-frames" disabled={end - start >= codes.frames} onClick={deleteChosen}>
        {t("deleteFrames")}
      </button>
    </div>
  );
}
