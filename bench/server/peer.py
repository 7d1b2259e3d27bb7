"""What users run today: the published code behind FastAPI, in the plain way.

    QWEN_TTS=FOLDER python peer.py CHECKPOINT_DIR PORT THREADS

FOLDER holds the unpacked wheel qwen-tts 0.1.1. Needs torch, transformers 4.57.3, safetensors, fastapi and uvicorn.
"""

import importlib
import io
import json
import os
import sys
import types
import wave
from importlib.metadata import version

import torch
import uvicorn
from fastapi import FastAPI, Request, Response
from safetensors.torch import load_file

folder, port, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)

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

app = FastAPI()


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "transformers", "fastapi")}


@app.post("/decode")
async def decode(request: Request) -> Response:
    codes = torch.tensor(await request.json())[None]
    with torch.inference_mode():
        sound = model.decode(codes, return_dict=True).audio_values[0]
    pcm = (sound.flatten() * 32767).round().clamp(-32768, 32767).to(torch.int16).numpy()
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(24000)
        writer.writeframes(pcm.tobytes())
    return Response(file.getvalue(), media_type="audio/wav")


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
