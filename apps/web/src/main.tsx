import "./styles.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { language } from "./app-state.ts";
import { openBrowserModelWhenNeeded } from "./engine/browser-model.ts";
import { isolatePage } from "./offline/keep-page.ts";
import { openPublishedModelWhenNeeded } from "./engine/published-model.ts";
import { openServerModelWhenNeeded, watchServer } from "./engine/server-model.ts";
import { followSession } from "./keep/follow-session.ts";
import { followPage } from "./steps/steps-state.ts";
import { followAddress } from "./tabs.tsx";
import { followTheme } from "./theme.ts";

if (!(await isolatePage())) start();

function start(): void {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : "en";
  });
  followTheme();
  followAddress();
  followPage();
  void followSession();
  openBrowserModelWhenNeeded();
  openPublishedModelWhenNeeded();
  openServerModelWhenNeeded();
  watchServer();
  const place = document.getElementById("app");
  if (place) render(<App />, place);
}
