import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import {
  LOCAL_MODELS,
  localModel,
  type LocalModel,
  model,
  type ModelState,
  PLACES,
  tab,
  usesPublished,
  where,
  type Where,
} from "./app-state.ts";
import { ErrorText } from "./components/error-text.tsx";
import { Progress } from "./components/progress.tsx";
import { WorkProgress } from "./components/work-progress.tsx";
import { ServiceError } from "@twelvehz/client";
import { KeyForm } from "./key-form.tsx";
import { Segmented } from "./components/segmented.tsx";
import { openBrowserModel } from "./engine/browser-model.ts";
import { chooseServerModel, openServerModel, serverModelName, serverModels } from "./engine/server-model.ts";
import { remember } from "./preferences.ts";
import { words } from "./words.ts";

const t = words({
  en: {
    ready: "Ready",
    loading: "Loading the model",
    preparing: "Preparing",
    absent: "The published model is not here yet",
    compact: "Compact",
    published: "Published",
    failed: "The model is not ready",
    failedLead: "It could not be loaded.",
    retry: "Try again",
    lost: "The server does not answer",
    lostLead: "What is here can be played and saved. The page goes on by itself as soon as the server is back.",
    offline: "Offline: everything goes on in this page",
    facts: "{layers} layers × {entries} codes · {rate} frames/s",
    where: "Where it runs",
    browser: "This browser",
    server: "Server",
    browserHint: "Nothing leaves this page",
    serverHint: "The clip is sent to the server",
    callHint: "A call leaves this page, encrypted",
    model: "Model",
  },
  zh: {
    ready: "就绪",
    loading: "正在加载模型",
    preparing: "正在准备",
    absent: "官方模型尚未获取",
    compact: "紧凑",
    published: "官方",
    failed: "模型未就绪",
    failedLead: "加载失败。",
    retry: "重试",
    lost: "服务器没有响应",
    lostLead: "已有的内容仍可播放和保存。服务器恢复后，本页会自动继续。",
    offline: "已离线：本页一切照常",
    facts: "{layers} 层 × {entries} 个码字 · {rate} 帧/秒",
    where: "在哪里运行",
    browser: "本浏览器",
    server: "服务器",
    browserHint: "数据不离开本页",
    serverHint: "音频会发送到服务器",
    callHint: "通话内容加密后离开本页",
    model: "模型",
  },
});

/**
 * Which model is ready, or how far it is, or why it is not; where it runs, and which model of
 * several.
 */
export function StatusLine(): JSX.Element {
  const state = model.value;
  return (
    <div class="status-line">
      <div class="status" role="status" data-testid="status" data-state={state.kind}>
        <span class={`lamp is-${state.kind}`} aria-hidden="true" />
        <StatusText state={state} />
      </div>
      <span class="spacer" />
      <ModelPicker />
      <WhereHint />
      {PLACES.length > 1 && (
        <Segmented
          name="where"
          testId="where"
          label={t("where")}
          value={where.value}
          segments={PLACES.map((value) => ({ value, label: t(value) }))}
          onChange={chooseWhere}
        />
      )}
      {(state.kind === "failed" || state.kind === "lost") && !usesPublished.value && <Trouble state={state} />}
    </div>
  );
}

/** Why there is no model, and what can be done. */
function Trouble({ state: { kind, error } }: { state: ModelState & { kind: "failed" | "lost" } }): JSX.Element {
  if (error instanceof ServiceError && error.code === "unauthorized") return <KeyForm />;
  return (
    <div class="status-error">
      <ErrorText error={error} lead={t(kind === "lost" ? "lostLead" : "failedLead")} />
      <button type="button" class="quiet" onClick={() => void open(where.peek())}>
        {t("retry")}
      </button>
    </div>
  );
}

function StatusText({ state }: { state: ModelState }): JSX.Element {
  if (state.kind === "failed" || state.kind === "lost") return <strong>{t(state.kind)}</strong>;
  if (state.kind === "absent") return <strong>{t("absent")}</strong>;
  if (state.kind === "loading")
    return (
      <>
        <strong>{t("loading")}</strong>
        <WorkProgress value={state.progress} label={t("loading")} />
      </>
    );
  if (state.kind === "preparing")
    return (
      <>
        <strong>{t("preparing")}</strong>
        <Progress value={undefined} label={t("preparing")} />
      </>
    );
  const { name, layers, codebookSize, frameRate } = state.coder.info;
  return (
    <>
      <strong>{t("ready")}</strong>
      <span class="model-name">{name}</span>
      <span class="hint">{t("facts", { layers, entries: codebookSize, rate: frameRate })}</span>
    </>
  );
}

/** What becomes of the clip at the place that is chosen. */
function WhereHint(): JSX.Element {
  const isOnline = useSignal(navigator.onLine);
  useEffect(() => {
    const listeners = new AbortController();
    for (const type of ["online", "offline"])
      globalThis.addEventListener(type, () => (isOnline.value = navigator.onLine), { signal: listeners.signal });
    return () => listeners.abort();
  }, []);
  const here = !isOnline.value ? "offline" : tab.value === "call" ? "callHint" : "browserHint";
  return (
    <span class="hint where-hint" data-testid="where-hint">
      {t(where.value === "browser" ? here : "serverHint")}
    </span>
  );
}

/** The models of the server, where it has several; ours and the published one in this browser. */
function ModelPicker(): JSX.Element | null {
  if (where.value === "browser")
    return (
      <select
        class="model-picker is-local"
        data-testid="local-model"
        aria-label={t("model")}
        value={localModel.value}
        onChange={(event) => chooseLocal(event.currentTarget.value)}
      >
        {LOCAL_MODELS.map((name) => (
          <option key={name} value={name}>
            {t(name)}
          </option>
        ))}
      </select>
    );
  if (serverModels.value.length < 2) return null;
  return (
    <select
      class="model-picker"
      aria-label={t("model")}
      value={serverModelName.value}
      onChange={(event) => chooseServerModel(event.currentTarget.value)}
    >
      {serverModels.value.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function chooseLocal(name: string): void {
  localModel.value = name as LocalModel;
  remember("local-model", name);
}

function chooseWhere(place: Where): void {
  where.value = place;
  remember("where", place);
}

function open(place: Where): Promise<void> {
  return place === "server" ? openServerModel() : openBrowserModel();
}
