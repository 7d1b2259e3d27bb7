#!/usr/bin/env bash
# Measures decoding on a machine with a graphics card and without a network. Not run on any yet.
#
#   bench/graphics/offline.sh pack FOLDER     here, in a built checkout on Linux: all that is needed, in FOLDER
#   FOLDER/bench/graphics/offline.sh run RESULTS   there: measures, lines of JSON in RESULTS/*.jsonl
#
# There: a driver with Vulkan, and libvulkan1. PyTorch is measured where QWEN_TTS names the unpacked wheel
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
  cp -rL "$modules/webgpu" "$modules/debug" "$modules/ms" "$modules/onnxruntime-common" "$modules/onnxruntime-node" "$out/$modules/"
  find "$out/$modules/webgpu/dist" "$out/$modules/onnxruntime-node/bin/napi-v6" -mindepth 1 -maxdepth 1 ! -name 'linux*' -exec rm -r {} +
  cp "$(readlink -f "$(command -v node)")" "$out/node"
  echo '{ "type": "module" }' > "$out/package.json"
  du -sh "$out"
}

run() {
  local results=$1 node=./node
  mkdir -p "$results"
  [ -x "$node" ] || node=node
  local model=$results/full11
  [ -e "$model/config.json" ] || "$node" --input-type=module -e "
    import { seededConfig, writeSeededCheckpoint } from './test/reference/seeded-checkpoint.mjs';
    writeSeededCheckpoint(process.argv[1], seededConfig('full'), 11);" "$model"
  { nvidia-smi --query-gpu=name,driver_version,memory.used --format=csv || true; } > "$results/card.txt" 2>&1
  local engine
  for engine in kernels ort-webgpu ort-cpu; do
    timeout 120 "$node" bench/graphics/decode.mjs "$model" --engine "$engine" > "$results/$engine.jsonl" || echo "$engine failed"
  done
  [ -z "${QWEN_TTS:-}" ] || timeout 150 python3 bench/graphics/pytorch.py "$model" > "$results/pytorch.jsonl" || echo "pytorch failed"
}

case "${1:-} ${2:+folder}" in
  "pack folder") pack "$2" ;;
  "run folder") run "$2" ;;
  *) echo "Usage: offline.sh pack FOLDER | offline.sh run RESULTS"; exit 2 ;;
esac
