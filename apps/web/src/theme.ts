import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { theme } from "./app-state.ts";
import { remember } from "./preferences.ts";

const system = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
const systemIsDark = signal(system?.matches ?? false);
system?.addEventListener("change", ({ matches }) => (systemIsDark.value = matches));

/** Whether the page is dark now: as was chosen, else as the system is. */
export const isDark: ReadonlySignal<boolean> = computed(() => (theme.value === undefined ? systemIsDark.value : theme.value === "dark"));

/** Makes the page follow {@link isDark}. */
export function followTheme(): void {
  effect(() => document.documentElement.setAttribute("data-theme", isDark.value ? "dark" : "light"));
}

/** From light to dark and back; remembered. */
export function toggleTheme(): void {
  theme.value = isDark.peek() ? "light" : "dark";
  remember("theme", theme.value);
}
