"""Judges that come as Python packages with their weights inside: what a codec does to the voice and to the words. JSON on stdout.

    python voice_judges.py FOLDER CODEC...

FOLDER holds NAME.reference.wav and NAME.CODEC.wav. Each judge is optional, and left out where its package is not installed:

    resemblyzer 0.1.4   `speaker`: cosine of the embeddings of both clips, 1 = the same voice (needs setuptools below 81)
    pocketsphinx 5.1.1  `wordError`: share of the words which its recogniser of English hears in the reference that it hears otherwise, per cent
"""

import glob
import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version

RECOGNISER_RATE = 16000  # Hz


def speaker_judge():
    """(reference path, decoded path) -> cosine."""
    from resemblyzer import VoiceEncoder, preprocess_wav

    encoder = VoiceEncoder("cpu", verbose=False)

    def cosine(*paths):
        first, second = (encoder.embed_utterance(preprocess_wav(path)) for path in paths)
        return float(first @ second)

    return cosine


def word_judge():
    """(reference path, decoded path) -> words heard otherwise, per cent of those of the reference; None where it hears none there."""
    import soundfile
    import soxr
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=RECOGNISER_RATE, loglevel="FATAL")

    def words(path):
        samples, rate = soundfile.read(path, dtype="float32")
        pcm = soxr.resample(samples, rate, RECOGNISER_RATE).clip(-1, 1) * 32767
        decoder.start_utt()
        decoder.process_raw(pcm.astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        return decoder.hyp().hypstr.split() if decoder.hyp() else []

    def error(*paths):
        wanted, found = map(words, paths)
        return 100 * edits(wanted, found) / len(wanted) if wanted else None

    return error


def edits(wanted, found):
    """Words to put in, take out or change: the distance of Levenshtein."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


JUDGES = {"speaker": ("resemblyzer", speaker_judge), "wordError": ("pocketsphinx", word_judge)}


def main(folder, codecs):
    judges, packages = {}, {}
    for name, (package, make) in JUDGES.items():
        try:
            packages[name], judges[name] = f"{package} {version(package)}", make()
        except (PackageNotFoundError, ImportError) as error:
            packages.pop(name, None)
            print(f"{package} is left out: {error}", file=sys.stderr)
    values = {}
    for reference in sorted(glob.glob(f"{folder}/*.reference.wav")):
        name = os.path.basename(reference).removesuffix(".reference.wav")
        paths = {codec: reference.replace(".reference.", f".{codec}.") for codec in codecs}
        values[name] = {codec: {judge: ask(reference, path) for judge, ask in judges.items()} for codec, path in paths.items()}
    print(json.dumps(dict(packages=packages, values=values)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
