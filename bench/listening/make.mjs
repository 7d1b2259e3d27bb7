/**
 * The listening page of the documentation: ten held-out clips, the compact model beside Opus, with
 * spectrograms, and a blind comparison (`blind.mjs`).
 *
 *     node bench/listening/make.mjs FOLDER
 *
 * FOLDER holds the held-out clips. Writes docs/listening.html, one page that needs nothing else.
 * What is heard is packed once more, by Opus at 64 kbit/s, so that the page stays small; scores are
 * of what came out of the codecs. Needs `opusenc` (opus-tools).
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeWav } from "@twelvehz/codec/node";
import { evaluate, listClips, openCodecs, openConditions, reportExamples } from "@twelvehz/eval/node";
import { dataUri } from "../../packages/eval/dist/report/data-uri.js";
import { exampleCards } from "../../packages/eval/dist/report/examples.js";
import { html, Markup } from "../../packages/eval/dist/report/html.js";
import { PLAYER_SCRIPT } from "../../packages/eval/dist/report/player-script.js";
import { REPORT_STYLE } from "../../packages/eval/dist/report/report-style.js";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";
import { BLIND_SECTION, BLIND_STYLE } from "./blind-section.mjs";

/**
 * Voices that differ: women, men, a child; six languages; only licences that let recordings be
 * passed on. File name, voice, whose recording.
 */
const CLIPS = [
  ["libritts_test-clean_en_1089_00.flac", "English, a man", "LibriTTS, CC BY 4.0"],
  ["librispeech_test-other_en_533_08.flac", "English, a woman", "LibriSpeech, CC BY 4.0"],
  ["speechocean762_en_spk5406_08.flac", "English, a girl of 11", "speechocean762, CC BY 4.0"],
  ["aishell3_zh_SSB0005_03.flac", "Mandarin, a woman", "AISHELL-3, Apache-2.0"],
  ["common_voice_ja_ja_cv_38833628_00.flac", "Japanese, a man", "Common Voice, CC0"],
  ["tts_portuguese_pt-BR_edresson_00.flac", "Portuguese, a man", "TTS-Portuguese-Corpus, Edresson Casanova et al., CC BY 4.0"],
  ["artikulate_fr_fr_08.flac", "French, a man", "KDE Artikulate, Andreas Cord-Landwehr, Magdalena Konkiewicz, CC BY-SA 3.0"],
  ["speechocean762_en_spk0157_02.flac", "English, a woman who learns it", "speechocean762, CC BY 4.0"],
  ["librispeech_test-other_en_2609_03.flac", "English, a man", "LibriSpeech, CC BY 4.0"],
  ["libritts_test-clean_en_7021_06.flac", "English, a man", "LibriTTS, CC BY 4.0"],
];
/** The four versions of a clip two by two where there is room. */
const WIDE = "@media (min-width: 700px) { .example .pictures { grid-template-columns: 1fr 1fr; } }";
const CODECS = "compact:16,opus:6,8";
const HEARD_KILOBITS = 64;
const BLIND_SCRIPT = readFileSync(join(root, "bench/listening/blind.mjs"), "utf8");

/** Sound as Ogg Opus in a data URI. */
function opusUri(audio) {
  const args = ["--quiet", "--bitrate", String(HEARD_KILOBITS), "-", "-"];
  const { status, stdout, error } = spawnSync("opusenc", args, { input: encodeWav(audio).bytes, maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`opusenc failed (${error?.message ?? `status ${status}`}): install opus-tools`);
  return dataUri("audio/ogg", stdout);
}

function page(cards, { commit, date }, models) {
  return `<!doctype html>\n${html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>twelvehz: listen</title><link rel="icon" href="data:,"><style>${new Markup(REPORT_STYLE + WIDE + BLIND_STYLE)}</style></head>
<body><main><header><h1>Listen</h1>
<p class="lead">Ten clips that no training has seen, through ${models} at 2.2 kbit/s and through Opus at 6 and 8 kbit/s. All versions of a clip play together and one is heard, so that changing leaves no gap.</p>
<p class="made">Clips by dataset, chosen before they were heard; scores against the original. For this page every sound was packed again, by Opus at ${HEARD_KILOBITS} kbit/s. ${date}, commit ${commit}, <code>node bench/listening/make.mjs FOLDER</code>.</p></header>
<section><h2>Clips</h2>${cards}</section>${BLIND_SECTION}</main><script>${new Markup(PLAYER_SCRIPT)}</script><script type="module">${new Markup(BLIND_SCRIPT)}</script></body></html>`}\n`;
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("Usage: node bench/listening/make.mjs FOLDER");
const all = await listClips(folder);
const clips = CLIPS.map(([name]) => {
  const clip = all.find((candidate) => candidate.name === name);
  if (!clip) throw new Error(`Cannot make the page: "${name}" is not in "${folder}"`);
  return clip;
});
const { conditions } = await openConditions("clean", { clips, seconds: 8 });
const open = await openCodecs(CODECS);
const work = { clips, codecs: open.codecs, conditions, identities: open.identities, seconds: 8, measures: ["main"] };
const results = await evaluate(work);
const examples = [];
for (const [clip, voice, credit] of CLIPS) {
  const choice = { title: voice, clip, condition: "clean" };
  examples.push(...(await reportExamples(results, work, [choice])).map((example) => ({ ...example, clip: `${credit}; ${clip}` })));
}
await open.close();
const cards = await exampleCards(results, examples, opusUri);
writeFileSync(join(root, "docs/listening.html"), page(cards, measuredOn(""), open.codecs[0].name.replace(/,.*/, "")));
