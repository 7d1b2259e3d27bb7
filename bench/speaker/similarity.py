"""Speaker similarity of a reference and what a codec made of it: cosine of the embeddings of PyPI resemblyzer, 1 = the same voice. JSON on stdout.

    python similarity.py FOLDER CODEC...

FOLDER holds NAME.reference.wav and NAME.CODEC.wav. Needs resemblyzer 0.1.4, whose weights come with it, and setuptools below 81, which its
dependency webrtcvad imports. `otherVoices` is the mean similarity of different references: what no likeness at all gives among these clips.
"""

import glob
import json
import sys
from importlib.metadata import version

import numpy as np
from resemblyzer import VoiceEncoder, preprocess_wav


def main(folder, codecs):
    encoder = VoiceEncoder("cpu", verbose=False)
    embed = lambda path: encoder.embed_utterance(preprocess_wav(path))
    references = sorted(glob.glob(f"{folder}/*.reference.wav"))
    voices = np.array([embed(path) for path in references])
    others = voices @ voices.T
    result = dict(
        model=f"resemblyzer {version('resemblyzer')}",
        clips=len(references),
        otherVoices=float((others.sum() - np.trace(others)) / max(1, len(voices) * (len(voices) - 1))),
        similarity={},
    )
    for codec in codecs:
        decoded = np.array([embed(path.replace(".reference.", f".{codec}.")) for path in references])
        cosines = (voices * decoded).sum(1)
        result["similarity"][codec] = dict(mean=float(cosines.mean()), lowest=float(cosines.min()))
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
