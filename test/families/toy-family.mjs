/**
 * A third family, as unlike the other two as it can be: 25 frames a second of 16 kHz, 4 layers of
 * 256 codes, no network at all. Code k of a frame is the mean of its k-th quarter. Nothing outside
 * this file knows it but the line that registers it.
 */
const SAMPLE_RATE = 16_000;
const FRAME = 640;
const LAYERS = 4;
const QUARTER = FRAME / LAYERS;

class ToyEncoder {
  #rest = new Float32Array(0);

  async push(samples) {
    const all = new Float32Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    const quarters = Math.floor(all.length / FRAME) * LAYERS;
    this.#rest = all.slice(quarters * QUARTER);
    return Int16Array.from({ length: quarters }, (_, i) => {
      const mean = all.subarray(i * QUARTER, (i + 1) * QUARTER).reduce((sum, x) => sum + x, 0) / QUARTER;
      return Math.max(0, Math.min(255, Math.round(mean * 128) + 128));
    });
  }

  async flush() {
    const codes = await this.push(new Float32Array((FRAME - (this.#rest.length % FRAME)) % FRAME));
    await this.reset();
    return codes;
  }

  async reset() {
    this.#rest = new Float32Array(0);
  }

  async save() {
    return { rest: this.#rest };
  }

  async restore({ rest }) {
    this.#rest = rest;
  }

  async close() {}
}

class ToyDecoder {
  #gains = new Float32Array(LAYERS).fill(1);

  async push(codes) {
    return Float32Array.from({ length: codes.length * QUARTER }, (_, i) => {
      const at = Math.floor(i / QUARTER);
      return (this.#gains[at % LAYERS] * (codes[at] - 128)) / 128;
    });
  }

  async conceal() {
    return new Float32Array(FRAME);
  }

  async flush() {
    await this.reset();
    return new Float32Array(0);
  }

  async reset() {
    this.#gains.fill(1);
  }

  async save() {
    return { gains: this.#gains.slice() };
  }

  async restore({ gains }) {
    this.#gains = gains.slice();
  }

  async setGains(gains) {
    this.#gains = gains.slice();
  }

  async close() {}
}

export const toyFamily = {
  name: "toy",
  modelType: "toy_tokenizer_25hz",
  hubIds: [],
  traits: { attention: false, parallelCodecs: true, streamsPerProcessor: 8, plainCodebooks: false },
  parseConfig: ({ name }) => ({ name: String(name) }),
  networks: () => ({}),
  codebooks: () => ["entries"],
  open: ({ config, origin }) => ({
    info: {
      ...origin,
      name: config.name,
      sampleRate: SAMPLE_RATE,
      frameRate: SAMPLE_RATE / FRAME,
      samplesPerFrame: FRAME,
      layers: LAYERS,
      codebookSize: 256,
      decodeDelaySamples: 0,
    },
    openEncoder: async () => new ToyEncoder(),
    openDecoder: async () => new ToyDecoder(),
    close: async () => {},
  }),
};
