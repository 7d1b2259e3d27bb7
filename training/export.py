"""The weight file that ships, and the golden outputs that prove that somebody reads it rightly.

model.safetensors holds the tensors of `model.Compact` under their names. A tensor of type I8 belongs to a
second one, NAME.scale (F32), with one number per output channel: value = int8 * scale.

    Linear [out, in]            scale [out]
    convolution [out, 1, k]     scale [out]
    codebooks [layers, size, D] scale [layers, size], one per entry

Everything else (biases, norms, block scales, mean, std) is F16. Integers run from -127 to 127.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file
from torch import Tensor

from audio import read_audio
from model import Compact, Config
from spectrum import FRAME

FORMATS = ("float16", "int8", "int8-float16-codebooks")
INT8_MAX = 127
COUNT = "quantizer.count"  # in a training state: how often each codebook entry is chosen, mean 1
DRAWN_FRAMES = 40  # of the golden file
CLIPS = torch.linspace(0.7, 1.0, 13)  # shares of a channel's largest value that may become 127


def quantize_rows(weight: Tensor, row_axes: int) -> tuple[Tensor, Tensor]:
    """weight, any shape -> int8 of the same shape and float32 scales of its first `row_axes` axes.

    Each row tries a few clipping points and keeps the one with the smallest squared error."""
    rows = weight.float().reshape(-1, int(np.prod(weight.shape[row_axes:])))  # [R, n]
    largest = rows.abs().amax(1).clamp(min=1e-8)
    best_error = torch.full_like(largest, torch.inf)
    best_scale = largest / INT8_MAX
    for clip in CLIPS:
        scale = largest * clip / INT8_MAX
        error = (to_int8(rows, scale) * scale[:, None] - rows).square().sum(1)
        best_scale = torch.where(error < best_error, scale, best_scale)
        best_error = torch.minimum(error, best_error)
    values = to_int8(rows, best_scale).to(torch.int8)
    return values.reshape(weight.shape), best_scale.reshape(weight.shape[:row_axes])


def to_int8(rows: Tensor, scale: Tensor) -> Tensor:
    """rows [R, n], scale [R] -> integers as floats [R, n]."""
    return (rows / scale[:, None]).round().clamp(-INT8_MAX, INT8_MAX)


def row_axes(name: str, weight: Tensor) -> int:
    """How many leading axes of a tensor share no scale; 0: the tensor is not quantised."""
    if name == "codebooks":
        return 2
    return 1 if weight.dim() > 1 else 0


def pack(weights: dict[str, Tensor], form: str) -> dict[str, Tensor]:
    """State of a model -> what the file holds, in one of FORMATS."""
    packed = {}
    for name, weight in weights.items():
        axes = row_axes(name, weight) if form != "float16" else 0
        if name == "codebooks" and form == "int8-float16-codebooks":
            axes = 0
        if axes:
            packed[name], packed[name + ".scale"] = quantize_rows(weight, axes)
        else:
            packed[name] = weight.half().contiguous()
    return packed


def unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """What a weight file holds -> float32 tensors by name."""
    weights = {}
    for name, value in packed.items():
        if name.removesuffix(".scale") != name and name.removesuffix(".scale") in packed:
            continue
        if value.dtype == torch.int8:
            scale = packed[name + ".scale"]
            value = value.float() * scale.reshape(*scale.shape, *[1] * (value.dim() - scale.dim()))
        weights[name] = value.float()
    return weights


def load_model(folder: Path | str) -> Compact:
    """Reads config.json and model.safetensors of a folder, in any of FORMATS."""
    model = Compact(Config.read(Path(folder) / "config.json"))
    packed = load_packed(folder)
    model.load_state_dict(unpack(packed))
    model.priority_scale = packed.get("priority.weight.scale")
    return model.eval()


def load_weights(folder: Path | str) -> dict[str, Tensor]:
    """Float32 tensors by name of a folder: of its model.safetensors, or of the parts of a training state."""
    return unpack(load_packed(folder))


def load_packed(folder: Path | str) -> dict[str, Tensor]:
    """The same as the files hold them."""
    folder = Path(folder)
    shipped = folder / "model.safetensors"
    files = [shipped] if shipped.exists() else sorted(folder.glob("part-*.safetensors"))
    if not files:
        raise FileNotFoundError(f'Weights not found in "{folder}": expected model.safetensors or part-*.safetensors')
    return {name: value for file in files for name, value in load_file(file).items()}


def save_model(model: Compact, folder: Path | str, form: str, name: str) -> int:
    """Writes config.json and model.safetensors; returns the bytes of the latter."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    replace(model.config, name=name).write(folder / "config.json")
    weights = {key: value.cpu() for key, value in model.state_dict().items()}
    path = folder / "model.safetensors"
    save_file(pack(weights, form), path)
    path.chmod(0o644)  # safetensors makes it private
    return path.stat().st_size


def save_between(base: Path | str, runs: list[dict[str, Tensor]], share: float, folder: Path | str) -> list[str]:
    """Writes a model that lies `share` (0 to 1) of the way from the one in the folder `base` to the mean of runs that were trained on
    from it, in int8. Returns which tensors changed. What no run moved stays as it is, to the bit; so does `priority`, which is not
    fitted anew."""
    packed, weights, folder = load_packed(base), load_weights(base), Path(folder)
    means = {name: torch.stack([run[name].float().cpu() for run in runs]).mean(0) for name in weights}
    moved = {name: torch.lerp(weights[name], mean, share) for name, mean in means.items() if not torch.equal(mean, weights[name])}
    folder.mkdir(parents=True, exist_ok=True)
    Config.read(Path(base) / "config.json").write(folder / "config.json")
    save_file(packed | pack(moved, "int8"), folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    return sorted(moved)


def save_state(weights: dict[str, Tensor], count: Tensor, folder: Path | str, parts: int = 2) -> None:
    """Writes what training goes on from and the shipped file lacks: the network (not the codebooks) in
    float16 and the codebooks' counts [K, V], in `parts` files of about the same size."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.half() for name, value in weights.items() if name != "codebooks"} | {COUNT: count.half()}
    bytes_before, whole = 0, sum(value.nbytes for value in tensors.values())
    files: list[dict[str, Tensor]] = [{} for _ in range(parts)]
    for name, value in tensors.items():
        files[bytes_before * parts // whole][name] = value.contiguous()
        bytes_before += value.nbytes
    for number, part in enumerate(files, start=1):
        path = folder / f"part-{number}.safetensors"
        save_file(part, path)
        path.chmod(0o644)


def golden(model: Compact, pcm: np.ndarray) -> dict[str, np.ndarray]:
    """pcm [1920 T] int16 -> every stage of the codec on it, once with all layers and once with four; and the priorities of
    codes that were drawn."""
    bands = model.bands(pcm.astype(np.float32) / 32768)
    with torch.no_grad():
        latent = model.encode_latent(bands[None])[0]
        codes = model.quantize(latent)
    stages = {"pcm": pcm, "bands": bands.numpy(), "latent": latent.numpy(), "codes": codes.numpy().astype(np.int16)}
    for suffix, layers in (("", None), ("_first_4_layers", 4)):
        decoded, priority = model.decode_bands(codes, layers), model.decode_priority(codes, layers)
        stages["decoded_bands" + suffix] = decoded.numpy()
        stages["priority" + suffix] = priority.numpy()
        stages["decoded" + suffix] = model.synthesize(decoded, priority).astype(np.float32)
    drawn = np.random.default_rng(0).integers(model.config.codebook_size, size=(DRAWN_FRAMES, model.config.layers))
    stages["drawn_codes"] = drawn.astype(np.int16)
    stages["drawn_priority"] = model.decode_priority(torch.from_numpy(drawn)).numpy()
    return stages


def read_pcm(path: Path | str) -> np.ndarray:
    """int16 [1920 T] at 24 kHz from a recording, or as it stands in a golden.safetensors or .npz."""
    if Path(path).suffix == ".safetensors":
        return load_arrays(path)["pcm"]
    if Path(path).suffix == ".npz":
        return np.load(path)["pcm"]
    pcm = np.clip(np.round(read_audio(path) * 32768), -32768, 32767).astype(np.int16)
    return pcm[: len(pcm) // FRAME * FRAME]


def save_golden(folder: Path | str, pcm: np.ndarray) -> None:
    """Writes golden.safetensors beside the weights of a folder, computed from them as they are in the file."""
    path = Path(folder) / "golden.safetensors"
    save_arrays(golden(load_model(folder), pcm), path)
    path.chmod(0o644)
