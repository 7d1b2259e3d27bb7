/**
 * The blind comparison as markup: what `blind.mjs` fills with life. Hidden where no script runs.
 */
import { html } from "../../packages/eval/dist/report/html.js";

/** Added to the style of the report. */
export const BLIND_STYLE = `
.abx { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; margin: 14px 0; }
.abx[hidden] { display: none; }
.abx button, .abx select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 6px 14px; min-height: 40px; }
.abx button[aria-pressed=true] { background: var(--mark); border-color: var(--c0); }
`;

export const BLIND_SECTION = html`<section data-abx="root" hidden><h2>Listen blind</h2>
<p>X is one of two versions, at random, clip after clip in random order. Hear A, B and X as often as you like and say which it is. Nothing leaves this browser.</p>
<div class="abx"><label>A <select></select></label><label>B <select></select></label><button type="button" data-abx="start">Start a round</button><span data-abx="hint" role="status"></span></div>
<div class="abx" data-abx="trial" hidden><button type="button" data-abx="a" aria-pressed="false">A</button><button type="button" data-abx="b" aria-pressed="false">B</button><button type="button" data-abx="x" aria-pressed="false">X</button>
<span>·</span><button type="button" data-abx="is-a">X is A</button><button type="button" data-abx="is-b">X is B</button><span class="note" data-abx="left" role="status"></span></div>
<div data-abx="result" hidden><div class="scroll"><table><caption>All rounds in this browser. Below 0.05 by guessing: you hear the difference.</caption>
<thead><tr><th scope="col">Versions</th><th scope="col">Right</th><th scope="col">So often or oftener by guessing</th></tr></thead><tbody></tbody></table></div>
<div class="abx"><button type="button" data-abx="clear">Forget the answers</button></div></div></section>`;
