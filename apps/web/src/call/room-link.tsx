import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { copyText } from "../steps/copy-text.ts";
import { QrCode } from "./qr-code.tsx";
import { t } from "./words.ts";

/** The link to the room: to copy, and to be read by a telephone. */
export function RoomLink({ link }: { link: string }): JSX.Element {
  const copied = useSignal<boolean | undefined>(undefined);
  return (
    <div class="room-link">
      <div>
        <label for="room-link" class="label">
          {t("link")}
        </label>
        <div class="room-link-row">
          <input
            id="room-link"
            type="text"
            readOnly
            value={link}
            data-testid="call-link"
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
          <button type="button" class="quiet" data-testid="call-copy" onClick={async () => void (copied.value = await copyText(link))}>
            {t(copied.value ? "copied" : "copy")}
          </button>
        </div>
        <p class="hint" role="status">
          {copied.value === false ? t("notCopied") : t("secret")}
        </p>
      </div>
      <QrCode text={link} label={t("qr")} />
    </div>
  );
}
