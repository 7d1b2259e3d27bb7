import type { GraphicsLack, LoadProgress } from "@twelvehz/codec/web";
import type { JSX } from "preact";
import { publishedModel, usesPublished } from "./app-state.ts";
import { ErrorText } from "./components/error-text.tsx";
import { Segmented } from "./components/segmented.tsx";
import {
  address,
  arrived,
  cancelOpening,
  cardNote,
  chooseDecodingPlace,
  chooseHalved,
  DECODING_PLACES,
  decodingPlace,
  graphics,
  hasAdapter,
  isBesidePage,
  isHalfOffered,
  isHalved,
  openPublishedModel,
} from "./engine/published-model.ts";
import { formatBytes } from "./format.ts";
import { words } from "./words.ts";

const t = words({
  en: {
    title: "The published model in this browser",
    where: "Where it decodes",
    processor: "This processor",
    card: "Graphics card",
    insecure: "Browsers give graphics cards to pages on https or localhost only: open the page at such an address.",
    unsupported: "This browser has no WebGPU: take a current Chrome, Edge, Firefox or Safari.",
    blocked: "This browser does not compute on {name}, as its driver is known to fail: update the driver, then the browser.",
    none: "No graphics card is offered here: install its driver, and switch hardware acceleration on in the browser.",
    played: "{name} only plays a graphics card, right but slowly: the processor is faster.",
    small: "{name} has too little room for the model: decode on the processor.",
    notUsed: "The graphics card is not used.",
    passed: "Decodes on {name}, which has passed its check against the processor.",
    onProcessor: "Decodes on this processor.",
    about:
      "Only the decoder is fetched, and kept in this browser; codes of the model are then heard here, without a network. The encoder comes when something is first encoded.",
    beside: "It comes from the server of this page.",
    halved: "Weights in 16 bits: half as much to fetch, for a sound that differs by about -50 dB.",
    nowhere:
      "The server of this page has no published model: “twelvehz models pull Qwen/Qwen3-TTS-Tokenizer-12Hz” there gets it. Or give the address of a folder with config.json and model.safetensors, such as the public hub's.",
    address: "Address",
    fetch: "Fetch the decoder",
    goOn: "Go on fetching",
    cancel: "Cancel",
    bytes: "{loaded} of {total}",
    kept: "{bytes} are here",
    more: "{bytes} of its weights are here.",
    failedLead: "It could not be opened.",
  },
  zh: {
    title: "本浏览器中的官方模型",
    where: "在哪里解码",
    processor: "本机处理器",
    card: "显卡",
    insecure: "浏览器只向 https 或 localhost 上的页面开放显卡：请用这样的地址打开本页。",
    unsupported: "此浏览器没有 WebGPU：请使用新版 Chrome、Edge、Firefox 或 Safari。",
    blocked: "此浏览器不用 {name} 计算，因为其驱动已知有问题：请先更新驱动，再更新浏览器。",
    none: "这里没有可用的显卡：请安装显卡驱动，并在浏览器中打开硬件加速。",
    played: "{name} 只是在处理器上模拟显卡，结果正确但很慢：用处理器更快。",
    small: "{name} 的空间不足以容纳此模型：请在处理器上解码。",
    notUsed: "没有使用显卡。",
    passed: "在 {name} 上解码，它已通过与处理器的比对检查。",
    onProcessor: "在本机处理器上解码。",
    about: "只获取解码器，并保存在本浏览器中；之后无需网络即可在此听到该模型的编码。第一次编码时才获取编码器。",
    beside: "它来自本页的服务器。",
    halved: "16 位权重：下载量减半，声音的差异约为 -50 dB。",
    nowhere:
      "本页的服务器没有官方模型：在服务器上运行“twelvehz models pull Qwen/Qwen3-TTS-Tokenizer-12Hz”即可获取。也可以填写一个含有 config.json 和 model.safetensors 的文件夹地址，例如公共模型库的地址。",
    address: "地址",
    fetch: "获取解码器",
    goOn: "继续获取",
    cancel: "取消",
    bytes: "{loaded} / {total}",
    kept: "已有 {bytes}",
    more: "已有 {bytes} 的权重。",
    failedLead: "无法打开。",
  },
});

/** Below the status line, where the published model is chosen: fetch it, and say where it decodes. */
export function PublishedPanel(): JSX.Element | null {
  if (!usesPublished.value) return null;
  const { kind } = publishedModel.value;
  const isOpening = kind === "loading" || kind === "preparing";
  return (
    <section class="published" data-testid="published" data-state={kind} aria-label={t("title")}>
      <DecodingPlaceSwitch />
      {(kind === "absent" || kind === "failed") && <FetchForm />}
      {isOpening && <Arriving progress={arrived.value} />}
      {kind === "ready" && <Ready />}
      <ErrorText error={publishedModel.value.kind === "failed" ? publishedModel.value.error : undefined} lead={t("failedLead")} />
    </section>
  );
}

/** Processor or card, the card by its name, and why there is none. */
function DecodingPlaceSwitch(): JSX.Element {
  const { name, lack } = graphics.value ?? {};
  return (
    <div class="published-row">
      <Segmented
        name="decoding-place"
        testId="decoding-place"
        label={t("where")}
        value={decodingPlace.value}
        segments={DECODING_PLACES.map((value) => ({ value, label: t(value), isDisabled: value === "card" && !hasAdapter.value }))}
        onChange={chooseDecodingPlace}
      />
      <span class="hint" data-testid="graphics" data-lack={lack satisfies GraphicsLack | undefined}>
        {lack ? t(lack, { name: name ?? "" }) : name}
      </span>
    </div>
  );
}

/** From where, and the button that begins. */
function FetchForm(): JSX.Element {
  const come = arrived.value?.loadedBytes ?? 0;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void openPublishedModel();
  };
  return (
    <form class="published-form" onSubmit={submit}>
      <p class="hint" data-testid="published-source">
        {isBesidePage.value === false ? t("nowhere") : `${t("about")} ${isBesidePage.value ? t("beside") : ""}`}
      </p>
      <div class="published-row">
        {!isBesidePage.value && (
          <label class="published-address">
            {t("address")}
            <input
              type="text"
              inputMode="url"
              spellcheck={false}
              required
              data-testid="published-address"
              value={address.value}
              onInput={(event) => (address.value = event.currentTarget.value)}
            />
          </label>
        )}
        <button type="submit" data-testid="published-fetch">
          {t(come > 0 ? "goOn" : "fetch")}
        </button>
        {come > 0 && <span class="hint">{t("kept", { bytes: formatBytes(come) })}</span>}
        {isHalfOffered.value && (
          <label class="hint">
            <input
              type="checkbox"
              data-testid="published-halved"
              checked={isHalved.value}
              onChange={(event) => chooseHalved(event.currentTarget.checked)}
            />{" "}
            {t("halved")}
          </label>
        )}
      </div>
    </form>
  );
}

/** How many bytes have come, and a way out. */
function Arriving({ progress }: { progress: LoadProgress | undefined }): JSX.Element {
  const { loadedBytes = 0, totalBytes } = progress ?? {};
  return (
    <div class="published-row">
      <span class="hint" data-testid="published-bytes">
        {totalBytes ? t("bytes", { loaded: formatBytes(loadedBytes), total: formatBytes(totalBytes) }) : ""}
      </span>
      <button type="button" class="quiet" data-testid="published-cancel" onClick={cancelOpening}>
        {t("cancel")}
      </button>
    </div>
  );
}

/** Where it decodes; how much of the encoder has come, while it does. */
function Ready(): JSX.Element {
  const state = publishedModel.value;
  const card = state.kind === "ready" ? state.coder.info.graphicsCard : undefined;
  const { loadedBytes = 0, totalBytes = 0 } = arrived.value ?? {};
  const note = cardNote.value;
  return (
    <p class="hint" data-testid="published-ready">
      {card === undefined || note !== undefined ? t("onProcessor") : t("passed", { name: card })}{" "}
      {loadedBytes < totalBytes && t("bytes", { loaded: formatBytes(loadedBytes), total: formatBytes(totalBytes) })}
      {loadedBytes > 0 && loadedBytes === totalBytes && t("more", { bytes: formatBytes(totalBytes) })}
      {note !== undefined && (
        <span class="published-note" data-testid="card-note">
          {t("notUsed")} <span lang="en">{note}</span>
        </span>
      )}
    </p>
  );
}
