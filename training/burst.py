"""A short loan of a machine with a graphics card, used in full: one command from recordings to weights, and once more to go on.

    python training/burst.py FOLDER -o RUN [--noise FOLDER] [--init packages/compact-model] [--minutes 10] [--device cuda]

FOLDER holds shards (`data.py`). All cores make the features, then the whole network, codebooks too, is trained from the weights of `--init`, in
bfloat16 and with the largest batch that fits. Every three minutes the state goes to RUN/state: float16, in pieces of 16 MB that any
channel carries. The same command again goes on from there, on this machine or on another one; moments of the optimizer are not kept, so
it finds them anew. When the minutes are over, RUN/model is what `export` makes, without golden outputs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import data
import export
import losses
import train
from model import Config
from run import Options, Run
from step import train_step

PIECE_BYTES = 16 * 1024 * 1024
SAVE_SECONDS = 180
PRINT_SECONDS = 10
FIRST_BATCH, LARGEST_BATCH = 16, 1024
SPEEDS = (0.88, 1.0, 1.14)
CLOCK = "burst.json"  # in a state: step, seconds, batch


@dataclass(frozen=True)
class Plan:
    """What the command line says. `steps` ends the run in place of the minutes."""

    recordings: Path
    out: Path
    init: Path
    noise: Path | None = None
    device: str = "cuda"
    minutes: float = 10.0
    steps: int | None = None
    frames: int = 32
    largest_batch: int = LARGEST_BATCH
    learning_rate: float = 1e-3
    processes: int = 0  # 0: one for each core
    settle_steps: int = train.SETTLE_STEPS
    save_seconds: float = SAVE_SECONDS
    seed: int = 0


def make_features(plan: Plan, config: Config) -> Path:
    """The folder of features; made unless it is there."""
    folder = plan.out / "features"
    if not (folder / "index.json").exists():
        shards = sorted(str(path) for path in plan.recordings.glob("*.tar"))
        if not shards:
            raise FileNotFoundError(f'Recordings not found in "{plan.recordings}": expected shards, *.tar')
        began = time.monotonic()
        noise = str(plan.noise) if plan.noise else None
        data.write_features(shards, noise, folder, config, SPEEDS, plan.processes or os.cpu_count() or 1)
        print(f"features: {time.monotonic() - began:.0f} s", flush=True)
    return folder


def largest_that_fits(fits: Callable[[int], bool], first: int, limit: int) -> int:
    """The largest of first, 2 first, 4 first ... up to the limit that fits. MemoryError when the first does not."""
    size = min(first, limit)
    if not fits(size):
        raise MemoryError(f"A batch of {size} does not fit: choose shorter pieces (--frames)")
    while 2 * size <= limit and fits(2 * size):
        size *= 2
    return size


def step_fits(plan: Plan, config: Config, corpus: data.Corpus, batch: int) -> bool:
    """Whether a step with such a batch has memory enough. The step is made with a run that is thrown away."""
    run = Run(config, options_of(plan, batch), corpus.device)
    run.quantised = True
    try:
        train_step(run, corpus.batch(batch), losses.Weights())
        return True
    except torch.OutOfMemoryError:
        return False
    finally:
        del run
        if corpus.device.type == "cuda":
            torch.cuda.empty_cache()


def options_of(plan: Plan, batch: int) -> Options:
    return Options(
        minutes=plan.minutes,
        steps=plan.steps,
        batch=batch,
        frames=plan.frames,
        learning_rate=plan.learning_rate,
        bfloat16=True,
        seed=plan.seed,
    )


# --- state ---------------------------------------------------------------------------------------------


def tensors_of(run: Run) -> dict[str, Tensor]:
    """Everything that a second call needs, by name."""
    parts = {"model": run.model.state_dict(), "average": run.average.state_dict(), "quantizer": run.quantizer.state()}
    return {f"{part}.{name}": value for part, tensors in parts.items() for name, value in tensors.items()}


def save_state(run: Run, out: Path) -> None:
    """Writes out/state beside the old one first, which stays until the new one is whole."""
    new, old, folder = (out / name for name in ("state.new", "state.old", "state"))
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for number, piece in enumerate(pieces({name: value.half().cpu().contiguous() for name, value in tensors_of(run).items()}), 1):
        save_file(piece, new / f"piece-{number:02}.safetensors")
    clock = {"config": asdict(run.config), "step": run.step, "seconds": run.elapsed_seconds, "batch": run.options.batch}
    (new / CLOCK).write_text(json.dumps(clock) + "\n")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def pieces(tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Tensors in their order, as many together as a piece holds with its header; one that is larger has a piece of its own."""
    limit, parts, size = PIECE_BYTES - 64 * 1024, [{}], 0
    for name, value in tensors.items():
        if parts[-1] and size + value.nbytes > limit:
            parts.append({})
            size = 0
        parts[-1][name] = value
        size += value.nbytes
    return parts


def state_folder(out: Path) -> Path | None:
    """The state to go on from; the old one where saving was interrupted between two names."""
    return next((out / name for name in ("state", "state.old") if (out / name / CLOCK).exists()), None)


@torch.no_grad()
def load_state(run: Run, folder: Path) -> None:
    found = {name: value for path in sorted(folder.glob("piece-*.safetensors")) for name, value in load_file(path).items()}
    for name, value in tensors_of(run).items():
        value.copy_(found[name])
    clock = json.loads((folder / CLOCK).read_text())
    run.step, run.elapsed_seconds = clock["step"], clock["seconds"]
    run.quantised = True


# --- the run -------------------------------------------------------------------------------------------


def start(plan: Plan) -> tuple[Run, data.Corpus]:
    """The run where it stands: with the batch that fits here, from the state if there is one, else from the weights of `init`."""
    config, device = Config.read(plan.init / "config.json"), torch.device(plan.device)
    features = make_features(plan, config)
    corpus = data.Corpus(features, config, plan.frames, device, data.Augmentation(noise=0.2, filter_db=4.0))
    batch = largest_that_fits(lambda size: step_fits(plan, config, corpus, size), FIRST_BATCH, plan.largest_batch)
    run = Run(config, options_of(plan, batch), device)
    run.start_from([str(plan.init)])
    state = state_folder(plan.out)
    if state:
        load_state(run, state)
    torch.manual_seed(plan.seed + run.step)  # other pieces than before
    print(f"batch {batch}, from step {run.step}", flush=True)
    return run, corpus


def train_on(run: Run, corpus: data.Corpus, plan: Plan) -> None:
    """Trains until the minutes are over; prints steps a second and losses, saves now and then and at the end."""
    log = train.Log(plan.out / "log.jsonl")
    before, began = run.elapsed_seconds, time.monotonic()
    saved = printed = began
    printed_step = run.step
    while run.progress() < 1:
        log.add(train_step(run, corpus.batch(run.options.batch), losses.Weights()))
        now = time.monotonic()
        run.elapsed_seconds = before + now - began
        if now - printed > PRINT_SECONDS:
            log.write(run, {"steps_per_second": round((run.step - printed_step) / (now - printed), 2)})
            printed, printed_step = now, run.step
        if now - saved > plan.save_seconds:
            save_state(run, plan.out)
            saved = now
    save_state(run, plan.out)


def finish(run: Run, corpus: data.Corpus, plan: Plan) -> None:
    """Fits codebooks and the order of phases to the averaged weights, and writes RUN/model."""
    train.settle(run, corpus, plan.settle_steps)
    train.replace_unused(run, corpus)
    model = run.average.cpu()
    clean = data.Augmentation(noise=0.0)
    train.fit_priority(model, data.Corpus(plan.out / "features", run.config, plan.frames, torch.device("cpu"), clean))
    size = export.save_model(model, plan.out / "model", "int8", run.config.name)
    print(f"{plan.out}/model/model.safetensors: {size} bytes", flush=True)


def burst(plan: Plan) -> Run:
    plan.out.mkdir(parents=True, exist_ok=True)
    run, corpus = start(plan)
    train_on(run, corpus, plan)
    finish(run, corpus, plan)
    return run


def plan_of(arguments: list[str] | None = None) -> Plan:
    defaults = Plan(Path(), Path(), Path(__file__).parents[1] / "packages" / "compact-model")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path, help="folder of shards")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for features, state, log and model")
    parser.add_argument("--init", type=Path, default=defaults.init, help="folder of the model to start from")
    parser.add_argument("--noise", type=Path, help="folder of noise recordings")
    parser.add_argument("--device", default=defaults.device, choices=("cpu", "cuda"))
    parser.add_argument("--minutes", type=float, default=defaults.minutes, help="of training, all calls together")
    parser.add_argument("--steps", type=int, help="end after so many steps instead")
    parser.add_argument("--frames", type=int, default=defaults.frames, help="of a piece")
    parser.add_argument("--largest-batch", type=int, default=defaults.largest_batch)
    parser.add_argument("--learning-rate", type=float, default=defaults.learning_rate)
    parser.add_argument("--processes", type=int, default=defaults.processes, help="for the features; 0: one for each core")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    return replace(defaults, **vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    burst(plan_of())
