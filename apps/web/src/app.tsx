import type { JSX } from "preact";
import { tab, type Tab, TABS } from "./app-state.ts";
import { CallTab } from "./call/call-tab.tsx";
import { CompareTab } from "./compare/compare-tab.tsx";
import { Header } from "./header.tsx";
import { LiveTab } from "./live/live-tab.tsx";
import { RoundTripTab } from "./round-trip/round-trip-tab.tsx";
import { PublishedPanel } from "./published-panel.tsx";
import { PageDrop } from "./source/page-drop.tsx";
import { SourcePanel } from "./source/source-panel.tsx";
import { StatusLine } from "./status-line.tsx";
import { StepsTab } from "./steps/steps-tab.tsx";
import { TabList, visited } from "./tabs.tsx";

const PANELS: Readonly<Record<Tab, () => JSX.Element>> = {
  roundtrip: RoundTripTab,
  steps: StepsTab,
  compare: CompareTab,
  live: LiveTab,
  call: CallTab,
};
/** Tabs that have sound of their own, and no use for a clip. */
const WITHOUT_CLIP: readonly Tab[] = ["live", "call"];

/**
 * The page. The clip is chosen above the tabs that work on one; a tab that was shown once stays as
 * it was left.
 */
export function App(): JSX.Element {
  return (
    <>
      <Header />
      <main class="page">
        <StatusLine />
        <PublishedPanel />
        <TabList />
        <div hidden={WITHOUT_CLIP.includes(tab.value)}>
          <SourcePanel />
        </div>
        {TABS.filter((name) => visited.value.has(name)).map((name) => {
          const Panel = PANELS[name];
          return (
            <section
              key={name}
              role="tabpanel"
              id={`panel-${name}`}
              class={name === "live" ? "is-wide" : ""}
              aria-labelledby={`tab-${name}`}
              hidden={tab.value !== name}
            >
              <Panel />
            </section>
          );
        })}
      </main>
      <PageDrop />
    </>
  );
}
