"""What to hear in place of a lost frame: linear predictors of a latent from those around it.

The decoder hears latents; where a frame is lost, and no copy of it came, one is made up from the three before
it, and from the one after it where that has come already:

    past [3 D] -> latent [D]            conceal.past.weight [D, 3 D], conceal.past.bias [D]
    past and next [4 D] -> latent [D]   conceal.both.weight [D, 4 D], conceal.both.bias [D]

The oldest latent stands first. Both are fitted by least squares with a penalty on the size of the weights (ridge
regression, Hoerl and Kennard 1970) to latents as they are decoded, sums of entries of the codebooks. F16, in a file
of their own beside the weights: the identity of a model does not depend on them.

    python training/concealment.py DIR/train-*.tar --model packages/compact-model --recordings 600
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor

from audio import read_audio
from data import at_level, recordings, speaker_name, validation_speakers
from export import load_model
from model import Compact
from search import search
from spectrum import FRAME

PAST = 3  # latents before the lost one
PENALTY = 1e-2  # times the mean square of an input
FILE = "concealment.safetensors"


@torch.no_grad()
def latents_of(model: Compact, pcm: np.ndarray) -> Tensor:
    """pcm [S] -> latents as they are decoded, [T, D]. The greedy search: the entries differ, their sums hardly."""
    whole = pcm[: len(pcm) // FRAME * FRAME]
    latent = model.encode_latent(model.bands(whole)[None])[0]
    return model.dequantize(search(latent, model.codebooks, 1))


def chosen(shards: list[str], count: int) -> Iterator[tuple[bool, bytes]]:
    """About `count` recordings at even distances, and whether the speaker is kept out of training."""
    kept_out, rows = validation_speakers(shards), sum(1 for _ in recordings(shards))
    step = max(1, rows // count)
    for number, (row, file) in enumerate(recordings(shards)):
        if number % step == 0:
            yield speaker_name(row) in kept_out, file


def windows(latents: Tensor) -> Tensor:
    """latents [T, D] -> [T - PAST - 1, PAST + 2, D]: past, the one that is lost, next."""
    return latents.unfold(0, PAST + 2, 1).transpose(1, 2)


def ridge(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """inputs [N, I], targets [N, D] -> weight [D, I] and bias [D]; the bias is free."""
    inputs, targets = inputs.double(), targets.double()
    x, y = inputs - inputs.mean(0), targets - targets.mean(0)
    square = x.t() @ x
    square += PENALTY * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype)
    weight = torch.linalg.solve(square, x.t() @ y).t()
    return weight, targets.mean(0) - weight @ inputs.mean(0)


def inputs_and_targets(around: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """windows [N, PAST + 2, D] -> past [N, PAST D], past and next [N, (PAST + 1) D], what is lost [N, D]"""
    past, lost, after = around[:, :PAST].flatten(1), around[:, PAST], around[:, PAST + 1]
    return past, torch.cat([past, after], 1), lost


def fit(around: Tensor) -> dict[str, Tensor]:
    """windows [N, PAST + 2, D] -> tensors by name."""
    past, both, lost = inputs_and_targets(around)
    tensors = {}
    for name, inputs in (("past", past), ("both", both)):
        tensors[f"conceal.{name}.weight"], tensors[f"conceal.{name}.bias"] = ridge(inputs, lost)
    return tensors


def shares_left(tensors: dict[str, Tensor], around: Tensor) -> dict[str, float]:
    """Mean square error over the variance of the latents: of holding the last one, and of both predictors."""
    past, both, lost = inputs_and_targets(around.double())
    guesses = {"hold": past[:, -lost.shape[1] :]}
    for name, inputs in (("past", past), ("both", both)):
        guesses[name] = inputs @ tensors[f"conceal.{name}.weight"].t() + tensors[f"conceal.{name}.bias"]
    variance = (lost - lost.mean(0)).square().mean()
    return {name: float((guess - lost).square().mean() / variance) for name, guess in guesses.items()}


def save(tensors: dict[str, Tensor], folder: Path) -> int:
    """Writes the file beside the weights of a model; returns its bytes."""
    path = folder / FILE
    save_file({name: value.numpy().astype(np.float16) for name, value in tensors.items()}, path)
    path.chmod(0o644)  # safetensors makes it private
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description="Fits the predictors of lost frames.")
    parser.add_argument("shards", nargs="+", help="tar files of recordings, as train.py takes them")
    parser.add_argument("--model", type=Path, default=Path("packages/compact-model"), help="folder of a model")
    parser.add_argument("--recordings", type=int, default=600, help="so many, at even distances")
    parser.add_argument("-o", "--out", type=Path, help="folder of the file; default: that of the model")
    args = parser.parse_args()
    model, found = load_model(args.model), {False: [], True: []}
    for kept_out, file in chosen(args.shards, args.recordings):
        latents = latents_of(model, at_level(read_audio(io.BytesIO(file))))
        if len(latents) >= PAST + 2:
            found[kept_out].append(windows(latents))
    tensors = fit(torch.cat(found[False]))
    size = save(tensors, args.out or args.model)
    frames = {kept_out: sum(len(part) for part in parts) for kept_out, parts in found.items()}
    print(f"fitted to {frames[False]} frames, {size} bytes")
    if found[True]:
        left = ", ".join(f"{name} {share:.3f}" for name, share in shares_left(tensors, torch.cat(found[True])).items())
        print(f"share of the variance that is left, {frames[True]} frames of speakers that were kept out: {left}")


if __name__ == "__main__":
    main()
