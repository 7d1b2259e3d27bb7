/**
 * Puts what bench/graphics/offline.sh has measured on a machine with a card into
 * bench/results/graphics-card.json, for the tables.
 *
 *     node bench/graphics/collect.mjs RESULTS [OUTPUT.json]
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";

const [folder, output = join(root, "bench/results/graphics-card.json")] = process.argv.slice(2);
if (!folder) throw new Error("Usage: node bench/graphics/collect.mjs RESULTS [OUTPUT.json]");
const read = (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim() : "");
const rows = readdirSync(folder)
  .filter((name) => name.endsWith(".jsonl"))
  .sort()
  .flatMap((name) => read(name).split("\n").filter(Boolean))
  .map((line) => JSON.parse(line));
const card = rows.find(({ engine }) => engine === "kernels")?.device;
if (card === undefined) throw new Error(`${folder} holds no line of our kernels: see what offline.sh has said there`);
const machine = JSON.parse(read("machine.json"));
if (!machine.model.startsWith("full") || /swiftshader|llvmpipe/i.test(card))
  throw new Error(`${folder} holds "${machine.model}" on ${card}, which says nothing of speed: run offline.sh run on a card`);
const results = {
  measured: { command: "bench/graphics/offline.sh run RESULTS", ...machine, driver: read("card.txt"), card },
  rows,
};
writeFileSync(output, `${JSON.stringify(results, null, 2)}\n`);
