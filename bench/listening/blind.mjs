/**
 * The blind comparison of the listening page: which of two versions is X? It runs in the page, as a
 * module of its own, over the cards that are there. Answers stay in the browser.
 */

const KEY = "twelvehz-abx";
const FADE_SECONDS = 0.008;

/**
 * Items in random order: Fisher and Yates.
 * @template T
 * @param {readonly T[]} items
 * @param {() => number} random from 0 to below 1
 * @returns {T[]}
 */
export function shuffled(items, random) {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1));
    [out[i], out[k]] = [out[k], out[i]];
  }
  return out;
}

/**
 * How likely it is to be right so often or oftener by guessing.
 * @param {number} right
 * @param {number} count of answers
 */
export function chanceOf(right, count) {
  let term = 0.5 ** count;
  let sum = 0;
  for (let k = count; k >= right; k--) {
    sum += term;
    term = (term * k) / (count - k + 1);
  }
  return Math.min(1, sum);
}

/**
 * Answers counted by pair of versions.
 * @param {readonly { pair: string; isRight: boolean }[]} answers
 * @returns {{ pair: string; right: number; count: number; chance: number }[]}
 */
export function tally(answers) {
  const pairs = [...new Set(answers.map(({ pair }) => pair))];
  return pairs.map((pair) => {
    const own = answers.filter((answer) => answer.pair === pair);
    const right = own.filter(({ isRight }) => isRight).length;
    return { pair, right, count: own.length, chance: chanceOf(right, own.length) };
  });
}

/** Answers kept by the browser; none where it keeps nothing or something else. */
function storedAnswers() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function store(answers) {
  try {
    localStorage.setItem(KEY, JSON.stringify(answers));
  } catch {
    // A browser that keeps nothing: the answers last as long as the page.
  }
}

/** A, B and X play together and one is heard, round and round. */
class Trio {
  #context;
  #sources = [];
  #gains = [];
  #turn = 0;

  /** Does nothing more where it is stopped or started anew while sounds are decoded. */
  async start(audios, heard) {
    this.stop();
    const turn = this.#turn;
    this.#context ??= new AudioContext();
    await this.#context.resume();
    const buffers = await Promise.all(audios.map(async ({ src }) => this.#context.decodeAudioData(await bytesOf(src))));
    if (turn !== this.#turn) return;
    const at = this.#context.currentTime + 0.05;
    this.#gains = buffers.map((_, i) => new GainNode(this.#context, { gain: i === heard ? 1 : 0 }));
    this.#sources = buffers.map((buffer, i) => {
      const source = new AudioBufferSourceNode(this.#context, { buffer, loop: true });
      source.connect(this.#gains[i]).connect(this.#context.destination);
      source.start(at);
      return source;
    });
  }

  hear(heard) {
    const now = this.#context?.currentTime ?? 0;
    for (const [i, gain] of this.#gains.entries()) gain.gain.setTargetAtTime(i === heard ? 1 : 0, now, FADE_SECONDS / 3);
  }

  get isPlaying() {
    return this.#sources.length > 0;
  }

  stop() {
    this.#turn++;
    for (const source of this.#sources) source.stop();
    this.#sources = [];
  }
}

/** Sounds are data URIs; `fetch` of them is forbidden to some pages. */
async function bytesOf(uri) {
  const binary = atob(uri.slice(uri.indexOf(",") + 1));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer;
}

/** The section of the page. */
class BlindTest {
  #root;
  #trio = new Trio();
  #answers = storedAnswers();
  #trials = [];
  #cards;

  constructor(root, cards) {
    this.#root = root;
    this.#cards = cards;
    const names = [...cards[0].querySelectorAll("label b")].map((name) => name.textContent);
    for (const [i, select] of [...root.querySelectorAll("select")].entries()) {
      select.replaceChildren(...names.map((name, k) => new Option(name, String(k), k === i, k === i)));
      select.addEventListener("change", () => this.#end());
    }
    this.#on("start", () => this.#begin());
    this.#on("clear", () => this.#clear());
    for (const [heard, name] of ["a", "b", "x"].entries()) this.#on(name, () => this.#hear(heard));
    for (const [answer, name] of ["is-a", "is-b"].entries()) this.#on(name, () => this.#answer(answer));
    this.#show();
  }

  #part(name) {
    return this.#root.querySelector(`[data-abx="${name}"]`);
  }

  #on(name, listener) {
    this.#part(name).addEventListener("click", listener);
  }

  get #versions() {
    return [...this.#root.querySelectorAll("select")].map(({ value }) => Number(value));
  }

  #begin() {
    const [a, b] = this.#versions;
    this.#end();
    this.#part("hint").textContent = a === b ? "Choose two versions that differ." : "";
    if (a === b) return;
    this.#trials = shuffled(this.#cards, Math.random).map((card) => ({ card, x: Math.random() < 0.5 ? 0 : 1 }));
    this.#show();
  }

  #end() {
    this.#trio.stop();
    this.#trials = [];
    this.#show();
  }

  async #hear(heard) {
    const [trial] = this.#trials;
    if (!trial) return;
    for (const [i, name] of ["a", "b", "x"].entries()) this.#part(name).setAttribute("aria-pressed", String(i === heard));
    if (this.#trio.isPlaying) return this.#trio.hear(heard);
    const audios = trial.card.querySelectorAll("audio");
    const [a, b] = this.#versions.map((version) => audios[version]);
    await this.#trio.start([a, b, [a, b][trial.x]], heard);
  }

  #answer(answer) {
    const trial = this.#trials.shift();
    if (!trial) return;
    const pair = [...this.#root.querySelectorAll("select")].map(({ selectedOptions }) => selectedOptions[0].textContent).join(" / ");
    this.#answers.push({ pair, clip: trial.card.getAttribute("aria-label"), isRight: answer === trial.x });
    store(this.#answers);
    this.#trio.stop();
    for (const name of ["a", "b", "x"]) this.#part(name).setAttribute("aria-pressed", "false");
    this.#show();
  }

  #clear() {
    this.#answers = [];
    store(this.#answers);
    this.#end();
  }

  /** Results appear between rounds only: who sees them while answering, answers otherwise. */
  #show() {
    const isOn = this.#trials.length > 0;
    this.#part("trial").hidden = !isOn;
    this.#part("result").hidden = isOn || this.#answers.length === 0;
    this.#part("left").textContent = `${this.#trials.length} to go`;
    const rows = tally(this.#answers).map(({ pair, right, count, chance }) => {
      const row = document.createElement("tr");
      const texts = [pair, `${right} of ${count}`, chance < 0.001 ? "below 0.001" : chance.toFixed(3)];
      row.append(...texts.map((text, i) => Object.assign(document.createElement(i === 0 ? "th" : "td"), { textContent: text })));
      return row;
    });
    this.#root.querySelector("tbody").replaceChildren(...rows);
  }
}

if (globalThis.document !== undefined) {
  const cards = [...document.querySelectorAll(".example")];
  const root = document.querySelector("[data-abx=root]");
  if (root && cards.length > 0) {
    root.hidden = false;
    new BlindTest(root, cards);
  }
}
