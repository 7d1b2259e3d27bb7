import { CodecError, messageOf } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { words } from "../words.ts";

const t = words({
  en: { details: "" },
  zh: { details: "详情（英文）：" },
});

/** Whether an error only says that the user cancelled: nothing to show. */
export function isCancelled(error: unknown): boolean {
  return error instanceof CodecError && error.code === "aborted";
}

/**
 * An error in words, next to what caused it. Keeps its place in the page as a live region, so that
 * it is read out when it appears.
 * @param props.error what was thrown; `undefined` shows nothing
 * @param props.lead what could not be done, in the language of the page, such as "This file cannot
 * be read"
 */
export function ErrorText({ error, lead, testId = "error" }: { error: unknown; lead: string; testId?: string }): JSX.Element {
  const isShown = error !== undefined && !isCancelled(error);
  return (
    <div role="alert" class="error-region">
      {isShown && (
        <p class="error-text" data-testid={testId}>
          <strong>{lead}</strong> <span lang="en">{t("details") + messageOf(error)}</span>
        </p>
      )}
    </div>
  );
}
