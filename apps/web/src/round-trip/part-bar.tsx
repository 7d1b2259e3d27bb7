import type { JSX } from "preact";
import { lengthOf } from "../playback/part.ts";
import { words } from "../words.ts";
import { beginPartHere, choosePart, endPartHere, show, showFrom, transport, view, viewNow, zoomBy } from "./clip-part.ts";

const t = words({
  en: {
    bar: "Part and zoom",
    zoomIn: "Zoom in (+)",
    zoomOut: "Zoom out (-)",
    zoomAll: "All",
    zoomAllTitle: "Show all (0)",
    pan: "What is shown begins at",
    begin: "Loop from here",
    beginTitle: "The loop begins where it plays ([)",
    end: "to here",
    endTitle: "The loop ends where it plays (])",
    none: "No loop",
    noneTitle: "Play the whole (Esc)",
    hint: "Drag over a picture to loop a part",
    loop: "Loop {start}–{end} s",
    seconds: "{n} s",
  },
  zh: {
    bar: "片段和缩放",
    zoomIn: "放大（+）",
    zoomOut: "缩小（-）",
    zoomAll: "整段",
    zoomAllTitle: "显示整段（0）",
    pan: "显示的起点",
    begin: "从这里循环",
    beginTitle: "循环从当前位置开始（[）",
    end: "到这里",
    endTitle: "循环到当前位置结束（]）",
    none: "不循环",
    noneTitle: "播放整段（Esc）",
    hint: "在图上拖动即可循环播放片段",
    loop: "循环 {start}–{end} 秒",
    seconds: "{n} 秒",
  },
});

/** Zooms into the pictures, and chooses the part that is played again and again. */
export function PartBar(): JSX.Element {
  const isEmpty = transport.duration.value === 0;
  const loop = transport.loop.value;
  return (
    <section class="part-bar" aria-label={t("bar")}>
      <span class="buttons">
        <Tool testId="zoom-out" text="−" title={t("zoomOut")} disabled={!view.value} work={() => zoomBy(-1)} />
        <Tool testId="zoom-in" text="+" title={t("zoomIn")} disabled={isEmpty} work={() => zoomBy(1)} />
        <Tool testId="zoom-all" text={t("zoomAll")} title={t("zoomAllTitle")} disabled={!view.value} work={() => show(undefined)} />
      </span>
      <span class="buttons">
        <Tool testId="part-begin" text={t("begin")} title={t("beginTitle")} disabled={isEmpty} work={beginPartHere} />
        <Tool testId="part-end" text={t("end")} title={t("endTitle")} disabled={isEmpty} work={endPartHere} />
        <Tool testId="part-none" text={t("none")} title={t("noneTitle")} disabled={!loop} work={() => choosePart(undefined)} />
      </span>
      <span class="hint" role="status" data-testid="part">
        {loop ? t("loop", { start: loop.start.toFixed(2), end: loop.end.toFixed(2) }) : isEmpty ? "" : t("hint")}
      </span>
      <Pan />
    </section>
  );
}

function Tool(props: { testId: string; text: string; title: string; disabled: boolean; work: () => void }): JSX.Element {
  const { testId, text, title, disabled, work } = props;
  return (
    <button
      type="button"
      class="quiet"
      data-testid={testId}
      title={title}
      aria-label={/\w|\p{L}/u.test(text) ? undefined : title}
      disabled={disabled}
      onClick={work}
    >
      {text}
    </button>
  );
}

/** Moves what is shown; keeps its place while all is shown. */
function Pan(): JSX.Element {
  const now = viewNow.value;
  const latest = Math.max(0, transport.duration.value - lengthOf(now));
  return (
    <input
      type="range"
      class={`pan ${view.value ? "" : "is-idle"}`}
      data-testid="pan"
      aria-label={t("pan")}
      aria-valuetext={t("seconds", { n: now.start.toFixed(2) })}
      min={0}
      max={latest}
      step={Math.max(0.001, lengthOf(now) / 10)}
      value={now.start}
      disabled={!view.value}
      onInput={({ currentTarget }) => showFrom(currentTarget.valueAsNumber)}
    />
  );
}
