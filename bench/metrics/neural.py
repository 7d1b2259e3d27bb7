"""DNSMOS and PLCMOS of 16 kHz WAV files by the PyPI package speechmos: JSON on stdout.

    python neural.py FILE...          needs speechmos, onnxruntime, librosa, requests, soundfile

PLCMOS imagines 15 raters by normal random numbers. `plcmos` is with the numbers that plcmos.ts draws, so that the two can be compared;
`plcmosDeviation` is the standard deviation of the score when the package draws them, over 20 calls.
"""

import json
import math
import sys
from importlib.metadata import version

import numpy as np
import soundfile
from speechmos import dnsmos, plcmos

SEED, RATERS, RATER_SIZE = 2023, 15, 64


def mulberry32(state):
    """Uniform numbers in [0, 1), as plcmos.ts makes them."""
    mask = 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & mask
        x = ((state ^ (state >> 15)) * (1 | state)) & mask
        x = ((x + (((x ^ (x >> 7)) * (61 | x)) & mask)) & mask) ^ x
        yield (x ^ (x >> 14)) / 2**32


def rater_embeddings():
    """[15, 64] normal numbers by the transform of Box and Muller."""
    random = mulberry32(SEED)
    return np.array([math.sqrt(-2 * math.log(1 - next(random))) * math.cos(2 * math.pi * next(random)) for _ in range(RATERS * RATER_SIZE)]).reshape(RATERS, RATER_SIZE)


def with_raters(model, samples, raters):
    """The package's score with given numbers in place of its random ones."""
    rows, normal = iter(raters), np.random.normal
    np.random.normal = lambda size: next(rows).reshape(size)
    try:
        return model.get_mos(samples)
    finally:
        np.random.normal = normal


def score(path, model, raters):
    samples, rate = soundfile.read(path, dtype="float32")
    found = dnsmos.run(samples, rate)
    random = [model.get_mos(samples) for _ in range(20)]
    return dict(
        dnsmosSig=float(found["sig_mos"]),
        dnsmosBak=float(found["bak_mos"]),
        dnsmosOvrl=float(found["ovrl_mos"]),
        dnsmosP808=float(found["p808_mos"]),
        plcmos=with_raters(model, samples, raters),
        plcmosDeviation=float(np.std(random)),
    )


def main(paths):
    np.random.seed(1)
    model, raters = plcmos.PLCMOS(), rater_embeddings()
    names = ("speechmos", "onnxruntime", "librosa", "numpy")
    print(json.dumps(dict(versions={name: version(name) for name in names}, scores=[score(path, model, raters) for path in paths])))


if __name__ == "__main__":
    main(sys.argv[1:])
