/**
 * The words of the page in both languages. Each feature has a dictionary of its own beside it:
 *
 *     const t = words({ en: { play: "Play", seconds: "{n} s" }, zh: { play: "播放", seconds: "{n} 秒" } });
 *     <button>{t("play")}</button>                 // changes with the language, without more
 *     t("seconds", { n: 12 })
 */
import { signal, type Signal } from "@preact/signals";
import { recall } from "./preferences.ts";

/** Languages of the page. */
export type Language = "en" | "zh";
/** All of them. */
const LANGUAGES: readonly Language[] = ["en", "zh"];

/**
 * Gives the words for a key in the language of the page; `{name}` in them is replaced by the value
 * of that name.
 */
export type Translate<Key extends string> = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

/** The language of the page: what was chosen before, else that of the browser. */
export const language: Signal<Language> = signal(recall("language", LANGUAGES) ?? languageOf(globalThis.navigator?.language ?? "en"));

/**
 * The language of the page for a language tag of BCP 47: Chinese for Chinese, English for all
 * others.
 */
export function languageOf(tag: string): Language {
  return /^zh\b/i.test(tag) ? "zh" : "en";
}

/**
 * A dictionary. Whoever calls it while rendering is rendered again when the language changes.
 * @param dictionary both languages, with the same keys
 */
export function words<Key extends string>(dictionary: {
  readonly en: Readonly<Record<Key, string>>;
  readonly zh: Readonly<Record<NoInfer<Key>, string>>;
}): Translate<Key> {
  return (key, values) => fill(dictionary[language.value][key], values);
}

/** Replaces `{name}` by the value of that name; what has no value stays. */
export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
