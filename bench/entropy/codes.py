"""Codes of a speech corpus, for measure.py.

    python codes.py --model DIR -o CODES.npz PATH...

DIR holds the PyTorch definition and the weights of the compact model (model.py, config.json, model.safetensors).
A PATH is a sound file, a folder of sound files, or a tar of sound files. Needs numpy, torch, safetensors, soundfile, soxr.
CODES.npz: codes [sum of T, K] int16 and frames [number of clips] int32, the T of each clip.
"""
import argparse
import io
import os
import sys
import tarfile

import numpy as np
import soundfile
import soxr
import torch

SOUND = (".wav", ".flac", ".mp3", ".ogg", ".opus")


def clips(path):
    """Yields one readable binary file per clip, in the order of their names."""
    if path.endswith(".tar"):
        with tarfile.open(path) as tar:
            for member in sorted(tar.getmembers(), key=lambda m: m.name):
                if member.name.endswith(SOUND):
                    yield io.BytesIO(tar.extractfile(member).read())
    elif os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            if name.endswith(SOUND):
                yield os.path.join(path, name)
    else:
        yield path


def mono24k(clip):
    """Samples [S] at 24 kHz."""
    pcm, rate = soundfile.read(clip, dtype="float32", always_2d=True)
    pcm = pcm.mean(1)
    return pcm if rate == 24000 else soxr.resample(pcm, rate, 24000, "HQ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--model", required=True)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    sys.path.insert(0, args.model)
    import model

    codec = model.load(args.model)
    codes = []
    with torch.no_grad():
        for path in args.paths:
            for clip in clips(path):
                pcm = mono24k(clip)
                if len(pcm):
                    codes.append(codec.encode(pcm).numpy().astype(np.int16))
            print(path, len(codes), "clips", sum(map(len, codes)), "frames", flush=True)
    np.savez(args.output, codes=np.concatenate(codes), frames=np.array([len(c) for c in codes], np.int32))


main()
