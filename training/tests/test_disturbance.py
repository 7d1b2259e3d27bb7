import re
from pathlib import Path

import numpy as np
import pytest
import soxr
import torch
from pesq import pesq
from safetensors.numpy import load_file

import pesq_tables
from disturbance import CODEC, PESQ, BandDisturbance, bark_matrix, mos, waveform_mos
from model import Config
from spectrum import SAMPLE_RATE

ROOT = Path(__file__).parents[2]
GOLDEN = load_file(ROOT / "packages/compact-model/golden.safetensors")
CONFIG = Config()


def wide(name: str) -> np.ndarray:
    pcm = GOLDEN[name].astype(np.float32)
    return soxr.resample(pcm / 32768 if name == "pcm" else pcm, SAMPLE_RATE, 16000, "HQ")


@pytest.mark.parametrize("decoded", ["decoded", "decoded_first_4_layers"])
def test_decoded_speech_scores_within_three_tenths_of_pesq(decoded: str):
    reference, degraded = wide("pcm"), wide(decoded)
    found = waveform_mos(torch.from_numpy(reference)[None], torch.from_numpy(degraded)[None]).item()
    assert abs(found - pesq(16000, reference, degraded, "wb")) < 0.3


def test_fewer_layers_disturb_more():
    model = BandDisturbance(CONFIG.bands, CONFIG.single_bins, CONFIG.floor, torch.device("cpu"))
    target = torch.from_numpy(GOLDEN["bands"])[None]
    all_layers, four = (
        model(torch.from_numpy(GOLDEN[name])[None], target).item() for name in ("decoded_bands", "decoded_bands_first_4_layers")
    )
    assert 0 < all_layers < four
    assert mos(torch.tensor(0.0)).item() > 4.5


def test_both_analyses_hear_the_same_power():
    """White noise: the power of a bin grows with the rate and with the length of the window."""
    codec, own = (bark_matrix(a).sum(0)[5:-1] * a.sample_rate * a.window for a in (CODEC, PESQ))
    np.testing.assert_allclose(codec, own, rtol=0.05)


def test_tables_are_those_of_the_typescript_measure():
    text = (ROOT / "packages/eval/src/measures/pesq/tables.ts").read_text()
    for name in ("BAND_CENTRES", "BAND_WIDTHS", "HEARING_THRESHOLDS"):
        numbers = re.search(name + r"[^=]*= \[(.*?)\];", text, re.S).group(1)
        assert tuple(float(x) for x in numbers.split(",") if x.strip()) == getattr(pesq_tables, name)
