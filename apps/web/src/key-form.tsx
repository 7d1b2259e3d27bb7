import type { JSX } from "preact";
import { giveServerKey, hasServerKey } from "./engine/server-model.ts";
import { words } from "./words.ts";

const t = words({
  en: {
    wanted: "The server wants a key.",
    unknown: "The server does not take this key.",
    key: "Key",
    open: "Use it",
    kept: "The page keeps it until it is closed, and sends it to this server alone.",
  },
  zh: {
    wanted: "此服务器需要密钥。",
    unknown: "服务器不接受此密钥。",
    key: "密钥",
    open: "使用",
    kept: "密钥只保留到本页关闭，并且只发送给此服务器。",
  },
});

/** Asks for a key where the server wants one, or another than it was given. */
export function KeyForm(): JSX.Element {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const key = new FormData(event.currentTarget as HTMLFormElement).get("key");
    if (typeof key === "string" && key.trim() !== "") void giveServerKey(key.trim());
  };
  return (
    <form class="key-form" data-testid="key-form" onSubmit={submit}>
      <strong role="alert" data-testid="key-wanted">
        {t(hasServerKey() ? "unknown" : "wanted")}
      </strong>
      <label>
        {t("key")} <input type="password" name="key" autocomplete="off" required data-testid="key" />
      </label>
      <button type="submit" class="quiet" data-testid="key-use">
        {t("open")}
      </button>
      <span class="hint">{t("kept")}</span>
    </form>
  );
}
