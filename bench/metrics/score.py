"""PESQ and STOI by the Python packages, for agreement.mjs: JSON on stdout, one entry for every codec and clip.

    python score.py FOLDER CLIPS CODEC...    needs numpy, soundfile, pesq, pystoi
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version

import soundfile
from pesq import pesq
from pystoi import stoi


def measures(job):
    folder, clip, codec = job
    read = lambda name, rate: soundfile.read(f"{folder}/{clip}.{name}.{rate}.wav", dtype="float32")[0]
    pair = lambda rate: (read("reference", rate), read(codec, rate))
    return dict(
        clip=clip,
        codec=codec,
        pesqWb=pesq(16000, *pair(16000), "wb"),
        pesqNb=pesq(8000, *pair(8000), "nb"),
        stoi=stoi(*pair(24000), 24000),
        estoi=stoi(*pair(24000), 24000, extended=True),
    )


def main(folder, clips, codecs):
    jobs = [(folder, clip, codec) for clip in range(int(clips)) for codec in codecs]
    with ProcessPoolExecutor() as pool:
        scores = list(pool.map(measures, jobs))
    print(json.dumps(dict(versions={name: version(name) for name in ("pesq", "pystoi")}, scores=scores)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
