from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import evaluate
import export
from conftest import voice
from model import Compact, Config


def test_a_signal_against_itself_has_the_best_scores():
    scores = evaluate.score(voice(2, 140).astype(np.float64), voice(2, 140).astype(np.float64))
    assert scores["pesq_wb"] == pytest.approx(4.64, abs=0.01)  # top of P.862.2's scale
    assert scores["pesq_nb"] == pytest.approx(4.55, abs=0.01)  # top of P.862.1's scale
    assert scores["stoi"] == pytest.approx(1)


def test_noise_is_added_at_the_ratio_asked_for():
    clean, noise = voice(1, 140), np.random.default_rng(0).standard_normal(5000)
    added = evaluate.mix(clean, noise, 20.0) - clean
    assert 10 * np.log10(np.square(clean).mean() / np.square(added).mean()) == pytest.approx(20, abs=0.01)


def test_codebook_use_counts_what_occurs():
    codes = np.array([[0, 0], [1, 0], [2, 0], [3, 0]])
    assert evaluate.codebook_use(codes, 8) == [
        {"perplexity": 4.0, "dead": 4, "entropy_bits": 2.0},
        {"perplexity": 1.0, "dead": 7, "entropy_bits": 0.0},
    ]


def test_a_folder_of_clips_is_scored(toy: Config, tmp_path: Path, noise_folder: Path, monkeypatch):
    monkeypatch.setattr(evaluate, "LAYERS", (3, 1))
    model = Compact(toy)
    model.codebooks.normal_()
    export.save_model(model, tmp_path / "model", "int8", "toy")
    (tmp_path / "clips").mkdir()
    soundfile.write(tmp_path / "clips" / "a.wav", voice(1, 140)[::2], 12000)
    evaluate.start_worker(str(tmp_path / "model"))
    [(name, clean)] = evaluate.read_clips(tmp_path / "clips")
    noisy = evaluate.mix(clean, evaluate.read_clips(noise_folder)[0][1], 20.0)
    scores, codes = evaluate.work((clean, noisy))
    assert name == "a.wav" and codes.shape == (13, 3) and torch.is_tensor(model.codebooks)
    assert set(scores) == {"3", "1", "input"}
    assert scores["input"]["stoi"] > scores["1"]["stoi"]
    assert set(evaluate.mean_scores([scores, scores])["3"]) == set(evaluate.METRICS)
