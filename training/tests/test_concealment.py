from pathlib import Path

import torch
from safetensors.torch import load_file

import concealment

SIZE = 6


def swings(frames: int = 4000) -> torch.Tensor:
    """Latents that follow from the two before but for a little noise: [frames, 6]"""
    latents = [torch.randn(SIZE), torch.randn(SIZE)]
    for _ in range(frames - 2):
        latents.append(1.2 * latents[-1] - 0.6 * latents[-2] + 0.3 * torch.randn(SIZE) + 0.1)
    return torch.stack(latents)


def test_windows_hold_the_frames_in_their_order():
    around = concealment.windows(torch.arange(8.0)[:, None].expand(8, SIZE))
    assert around.shape == (4, concealment.PAST + 2, SIZE)
    assert around[1, :, 0].tolist() == [1, 2, 3, 4, 5]


def test_predictors_leave_less_than_holding_and_the_next_frame_helps():
    tensors = concealment.fit(concealment.windows(swings()))
    left = concealment.shares_left(tensors, concealment.windows(swings()))
    assert left["both"] < left["past"] < 0.6 * left["hold"]


def test_the_file_holds_what_the_decoder_asks_for(tmp_path: Path):
    size = concealment.save(concealment.fit(concealment.windows(swings(200))), tmp_path)
    tensors = load_file(tmp_path / concealment.FILE)
    assert {name: tuple(value.shape) for name, value in tensors.items()} == {
        "conceal.past.weight": (SIZE, 3 * SIZE),
        "conceal.past.bias": (SIZE,),
        "conceal.both.weight": (SIZE, 4 * SIZE),
        "conceal.both.bias": (SIZE,),
    }
    assert size == (tmp_path / concealment.FILE).stat().st_size
