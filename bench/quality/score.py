"""Mean PESQ-WB, PESQ-NB, STOI and ESTOI of NAME.CODEC.wav against NAME.reference.wav in a folder (24 kHz WAV): JSON on stdout,
the means and the values of each clip.

    python score.py FOLDER CODEC...          needs numpy, soundfile, soxr, pesq, pystoi
"""

import glob
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version

import numpy as np
import soundfile
import soxr
from pesq import pesq
from pystoi import stoi

RATE = 24000


def read(path):
    samples, rate = soundfile.read(path, dtype="float64")
    assert rate == RATE, f"{path} has {rate} Hz"
    return samples


def measures(pair):
    """(reference path, decoded path) -> PESQ-WB, PESQ-NB (8 kHz), STOI, ESTOI."""
    reference, decoded = (read(path) for path in pair)
    decoded = np.pad(decoded, (0, max(0, len(reference) - len(decoded))))[: len(reference)]
    at = {rate: [soxr.resample(x, RATE, rate, "HQ") for x in (reference, decoded)] for rate in (16000, 8000)}
    return (
        pesq(16000, *at[16000], "wb"),
        pesq(8000, *at[8000], "nb"),
        stoi(reference, decoded, RATE),
        stoi(reference, decoded, RATE, extended=True),
    )


def main(folder, codecs):
    references = sorted(glob.glob(f"{folder}/*.reference.wav"))
    scores, each = {}, {}
    with ProcessPoolExecutor() as pool:
        for codec in codecs:
            pairs = [(r, r.replace(".reference.", f".{codec}.")) for r in references]
            each[codec] = list(pool.map(measures, pairs))
            wb, nb, short, extended = np.mean(each[codec], axis=0)
            scores[codec] = dict(pesqWb=wb, pesqNb=nb, stoi=short, estoi=extended)
    print(json.dumps(dict(versions={name: version(name) for name in ("pesq", "pystoi")}, scores=scores, each=each)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
