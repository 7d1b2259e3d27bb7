/**
 * Runs in the page: plays all sounds of an example at once with only one of them heard, so that
 * changing between them leaves no gap. Keys: 1 to 9 choose, the space bar starts and stops. Where
 * it does not run, the page keeps an `audio` element for each sound.
 */
export const PLAYER_SCRIPT: string = `
(() => {
  "use strict";
  let context;
  let current;
  const FADE_SECONDS = 0.008;
  const decode = async (audio) => {
    const binary = atob(audio.src.slice(audio.src.indexOf(",") + 1));
    return context.decodeAudioData(Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer);
  };
  class Player {
    constructor(root) {
      this.root = root;
      this.button = root.querySelector("button");
      this.time = root.querySelector(".time");
      this.inputs = [...root.querySelectorAll("input")];
      this.lines = [...root.querySelectorAll(".picture i")];
      this.at = 0;
      root.classList.add("live");
      this.button.addEventListener("click", () => this.toggle());
      this.inputs.forEach((input, i) => input.addEventListener("change", () => this.choose(i)));
      root.querySelectorAll(".picture").forEach((picture) =>
        picture.addEventListener("click", (event) => this.seek(event.offsetX / picture.clientWidth)));
    }
    async toggle() {
      if (this.sources) return this.stop();
      if (current && current !== this) current.stop();
      current = this;
      await this.start();
    }
    async load() {
      context ??= new AudioContext();
      await context.resume();
      this.buffers ??= await Promise.all([...this.root.querySelectorAll("audio")].map(decode));
      this.length = Math.max(...this.buffers.map((buffer) => buffer.duration));
    }
    async start() {
      await this.load();
      if (this.sources || current !== this) return;
      if (this.at >= this.length - 0.05) this.at = 0;
      this.began = context.currentTime + 0.02 - this.at;
      this.gains = this.buffers.map((_, i) => new GainNode(context, { gain: this.inputs[i].checked ? 1 : 0 }));
      this.sources = this.buffers.map((buffer, i) => {
        const source = new AudioBufferSourceNode(context, { buffer });
        source.connect(this.gains[i]).connect(context.destination);
        source.start(context.currentTime + 0.02, this.at);
        return source;
      });
      this.root.classList.add("playing");
      this.button.textContent = "Stop";
      this.tick();
    }
    stop() {
      this.sources?.forEach((source) => source.stop());
      this.sources = undefined;
      this.root.classList.remove("playing");
      this.button.textContent = "Play";
    }
    choose(i) {
      this.inputs[i].checked = true;
      this.gains?.forEach((gain, k) => gain.gain.setTargetAtTime(k === i ? 1 : 0, context.currentTime, FADE_SECONDS / 3));
    }
    async seek(part) {
      const isPlaying = this.sources !== undefined;
      this.stop();
      if (current && current !== this) current.stop();
      current = this;
      await this.load();
      this.at = part * this.length;
      if (isPlaying || part > 0) await this.start();
    }
    tick() {
      if (!this.sources) return;
      this.at = Math.max(0, context.currentTime - this.began);
      this.time.textContent = Math.min(this.at, this.length).toFixed(1) + " s";
      this.lines.forEach((line) => (line.style.left = Math.min(100, (100 * this.at) / this.length) + "%"));
      if (this.at >= this.length) return this.stop();
      requestAnimationFrame(() => this.tick());
    }
  }
  const players = [...document.querySelectorAll(".example")].map((root) => new Player(root));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const player = current ?? players[0];
    if (!player) return;
    if (event.key === " " && event.target.tagName !== "BUTTON") {
      event.preventDefault();
      player.toggle();
    }
    const number = Number(event.key);
    if (event.key !== " " && number >= 1 && number <= player.inputs.length) player.choose(number - 1);
  });
})();
`;
