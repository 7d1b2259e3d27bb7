import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { tab, type Tab, TABS } from "./app-state.ts";
import { pauseAll } from "./playback/transport.ts";
import { words } from "./words.ts";

const t = words({
  en: { roundtrip: "Round trip", steps: "Step by step", compare: "Compare", live: "Live", call: "Call", tabs: "What to do" },
  zh: { roundtrip: "往返", steps: "分步", compare: "对比", live: "实时", call: "通话", tabs: "功能" },
});

/** Tabs that have been shown: they stay as they were left. */
export const visited = signal<ReadonlySet<Tab>>(new Set());

/**
 * Shows a tab and puts its name into the address, so that Back leads to the tab before. What plays
 * is stopped.
 */
export function showTab(name: Tab): void {
  if (name !== tab.peek()) pauseAll();
  tab.value = name;
  visited.value = new Set([...visited.peek(), name]);
  if (tabInAddress() === name) return;
  if (visited.peek().size > 1) history.pushState(null, "", `#${name}`);
  else history.replaceState(null, "", `#${name}`); // the first tab that is shown is where Back leaves the page
}

/** Shows the tab that the address names, now and whenever it changes. */
export function followAddress(): void {
  const follow = (): void => showTab(tabInAddress() ?? tab.peek());
  follow();
  globalThis.addEventListener("hashchange", follow);
}

/** The tab that the address names, before a slash and what the tab makes of the rest. */
function tabInAddress(): Tab | undefined {
  const [name] = location.hash.slice(1).split("/");
  return TABS.find((one) => one === name);
}

/** The row of tabs; arrows, Home and End move in it. */
export function TabList(): JSX.Element {
  return (
    <div role="tablist" class="tabs" aria-label={t("tabs")} onKeyDown={moveByKey}>
      {TABS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          data-testid={`tab-${name}`}
          aria-selected={tab.value === name}
          aria-controls={visited.value.has(name) ? `panel-${name}` : undefined}
          tabIndex={tab.value === name ? 0 : -1}
          onClick={() => showTab(name)}
        >
          {t(name)}
        </button>
      ))}
    </div>
  );
}

function moveByKey(event: KeyboardEvent): void {
  const next = tabAfter(tab.peek(), event.key);
  if (!next) return;
  event.preventDefault();
  showTab(next);
  document.getElementById(`tab-${next}`)?.focus();
}

/** The tab to which a key leads from another, or undefined for other keys. */
export function tabAfter(from: Tab, key: string): Tab | undefined {
  const at = TABS.indexOf(from);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[key];
  return to === undefined ? undefined : TABS[(to + TABS.length) % TABS.length];
}
