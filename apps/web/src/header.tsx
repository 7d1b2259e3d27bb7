import type { JSX } from "preact";
import { language } from "./app-state.ts";
import { remember } from "./preferences.ts";
import { isDark, toggleTheme } from "./theme.ts";
import { words } from "./words.ts";

const t = words({
  en: {
    tagline: "Speech in 16 layers of codes, 12.5 frames a second",
    toDark: "Dark theme",
    toLight: "Light theme",
    toOther: "切换到中文",
    other: "中文",
  },
  zh: {
    tagline: "16 层编码，每秒 12.5 帧的语音",
    toDark: "深色主题",
    toLight: "浅色主题",
    toOther: "Switch to English",
    other: "English",
  },
});

/** Heights of the bars of the mark: four layers of a code. */
const MARK = "M3 12v8M8 7v18M13 3v26M18 9v14M23 5v22M28 13v6";

/** Name of the page, language and theme. */
export function Header(): JSX.Element {
  return (
    <header class="masthead">
      <div class="masthead-row">
        <h1>
          <svg viewBox="0 0 31 32" aria-hidden="true">
            <path d={MARK} />
          </svg>
          twelvehz
        </h1>
        <p class="tagline">{t("tagline")}</p>
        <span class="spacer" />
        <button
          type="button"
          class="quiet"
          data-testid="language"
          lang={language.value === "en" ? "zh-Hans" : "en"}
          onClick={switchLanguage}
          title={t("toOther")}
        >
          {t("other")}
        </button>
        <button
          type="button"
          class="quiet icon"
          data-testid="theme"
          onClick={toggleTheme}
          aria-label={t(isDark.value ? "toLight" : "toDark")}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
            <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
          </svg>
        </button>
      </div>
      <div class="ruler" aria-hidden="true" />
    </header>
  );
}

function switchLanguage(): void {
  language.value = language.peek() === "en" ? "zh" : "en";
  remember("language", language.value);
}
