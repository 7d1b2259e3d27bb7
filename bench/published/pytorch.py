"""Times the published PyTorch code on a checkpoint: JSON on stdout.

    QWEN_TTS=FOLDER python pytorch.py CHECKPOINT_DIR THREADS TASK SECONDS

FOLDER holds the unpacked wheel qwen-tts 0.1.1. TASK is encode or decode. Needs torch, transformers 4.57.3 and safetensors.
"""

import importlib
import json
import os
import resource
import sys
import time
import types
from importlib.metadata import version

import torch
from safetensors.torch import load_file

folder, threads, task, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
torch.set_num_threads(threads)

WARM_UP_SECONDS = 20  # longer clips are their own warm-up

# The package's __init__ pulls in its language model; only the codec is wanted.
package = types.ModuleType("codec12hz")
package.__path__ = [os.environ["QWEN_TTS"] + "/qwen_tts/core/tokenizer_12hz"]
sys.modules["codec12hz"] = package
configuration = importlib.import_module("codec12hz.configuration_qwen3_tts_tokenizer_v2")
modeling = importlib.import_module("codec12hz.modeling_qwen3_tts_tokenizer_v2")

raw = json.load(open(folder + "/config.json"))
fields = ("encoder_config", "decoder_config", "encoder_valid_num_quantizers")
config = configuration.Qwen3TTSTokenizerV2Config(**{name: raw[name] for name in fields})
config._attn_implementation = "sdpa"
model = modeling.Qwen3TTSTokenizerV2Model(config).eval()
model.load_state_dict(load_file(folder + "/model.safetensors"))

samples = torch.sin(torch.arange(int(seconds * 24000), dtype=torch.float64) ** 2 * 1e-6).float()[None] * 0.3
mask = torch.ones(samples.shape, dtype=torch.bool)
codes = (torch.arange(int(seconds * 12.5) * 16) * 7919 % 2048).reshape(1, -1, 16)


def work():
    return model.encode(samples, mask, return_dict=True) if task == "encode" else model.decode(codes, return_dict=True)


with torch.inference_mode():
    if seconds <= WARM_UP_SECONDS:
        work()
    began = time.perf_counter()
    work()
    elapsed = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
versions = {name: version(name) for name in ("torch", "transformers")}
print(json.dumps(dict(xRealTime=seconds / elapsed, peakMegabytes=peak, versions=versions)))
