#!/usr/bin/env bash
# Measures encoding and decoding on a machine with a graphics card and without a network. Not run on one yet; rehearsed
# with the tiny model on SwiftShader.
#
#   bench/graphics/offline.sh pack FOLDER          here, in a built checkout on Linux: all that is needed, in FOLDER
#   FOLDER/bench/graphics/offline.sh run RESULTS   there: measures, lines of JSON in RESULTS/*.jsonl
#   FOLDER/bench/graphics/offline.sh rehearse RESULTS   the same with the tiny model and few frames, to see that it runs
#   node bench/graphics/collect.mjs RESULTS && npm run generate      here: the tables of README and docs/performance.md
#
# There: a driver with Vulkan, and libvulkan1. LIMIT: seconds for each engine, 150 by default; what was measured by then
# stays. ENGINES: some of opening, kernels, ort-webgpu and ort-cpu, to go on where a run was ended. PyTorch is measured where QWEN_TTS names the unpacked wheel
# qwen-tts 0.1.1 and python3 has torch with CUDA, transformers 4.57.3 and safetensors.
set -euo pipefail
[ -z "${2:-}" ] || { mkdir -p "$2"; set -- "$1" "$(realpath "$2")"; }
cd "$(dirname "$0")/../.."

pack() {
  local out=$1 modules=node_modules
  mkdir -p "$out/bench" "$out/packages/codec" "$out/test/reference" "$out/$modules"
  cp -r bench/graphics "$out/bench/"
  cp -r packages/codec/dist packages/codec/package.json "$out/packages/codec/"
  cp test/reference/seeded-checkpoint.mjs "$out/test/reference/"
  git rev-parse --short=12 HEAD > "$out/commit.txt"
  cp -rL "$modules/webgpu" "$modules/debug" "$modules/ms" "$modules/onnxruntime-common" "$modules/onnxruntime-node" "$out/$modules/"
  find "$out/$modules/webgpu/dist" "$out/$modules/onnxruntime-node/bin/napi-v6" -mindepth 1 -maxdepth 1 ! -name 'linux*' -exec rm -r {} +
  cp "$(readlink -f "$(command -v node)")" "$out/node"
  echo '{ "type": "module" }' > "$out/package.json"
  du -sh "$out"
}

run() {
  local results=$1 size=$2 seed=$3 node=./node limit=${LIMIT:-150}
  shift 3
  mkdir -p "$results"
  [ -x "$node" ] || node=node
  local model=$results/$size$seed
  [ -e "$model/config.json" ] || "$node" --input-type=module -e "
    import { seededConfig, writeSeededCheckpoint } from './test/reference/seeded-checkpoint.mjs';
    writeSeededCheckpoint(process.argv[1], seededConfig(process.argv[2]), Number(process.argv[3]));" "$model" "$size" "$seed"
  { nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || echo "unknown (no nvidia-smi)"; } > "$results/card.txt" 2>/dev/null
  "$node" -p "const { cpus } = os; JSON.stringify({ model: '$size, seed $seed', commit: fs.readFileSync('commit.txt', 'utf8').trim(), date: new Date().toISOString().slice(0, 10),
    machine: cpus()[0].model.trim() + ', ' + cpus().length + ' processors', node: process.versions.node })" > "$results/machine.json"
  local engine
  for engine in ${ENGINES:-opening kernels ort-webgpu ort-cpu}; do
    timeout "$limit" "$node" bench/graphics/measure.mjs "$model" --engine "$engine" --weights float32,float16 "$@" > "$results/$engine.jsonl" || echo "$engine failed"
  done
  [ -z "${QWEN_TTS:-}" ] || timeout "$limit" python3 bench/graphics/pytorch.py "$model" > "$results/pytorch.jsonl" || echo "pytorch failed"
}

case "${1:-} ${2:+folder}" in
  "pack folder") pack "$2" ;;
  "run folder") run "$2" full 11 ;;
  "rehearse folder") run "$2" tiny 7 --groups 2 --streams 2 --frames 2 --rounds 1 ;;
  *) echo "Usage: offline.sh pack FOLDER | offline.sh run RESULTS | offline.sh rehearse RESULTS"; exit 2 ;;
esac
