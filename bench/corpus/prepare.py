"""Makes the data of the bench out of a folder of FLAC files, the same clips in every form.

    python bench/corpus/prepare.py FOLDER DATA [--clips 4000]

Clips are the recordings over and over, each with files of its own; their codes are those of the
compact model in PyTorch, so that the arm that encodes in workers gives the same ones.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from arms import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", type=int, default=4000)
    options = parser.parse_args()
    files = sorted(options.folder.glob("*.flac"))
    if not files:
        raise SystemExit(f"There are no FLAC files in {options.folder}")
    import audio
    import export
    import torch
    from tests.corpora import write_corpus

    torch.set_num_threads(1)
    model = export.load_model(ROOT / "packages/compact-model")
    sounds = [audio.read_audio(file) for file in files]
    codes = [model.encode(sound).numpy().astype(np.int16) for sound in sounds]
    rows = [number % len(files) for number in range(options.clips)]
    for folder in ("flac", "npy"):
        (options.data / folder).mkdir(parents=True)
    with (options.data / "codes.jsonl").open("w") as lines:
        for number, row in enumerate(rows):
            shutil.copyfile(files[row], options.data / f"flac/{number}.flac")
            np.save(options.data / f"npy/{number}.npy", codes[row])
            lines.write(json.dumps({"id": f"clip-{number}", "audio_codes": codes[row].tolist()}) + "\n")
    lengths = [len(codes[row]) for row in rows]
    write_corpus(
        options.data / "corpus", lengths, shard_clips=1000, batch_clips=1000, source=lambda number, *_: codes[rows[number]]
    )
    samples = sum(len(sounds[row]) for row in rows)
    about = {"clips": options.clips, "recordings": len(files), "seconds": samples / 24000}
    (options.data / "about.json").write_text(json.dumps(about))


if __name__ == "__main__":
    main()
