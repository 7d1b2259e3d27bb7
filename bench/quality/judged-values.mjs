/**
 * What was measured of the clips that went through a model, kept in a folder: an interrupted run of
 * judges.mjs goes on where it was, and the base is measured once for all candidates.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const HASH_DIGITS = 16;

function hashOf(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, HASH_DIGITS);
}

/** By what a clip is known: a file of the same name with other samples is another clip. */
export function clipKey(path) {
  return `${basename(path)} ${hashOf(path)}`;
}

/** Values by clip of one model at one number of layers, under one condition. */
export class JudgedValues {
  #file;
  #clips = {};

  /**
   * @param {string | undefined} folder to keep them in; without one they last as long as the object
   * @param {string} model its folder: other weights have other values
   * @param {number} layers
   * @param {string} condition what was done to the clips before they went in; nothing if empty
   */
  constructor(folder, model, layers, condition = "") {
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    const weights = hashOf(join(model, "config.json"), join(model, "model.safetensors"));
    this.#file = join(folder, `${[weights, layers, condition].filter(Boolean).join("-")}.json`);
    if (existsSync(this.#file)) this.#clips = JSON.parse(readFileSync(this.#file, "utf8"));
  }

  /** @returns {Record<string, number | null> | undefined} by measure */
  of(clip) {
    return this.#clips[clip];
  }

  /** Adds values of a clip, and writes all. */
  add(clip, values) {
    this.#clips[clip] = { ...this.#clips[clip], ...values };
    if (!this.#file) return;
    writeFileSync(`${this.#file}.part`, JSON.stringify(this.#clips));
    renameSync(`${this.#file}.part`, this.#file);
  }
}
