"""Training recipe of the compact model, one command for CPU and GPU.

    python training/train.py features SHARD.tar... -o DATA [--noise DIR]    once: decode the recordings
    python training/train.py train DATA -o RUN --minutes 60 [--device cuda] [--init DIR | --resume]
    python training/train.py evaluate MODEL CLIPS [-o FILE.json]            PESQ, STOI, codebook use
    python training/train.py export RUN/state.pt --features DATA -o MODEL [--pcm CLIP]     config, weights, golden outputs
    python training/train.py between MODEL RUN/state.pt... -o OUT --share 0.5              part of the way to the mean of runs
    python training/train.py golden MODEL                                                  golden outputs alone

A run has two parts. For the first quarter nothing is quantised: Gaussian noise on the latent, at about the
level of the later quantisation error, makes the network fill all dimensions of the latent. Then residual k-means
starts the codebooks and the rest of the run quantises. With --init both are there already and the whole run
quantises. The learning rate falls along half a cosine to nearly zero at the end of the time; a moving
average of the weights is what is exported.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import fields, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

import data
import evaluate
import export
import losses
from held import HOLDS
from model import Compact, Config, with_frame_before
from quantizer import SPLIT_DISTANCE, Quantizer
from run import Options, Run
from step import CODEBOOK_DECAY, LAST_CODEBOOK_DECAY, cosine, precision, train_step

KMEANS_VECTORS = 50_000
SETTLE_STEPS = 600
SETTLED_ABOVE = 0.15  # share of the mean count: less would leave entries that 100 000 frames may not choose once
UNUSED_ROUNDS = 4
PRIORITY_BATCHES = 100
PRIORITY_RIDGE = 1e-6  # share of the mean square of the inputs
SAVE_SECONDS = 120
LOG_SMOOTHING = 0.97

# --- codebooks and priority at the ends of a run -------------------------------------------------------


@torch.no_grad()
def start_codebooks(run: Run, corpus: data.Corpus) -> None:
    """Ends the first part of a run: residual k-means on latents of random pieces."""
    options, latents, count = run.options, [], 0
    while count < max(KMEANS_VECTORS, run.config.codebook_size) and len(latents) < 10_000:
        with precision(run):
            latent = run.model.encode_latent(corpus.batch(options.batch).input)
        latents.append(latent.float().flatten(0, 1))
        count += len(latents[-1])
    run.quantizer.start(torch.cat(latents))
    run.quantised = True


@torch.no_grad()
def settle(run: Run, corpus: data.Corpus, steps: int = SETTLE_STEPS) -> None:
    """Ends a run: fits the codebooks to the averaged weights, whose latents they have not seen, and splits much used
    entries until none is nearly unused."""
    quantizer = Quantizer(run.average.codebooks, run.quantizer.count, SETTLED_ABOVE, run.config.beam_width)
    keep = torch.full((run.options.batch,), run.config.layers, device=run.device)
    for step in range(steps):
        with precision(run):
            latent = run.average.encode_latent(corpus.batch(run.options.batch).input)
        quantizer(latent.float(), keep, cosine(step / steps, CODEBOOK_DECAY, LAST_CODEBOOK_DECAY))


@torch.no_grad()
def entry_counts(run: Run, corpus: data.Corpus) -> Tensor:
    """How often the averaged weights choose each entry over all recordings as they are: [K, V]."""
    counts = torch.zeros(run.average.codebooks.shape[:2], device=run.device)
    for bands in corpus.recordings():
        codes = run.average.quantize(run.average.encode_latent(bands[None])[0])
        for count, column in zip(counts, codes.t(), strict=True):
            count += torch.bincount(column, minlength=len(count))
    return counts


@torch.no_grad()
def replace_unused(run: Run, corpus: data.Corpus, rounds: int = UNUSED_ROUNDS) -> Tensor:
    """Puts each entry that no recording chooses beside one of the most chosen, which it then shares: [K, V], what is chosen
    how often at the end. Settling knows only inputs that were made quieter, louder and noisy."""
    counts = entry_counts(run, corpus)
    for _ in range(rounds):
        if (counts > 0).all():
            break
        for count, book in zip(counts, run.average.codebooks, strict=True):
            unused = torch.nonzero(count == 0)[:, 0]
            used = count.topk(len(unused)).indices
            book[unused] = book[used] + SPLIT_DISTANCE * book.std() * torch.randn_like(book[used])
        counts = entry_counts(run, corpus)
    return counts


@torch.no_grad()
def fit_priority(model: Compact, corpus: data.Corpus, batches: int = PRIORITY_BATCHES) -> None:
    """Fits the linear estimate of the decoded bands by least squares, on frames with all layers."""
    size = 2 * model.config.codebook_dim + 1
    products = torch.zeros(size, size, dtype=torch.float64)  # of the inputs with themselves
    targets = torch.zeros(size, len(model.priority.bias), dtype=torch.float64)  # and with the bands
    for _ in range(batches):
        latent = model.encode_latent(corpus.batch(Options.batch).target)
        quantised = model.dequantize(model.quantize(latent.flatten(0, 1))).reshape(latent.shape)
        bands = model.decode_latent(quantised).reshape(-1, targets.shape[1]).double().cpu()
        inputs = F.pad(with_frame_before(quantised).flatten(0, 1), (0, 1), value=1.0).double().cpu()
        products += inputs.t() @ inputs
        targets += inputs.t() @ bands
    ridge = PRIORITY_RIDGE * products.diagonal().mean() * torch.eye(size, dtype=torch.float64)
    solution = torch.linalg.solve(products + ridge, targets).float()
    model.priority.weight.copy_(solution[:-1].t())
    model.priority.bias.copy_(solution[-1])
    model.priority_scale = None  # of the rows that were there before


# --- watching ------------------------------------------------------------------------------------------


@torch.no_grad()
def validate(run: Run, bands: Tensor) -> dict[str, float]:
    """Losses of the averaged weights on log bands [B, L, N] of speakers that training does not see, with
    quantisation and (`free_`) without: the difference is what the bits cost, the rest is the network."""
    sums: dict[str, float] = {}
    for part in bands.split(32):
        latent = run.average.encode_latent(part)
        quantised = run.average.dequantize(run.average.quantize(latent.flatten(0, 1))).reshape(latent.shape)
        decoded = run.average.decode_latent(quantised)
        terms = losses.reconstruction(decoded, part) | run.hearing.terms(decoded, part)
        terms |= {"free_" + k: v for k, v in losses.reconstruction(run.average.decode_latent(latent), part).items()}
        terms["error"] = (latent - quantised).square().mean()
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + term.item() * len(part) / len(bands)
    return {f"validation_{name}": round(value, 5) for name, value in sums.items()}


class Log:
    """Smoothed losses, one JSON object per line: step, minutes, learning_rate, log, power, commitment,
    dead (entries), now and then validation_*; at the end how many entries no recording chooses.
    `pandas.read_json(path, lines=True).plot("minutes")` plots it."""

    def __init__(self, path: Path):
        self.path, self.smooth = path, {}

    def add(self, terms: dict[str, Tensor]) -> None:
        for name, term in terms.items():
            value = term.item()
            self.smooth[name] = LOG_SMOOTHING * self.smooth.get(name, value) + (1 - LOG_SMOOTHING) * value

    def write(self, run: Run, more: dict[str, float]) -> None:
        line = {
            "step": run.step,
            "minutes": round(run.elapsed_seconds / 60, 2),
            "learning_rate": run.optimizer.param_groups[0]["lr"],
            **{name: round(value, 5) for name, value in self.smooth.items()},
            "dead": int((run.quantizer.count < 0.05).sum()),
            **{f"excess_{name}": round(excess, 5) for name, excess in run.multipliers.excess.items()},
            **{f"weight_{name}": round(weight, 3) for name, weight in run.multipliers.weights.items()},
            **more,
        }
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def train(run: Run, corpus: data.Corpus, out: Path, weights: losses.Weights) -> None:
    """Trains until the run's time is over; state and log go to the folder `out`."""
    log, watched = Log(out / "log.jsonl"), corpus.validation_batch()
    before, began = run.elapsed_seconds, time.monotonic()
    saved = began
    while run.progress() < 1:
        if not run.quantised and run.progress() >= run.options.unquantised:
            start_codebooks(run, corpus)
        log.add(train_step(run, corpus.batch(run.options.batch), weights))
        run.elapsed_seconds = before + time.monotonic() - began
        if run.step % run.options.log_every == 0:
            due = run.step % run.options.validate_every == 0 and len(watched)
            log.write(run, validate(run, watched) if due else {})
        if time.monotonic() - saved > SAVE_SECONDS:
            run.save(out / "state.pt")
            saved = time.monotonic()
    run.save(out / "state.pt")


# --- commands ------------------------------------------------------------------------------------------


def command_features(args: argparse.Namespace) -> None:
    data.write_features(args.shards, args.noise, Path(args.out), Config(), args.speeds)


def chosen_config(args: argparse.Namespace) -> Config:
    """Of the run to resume or the model to start from, with what the command line changes."""
    if args.resume:
        return Config.of(torch.load(Path(args.out) / "state.pt", map_location="cpu")["config"])
    config = Config.read(Path(args.init[0]) / "config.json") if args.init else Config()
    depth = tuple(args.depth) if args.depth else config.depth
    dim, beam_width = args.codebook_dim or config.codebook_dim, args.beam_width or config.beam_width
    return replace(config, version=Config.version, depth=depth, codebook_dim=dim, beam_width=beam_width)


def command_train(args: argparse.Namespace) -> None:
    device, out = torch.device(args.device), Path(args.out)
    if args.threads:
        torch.set_num_threads(args.threads)
    bfloat16 = args.bfloat16 if args.bfloat16 is not None else device.type == "cuda"
    options = Options(
        minutes=args.minutes,
        steps=args.steps,
        batch=args.batch,
        frames=args.frames,
        learning_rate=args.learning_rate,
        coarse_rate=args.coarse_rate,
        warm_up=args.warm_up,
        bfloat16=bfloat16,
        only_encoder=args.only_encoder,
        only_decoder=args.only_decoder or args.only_fine,
        only_fine=args.only_fine,
        hold=tuple(args.hold),
        hold_every=args.hold_every,
        seed=args.seed,
    )
    augmentation = data.Augmentation(
        gain_db=tuple(args.gain_db),
        noise=args.noise,
        noise_filter_db=args.noise_filter_db,
        reverberation=args.reverberation,
        filter_db=args.filter_db,
    )
    config = chosen_config(args)
    out.mkdir(parents=True, exist_ok=True)
    run = Run(config, options, device)
    corpus = data.Corpus(Path(args.data), config, options.frames, device, augmentation)
    run.measure_bands(corpus.batch(256).target)
    if args.resume:
        run.load(out / "state.pt")
    elif args.init:
        run.start_from(args.init)
    train(run, corpus, out, losses.Weights(**{term.name: getattr(args, term.name) for term in fields(losses.Weights)}))
    if not (options.only_encoder or options.only_decoder):
        settle(run, corpus)
        counts = replace_unused(run, corpus)
        Log(out / "log.jsonl").write(run, {"unused": int((counts == 0).sum()), "frames_counted": int(counts[0].sum())})
        run.save(out / "state.pt")


def command_evaluate(args: argparse.Namespace) -> None:
    report = evaluate.report(args.model, args.clips, args.noise, args.snr_db, args.features, args.processes)
    print(json.dumps({"model": report["model"], "clips": report["clips"], "mean": report["mean"]}, indent=1))
    if args.out:
        Path(args.out).write_text(json.dumps(report, indent=1) + "\n")


def command_export(args: argparse.Namespace) -> None:
    state = torch.load(args.state, map_location="cpu")
    model = Compact(Config.of(state["config"]))
    model.load_state_dict(state["average"])
    clean = data.Augmentation(noise=0.0)  # only targets are looked at
    fit_priority(model, data.Corpus(Path(args.features), model.config, Options.frames, torch.device("cpu"), clean))
    if args.training_state:
        export.save_state(model.state_dict(), state["quantizer"]["count"], args.training_state)
    size = export.save_model(model, args.out, args.format, args.name)
    print(f"{args.out}/model.safetensors: {size} bytes")
    if args.pcm:
        export.save_golden(args.out, export.read_pcm(args.pcm))


def command_between(args: argparse.Namespace) -> None:
    runs = [torch.load(state, map_location="cpu")["average"] for state in args.states]
    moved = export.save_between(args.model, runs, args.share, args.out)
    print(f"{args.out}/model.safetensors: {len(moved)} tensors changed")


def command_golden(args: argparse.Namespace) -> None:
    export.save_golden(args.model, export.read_pcm(args.pcm or f"{args.model}/golden.safetensors"))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    features = commands.add_parser("features", help="decode shards into log bands")
    features.add_argument("shards", nargs="+", help="tar files of the corpus")
    features.add_argument("--noise", help="folder of noise recordings")
    features.add_argument("--speeds", type=float, nargs="+", default=[1.0], help="write each recording at these speeds")
    features.add_argument("-o", "--out", required=True, help="folder to write, 92 MB per hour and speed")
    features.set_defaults(command=command_features)

    defaults, augmentation = Options(), data.Augmentation()
    fit = commands.add_parser("train", help="train, in minutes of wall clock")
    fit.add_argument("data", help="folder that `features` wrote")
    fit.add_argument("-o", "--out", required=True, help="folder for state.pt and log.jsonl")
    fit.add_argument("--minutes", type=float, default=defaults.minutes)
    fit.add_argument("--steps", type=int, help="end after so many steps instead")
    fit.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    fit.add_argument("--threads", type=int, help="of the CPU")
    fit.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, help="default: on a GPU only")
    start = fit.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on with OUT/state.pt, same schedule")
    start.add_argument("--init", nargs="+", help="start a new schedule from the weights in these folders")
    fit.add_argument("--depth", type=int, nargs=4, help="blocks in e1, e2, p1, p2")
    fit.add_argument("--codebook-dim", type=int, help="numbers in a latent")
    fit.add_argument("--beam-width", type=int, help="of the search for codes: 1 is greedy")
    fit.add_argument("--batch", type=int, default=defaults.batch)
    fit.add_argument("--frames", type=int, default=defaults.frames)
    fit.add_argument("--learning-rate", type=float, default=defaults.learning_rate)
    fit.add_argument("--coarse-rate", type=float, default=defaults.coarse_rate, help="share of it for what works at 12.5 Hz")
    fit.add_argument("--warm-up", type=int, default=defaults.warm_up, help="steps in which the learning rate rises")
    fit.add_argument("--gain-db", type=float, nargs=2, default=augmentation.gain_db, help="range; as narrow as what judges hear where terms are held")
    fit.add_argument("--noise", type=float, default=augmentation.noise, help="share of the batch")
    fit.add_argument("--noise-filter-db", type=float, default=augmentation.noise_filter_db, help="colours the noise")
    fit.add_argument("--reverberation", type=float, default=augmentation.reverberation, help="share of the batch")
    fit.add_argument("--filter-db", type=float, default=augmentation.filter_db)
    fit.add_argument("--only-encoder", action="store_true", help="with --init: codebooks and decoder stay; learns to hear through noise")
    fit.add_argument("--only-decoder", action="store_true", help="with --init: codes stay valid")
    fit.add_argument("--only-fine", action="store_true", help="the same of the part at 100 Hz alone")
    fit.add_argument("--hold", nargs="+", default=[], choices=HOLDS, help="with --init: terms that may not get worse than they were")
    fit.add_argument("--hold-every", type=int, default=defaults.hold_every, help="steps between two looks at what they were")
    for term in fields(losses.Weights):
        fit.add_argument(f"--{term.name}", type=float, default=term.default, help="weight of this term of the loss")
    fit.add_argument("--seed", type=int, default=defaults.seed)
    fit.set_defaults(command=command_train)

    score = commands.add_parser("evaluate", help="score a model on a folder of clips")
    score.add_argument("model", help="folder of config.json and model.safetensors")
    score.add_argument("clips", help="folder of recordings")
    score.add_argument("--noise", help="folder of noise recordings: code noisy speech, compare with the clean one")
    score.add_argument("--snr-db", type=float, default=20.0)
    score.add_argument("--features", help="folder that `features` wrote: count codebook use there too")
    score.add_argument("--processes", type=int, default=2)
    score.add_argument("-o", "--out", help="JSON file to write")
    score.set_defaults(command=command_evaluate)

    ship = commands.add_parser("export", help="write the averaged weights of a run")
    ship.add_argument("state", help="state.pt of a run")
    ship.add_argument("-o", "--out", required=True, help="folder to write")
    ship.add_argument("--features", required=True, help="folder that `features` wrote: fits the order of the phase search")
    ship.add_argument("--format", choices=export.FORMATS, default="int8", help="of the weights; int8 ships")
    ship.add_argument("--name", default="twelvehz-compact")
    ship.add_argument("--pcm", help="recording, or older golden.safetensors, to make golden.safetensors from")
    ship.add_argument("--training-state", help="folder for what --init needs beside the exported model")
    ship.set_defaults(command=command_export)

    between = commands.add_parser("between", help="write a model on the way from another to the mean of runs that started from it")
    between.add_argument("model", help="folder of config.json and model.safetensors")
    between.add_argument("states", nargs="+", help="state.pt of runs")
    between.add_argument("--share", type=float, default=1.0, help="of the way")
    between.add_argument("-o", "--out", required=True, help="folder to write")
    between.set_defaults(command=command_between)

    outputs = commands.add_parser("golden", help="write golden.safetensors of a model anew")
    outputs.add_argument("model", help="folder of config.json and model.safetensors")
    outputs.add_argument("--pcm", help="recording; default: that of the golden.safetensors that is there")
    outputs.set_defaults(command=command_golden)
    return parser


if __name__ == "__main__":
    parsed = arguments().parse_args()
    parsed.command(parsed)
