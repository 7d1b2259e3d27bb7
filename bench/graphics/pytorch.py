"""The published PyTorch code on CUDA, for comparison with measure.mjs: one line of JSON for each setting.

    QWEN_TTS=FOLDER python bench/graphics/pytorch.py CHECKPOINT_DIR

FOLDER holds the unpacked wheel qwen-tts 0.1.1; needs torch, transformers 4.57.3 and safetensors.
"""

import importlib
import json
import os
import sys
import time
import types

import torch
from safetensors.torch import load_file


def load(folder):
    """The published model, without the package's other dependencies."""
    package = types.ModuleType("codec12hz")
    package.__path__ = [os.environ["QWEN_TTS"] + "/qwen_tts/core/tokenizer_12hz"]
    sys.modules["codec12hz"] = package
    configuration = importlib.import_module("codec12hz.configuration_qwen3_tts_tokenizer_v2")
    modeling = importlib.import_module("codec12hz.modeling_qwen3_tts_tokenizer_v2")
    with open(folder + "/config.json") as file:
        raw = json.load(file)
    names = ("encoder_config", "decoder_config", "encoder_valid_num_quantizers")
    config = configuration.Qwen3TTSTokenizerV2Config(**{name: raw[name] for name in names})
    config._attn_implementation = "sdpa"
    model = modeling.Qwen3TTSTokenizerV2Model(config).eval()
    model.load_state_dict(load_file(folder + "/model.safetensors"))
    return model.cuda()


def median_seconds(work, rounds=5):
    for _ in range(3):
        work()
    out = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        began = time.perf_counter()
        work()
        torch.cuda.synchronize()
        out.append(time.perf_counter() - began)
    return sorted(out)[rounds // 2]


def row(engine, device, task, group, streams, work):
    torch.cuda.reset_peak_memory_stats()
    seconds = median_seconds(work)
    return {
        "engine": engine,
        "task": task,
        "device": device,
        "group": group,
        "streams": streams,
        "xRealTime": streams * group * 0.08 / seconds,
        "runMs": seconds * 1e3,
        "megabytes": torch.cuda.max_memory_allocated() / 1e6,
    }


def main():
    model = load(sys.argv[1])
    device = torch.cuda.get_device_name()
    with torch.inference_mode():
        for tf32 in (False, True):
            engine = "pytorch-tf32" if tf32 else "pytorch"
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
            for streams in (1, 4):
                for frames in (1, 4, 12, 188):
                    codes = (torch.arange(streams * frames * 16) * 7919 % 2048).reshape(streams, frames, 16).cuda()
                    decode = row(engine, device, "decode", frames, streams, lambda: model.decode(codes, return_dict=True))
                    print(json.dumps(decode), flush=True)
                    sound = (torch.arange(frames * 1920) * 0.05).sin().mul(0.5).repeat(streams, 1).cuda()
                    mask = torch.ones(sound.shape, dtype=torch.long, device="cuda")
                    encode = row(engine, device, "encode", frames, streams, lambda: model.encode(sound, mask, return_dict=True))
                    print(json.dumps(encode), flush=True)


main()
