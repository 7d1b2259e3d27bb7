import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import export
from conftest import voice
from model import Compact, Config


@pytest.fixture
def model(toy: Config) -> Compact:
    model = Compact(toy)
    model.codebooks.normal_()
    return model


def test_int8_rows_are_near_what_they_stand_for():
    weight = torch.randn(20, 64)
    values, scale = export.quantize_rows(weight, 1)
    assert values.dtype == torch.int8 and scale.shape == (20,) and values.min() >= -127
    step = weight.abs().amax(1) / 127
    assert (values * scale[:, None] - weight).square().mean() < step.square().mean() / 12 * 1.05


def test_rows_of_zeros_stay_zeros():
    values, scale = export.quantize_rows(torch.zeros(3, 5), 1)
    assert torch.all(values == 0) and torch.all(scale > 0)


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_model_comes_back(model: Compact, tmp_path: Path, form: str):
    export.save_model(model, tmp_path, form, "toy-1")
    back = export.load_model(tmp_path)
    assert back.config.name == "toy-1"
    for name, value in model.state_dict().items():
        torch.testing.assert_close(back.state_dict()[name], value, atol=0.03, rtol=0.01, msg=name)


def test_the_file_has_the_documented_layout(model: Compact, tmp_path: Path):
    export.save_model(model, tmp_path, "int8", "toy")
    tensors = load_file(tmp_path / "model.safetensors")
    assert tensors["codebooks"].dtype == np.int8 and tensors["codebooks.scale"].shape == (3, 16)
    assert tensors["down.weight"].dtype == np.int8 and tensors["down.weight.scale"].shape == (16,)
    assert tensors["e1.0.dw.weight"].shape == (12, 1, 7) and tensors["e1.0.dw.weight.scale"].shape == (12,)
    assert tensors["down.bias"].dtype == np.float16
    scales = {name for name in tensors if name.endswith(".scale")}
    assert all(tensors[name].dtype == np.float32 for name in scales)
    assert set(tensors) - scales == set(model.state_dict())


def test_a_model_between_moves_what_runs_moved_and_nothing_else(model: Compact, tmp_path: Path):
    export.save_model(model, tmp_path / "base", "int8", "toy")
    before = export.load_weights(tmp_path / "base")
    runs = [{**before, "head.bias": before["head.bias"] + by, "p2.0.a.weight": before["p2.0.a.weight"] + by} for by in (0.5, 1.5)]
    assert export.save_between(tmp_path / "base", runs, 0.25, tmp_path / "out") == ["head.bias", "p2.0.a.weight"]
    old, new = load_file(tmp_path / "base/model.safetensors"), load_file(tmp_path / "out/model.safetensors")
    assert {name for name in old if not np.array_equal(old[name], new[name])} <= {"head.bias", "p2.0.a.weight", "p2.0.a.weight.scale"}
    after = export.load_model(tmp_path / "out").state_dict()
    for name in ("head.bias", "p2.0.a.weight"):
        torch.testing.assert_close(after[name], before[name] + 0.25, atol=0.01, rtol=0.01)


def test_golden_files_hold_every_stage(model: Compact, tmp_path: Path):
    export.save_model(model, tmp_path, "int8", "toy")
    export.save_golden(tmp_path, (voice(0.4, 130)[:9600] * 32767).astype(np.int16))
    golden = load_file(tmp_path / "golden.safetensors")
    assert {name: (value.shape, value.dtype) for name, value in golden.items()} == {
        "pcm": ((9600,), np.int16),
        "bands": ((40, 128), np.float32),
        "latent": ((5, 8), np.float32),
        "codes": ((5, 3), np.int16),
        "decoded_bands": ((40, 128), np.float32),
        "priority": ((40, 128), np.int16),
        "decoded": ((9600,), np.float32),
        "decoded_bands_first_4_layers": ((40, 128), np.float32),
        "priority_first_4_layers": ((40, 128), np.int16),
        "decoded_first_4_layers": ((9600,), np.float32),
        "drawn_codes": ((40, 3), np.int16),
        "drawn_priority": ((320, 128), np.int16),
    }
    np.testing.assert_array_equal(export.read_pcm(tmp_path / "golden.safetensors"), golden["pcm"])


def test_the_shipped_file_is_what_export_writes(package: Path, tmp_path: Path):
    """Exporting the shipped weights again gives the same format, tensor by tensor."""
    shipped = load_file(package / "model.safetensors")
    form = "int8" if shipped["codebooks"].dtype == np.int8 else "int8-float16-codebooks"
    export.save_model(export.load_model(package), tmp_path, form, "again")
    again = load_file(tmp_path / "model.safetensors")
    assert {n: (v.shape, v.dtype) for n, v in again.items()} == {n: (v.shape, v.dtype) for n, v in shipped.items()}
    assert (package / "model.safetensors").stat().st_size < 20e6


def test_the_model_card_gives_the_measured_figures(package: Path):
    """results/heldout.json is of the shipped model, and the card's table repeats it."""
    report = json.loads((Path(__file__).parent.parent / "results" / "heldout.json").read_text())
    card = (package / "README.md").read_text()
    assert report["model"] == Config.read(package / "config.json").name
    assert f"`{report['model']}`" in card
    for layers, kilobits in (("16", "2.2"), ("8", "1.1"), ("4", "0.55")):
        s = report["mean"][layers]
        row = (
            f"| {layers} | {kilobits} | {s['pesq_wb']:.2f} | {s['pesq_nb']:.2f} | {s['stoi']:.3f} | {s['estoi']:.3f} |"
        )
        assert row in card
