import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

import burst
import data
import export
import step
from burst import Plan, largest_that_fits, pieces, plan_of, save_state, state_folder
from model import Compact, Config


@pytest.fixture
def plan(shard: Path, noise_folder: Path, toy: Config, tmp_path: Path) -> Plan:
    """The rehearsal: everything that a card does, on a CPU and small."""
    export.save_model(Compact(toy), tmp_path / "init", "float16", "toy")
    arguments = [str(shard.parent), "-o", str(tmp_path / "run"), "--init", str(tmp_path / "init"), "--noise", str(noise_folder)]
    small = plan_of([*arguments, "--device", "cpu", "--steps", "6", "--frames", "4", "--largest-batch", "8", "--processes", "2"])
    return replace(small, settle_steps=3, save_seconds=0)


def test_an_interrupted_loan_is_gone_on_with_and_ends_in_a_model(plan: Plan, capsys, monkeypatch):
    monkeypatch.setattr(burst, "PRINT_SECONDS", 0)
    run, corpus = burst.start(plan)
    assert run.options.batch == 8 and run.options.bfloat16 and len(run.learnt) > len(list(run.model.p2.parameters()))
    progress = run.progress
    run.progress = lambda: 1.0 if run.step >= 4 else progress()  # the loan ends
    burst.train_on(run, corpus, plan)

    again = burst.burst(plan)
    assert again.step == 6
    printed = capsys.readouterr().out
    assert printed.count("features:") == 1 and "from step 0" in printed and "from step 4" in printed
    lines = [json.loads(line) for line in (plan.out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6] and all(line["steps_per_second"] > 0 for line in lines)
    model = export.load_model(plan.out / "model")
    assert model.config.name == "toy" and model.encode(np.zeros(3840, np.float32)).shape == (2, 3)


def test_the_state_is_half_precision_in_small_pieces_and_comes_back(plan: Plan):
    run, corpus = burst.start(plan)
    step.train_step(run, corpus.batch(8), burst.losses.Weights())
    save_state(run, plan.out)
    files = sorted((plan.out / "state").glob("piece-*"))
    assert files and all(path.stat().st_size <= burst.PIECE_BYTES for path in files)
    with safe_open(files[0], "pt") as piece:
        assert all(piece.get_slice(name).get_dtype() == "F16" for name in piece.keys())
    (plan.out / "state").rename(plan.out / "state.old")  # interrupted between two names
    assert state_folder(plan.out).name == "state.old"
    again, _ = burst.start(plan)
    assert again.step == 1
    for name, value in burst.tensors_of(run).items():
        torch.testing.assert_close(burst.tensors_of(again)[name], value.half().float(), rtol=0, atol=0, msg=name)


def test_pieces_keep_the_order_and_the_limit(monkeypatch):
    monkeypatch.setattr(burst, "PIECE_BYTES", 64 * 1024 + 100)
    tensors = {str(i): torch.zeros(20, dtype=torch.float16) for i in range(5)} | {"large": torch.zeros(80, dtype=torch.float16)}
    assert [list(piece) for piece in pieces(tensors)] == [["0", "1"], ["2", "3"], ["4"], ["large"]]


def test_the_batch_doubles_while_it_fits():
    assert largest_that_fits(lambda size: size <= 200, 16, 1024) == 128
    assert largest_that_fits(lambda size: True, 16, 64) == 64
    with pytest.raises(MemoryError, match="A batch of 16 does not fit"):
        largest_that_fits(lambda size: False, 16, 1024)


def test_a_folder_without_shards_is_refused(plan: Plan, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="expected shards"):
        burst.make_features(replace(plan, recordings=tmp_path / "empty"), Config())


def test_features_made_by_many_processes_are_the_same(shard: Path, noise_folder: Path, toy: Config, tmp_path: Path):
    for processes in (1, 2):
        data.write_features([str(shard)], str(noise_folder), tmp_path / str(processes), toy, (1.0, 1.25), processes)
    for name in ("bands.f16", "noise.f16", "index.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
