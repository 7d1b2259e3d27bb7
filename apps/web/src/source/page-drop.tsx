import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { isSourceFolded, tab } from "../app-state.ts";
import { loadCodes } from "../steps/steps-state.ts";
import { showTab } from "../tabs.tsx";
import { words } from "../words.ts";
import { recording, takeFile } from "./source-state.ts";

/** Files of codes, by their names: no sound file ends so. */
const CODES = /\.(t12|npy|jsonl?|pt)$/i;

const t = words({
  en: { drop: "Drop it anywhere", kinds: "A sound file becomes the clip. A file of codes (.t12, .npy, .json, .pt) opens in Step by step." },
  zh: { drop: "拖放到任意位置", kinds: "音频文件成为当前音频；码文件（.t12、.npy、.json、.pt）在“分步”中打开。" },
});

/**
 * Takes a file that was dropped or chosen: codes are opened in the tab of the steps, sound becomes
 * the clip.
 */
export function takeAnyFile(file: File): void {
  if (CODES.test(file.name)) {
    showTab("steps");
    isSourceFolded.value = true;
    void loadCodes(file);
    return;
  }
  if (tab.peek() === "live") showTab("roundtrip"); // the clip is not to be seen there
  void takeFile(file);
}

/** The whole page is a place to drop a file, and says so while one is held over it. */
export function PageDrop(): JSX.Element | null {
  const isOver = useSignal(false);
  useEffect(() => {
    const listeners = new AbortController();
    const on = (type: "dragover" | "dragleave" | "drop", listen: (event: DragEvent) => void, capture = false): void =>
      document.addEventListener(type, listen, { capture, signal: listeners.signal });
    on("dragover", (event) => {
      event.preventDefault(); // else the file would replace the page
      isOver.value = event.dataTransfer?.types.includes("Files") ?? false;
    });
    on("dragleave", (event) => void (isOver.value &&= event.relatedTarget !== null)); // from one element to another within the page is no leaving
    on("drop", () => void (isOver.value = false), true); // also where a drop zone takes the file for itself
    on("drop", (event) => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file && !recording.peek()) takeAnyFile(file);
    });
    return () => listeners.abort();
  }, []);
  if (!isOver.value) return null;
  return (
    <div class="page-drop" data-testid="page-drop">
      <p>
        <strong>{t("drop")}</strong>
        <small>{t("kinds")}</small>
      </p>
    </div>
  );
}
