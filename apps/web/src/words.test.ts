import { expect, test } from "vitest";
import { fill, language, languageOf, words } from "./words.ts";

test("every kind of Chinese is Chinese, all else is English", () => {
  expect(["zh", "zh-CN", "zh-Hant-TW", "ZH-hk"].map(languageOf)).toEqual(["zh", "zh", "zh", "zh"]);
  expect(["en", "de-DE", "zha", ""].map(languageOf)).toEqual(["en", "en", "en", "en"]);
});

test("names in braces are replaced, names without a value stay", () => {
  expect(fill("{n} of {all} {unknown}", { n: 0, all: "3" })).toBe("0 of 3 {unknown}");
});

test("a dictionary follows the language", () => {
  const t = words({ en: { seconds: "{n} s" }, zh: { seconds: "{n} 秒" } });
  language.value = "en";
  expect(t("seconds", { n: 2 })).toBe("2 s");
  language.value = "zh";
  expect(t("seconds", { n: 2 })).toBe("2 秒");
});
