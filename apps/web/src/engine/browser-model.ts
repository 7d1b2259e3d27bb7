import { openCodec } from "@twelvehz/codec/web";
import { effect } from "@preact/signals";
import { browserModel, codec, localModel, tab, where } from "../app-state.ts";
import { keepPage } from "../offline/keep-page.ts";

/** Where the server keeps the model that a page may run. */
const MODEL_FOLDER = "model/compact/";

/**
 * Opens the codec in this browser: `browserModel` and `codec` say how far it is. Call it again
 * after a failure.
 */
export async function openBrowserModel(): Promise<void> {
  browserModel.value = { kind: "loading", progress: undefined };
  try {
    const opened = await openCodec(new URL(MODEL_FOLDER, document.baseURI), {
      onProgress: ({ loadedBytes, totalBytes }) => {
        const progress = totalBytes ? loadedBytes / totalBytes : undefined;
        if (browserModel.peek().kind === "loading") browserModel.value = { kind: "loading", progress };
      },
    });
    browserModel.value = { kind: "preparing" };
    await Promise.all([opened.prepare(), keepPage()]).catch(async (error: unknown) => {
      await opened.close().catch(() => undefined);
      throw error;
    });
    codec.value = opened;
    browserModel.value = { kind: "ready", coder: opened };
  } catch (error) {
    browserModel.value = { kind: "failed", error };
  }
}

/**
 * Opens the codec in this browser as soon as it is needed: where it runs here, or for a call, whose
 * sound no server is to hear. Whoever uses the server fetches no model.
 */
export function openBrowserModelWhenNeeded(): void {
  let isAsked = false;
  effect(() => {
    const isUsed = where.value === "browser" && localModel.value === "compact";
    if (isAsked || (!isUsed && tab.value !== "call")) return;
    isAsked = true;
    void openBrowserModel();
  });
}
