"""What entropy coding would save on the codes of a token file: ideal code lengths (-log2 p) of models that a coder could use.

    python measure.py --heldout CODES.npz --train CODES.npz --codebooks MODEL.safetensors -o entropy.json

Needs numpy and safetensors; the .npz files are made by codes.py. Adaptive models start from nothing and learn while they code.
Static ones are tables trained on the training codes; `readerBytes` is what a reader would have to know for each model of the
codec. The last one knows the codebooks as well. An arithmetic coder comes within 0.1 % of these lengths. Free constants
(start weights, back-offs, sharpness) are chosen on the held-out codes themselves: every figure flatters entropy coding.
"""
import argparse
import json

import numpy as np
from safetensors.numpy import load_file

V = 2048
RAW_BITS = 11
HOUR = 45000  # frames at 12.5 frames/s
WEIGHTS = (0.02, 0.05, 0.1, 0.3, 1.0)
BACKOFFS = (30.0, 100.0, 300.0, 1000.0, 3000.0)
SHARPNESS = (0.0, 0.03, 0.1, 0.2, 0.3, 0.5)


def load(path):
    """Codes of each clip: list of [T, K]."""
    with np.load(path) as file:
        return np.split(file["codes"].astype(np.int64), np.cumsum(file["frames"])[:-1])


def adaptive_bits(column, weight):
    """Bits of a column [T] under a frequency count that starts at `weight` for every code and grows by one for each seen."""
    counts, total, bits = np.full(V, weight), weight * V, 0.0
    for code in column:
        bits -= np.log2(counts[code] / total)
        counts[code] += 1
        total += 1
    return bits


def adaptive(clips):
    """Bits per code of every layer; each clip starts anew; the start weight that does best is chosen for all clips."""
    frames = sum(map(len, clips))
    layers = clips[0].shape[1]
    best = min(([sum(adaptive_bits(c[:, k], w) for c in clips) / frames for k in range(layers)] for w in WEIGHTS), key=sum)
    return np.array(best)


def adaptive_context(clips, context):
    """As `adaptive`, but counts after the same context count extra: p = (n(context, code) + w p0(code)) / (n(context) + w)."""
    frames, layers = sum(map(len, clips)), clips[0].shape[1]
    out = np.zeros(layers)
    for k in range(layers):
        out[k] = min(sum(adaptive_context_bits(c[:, k], context(c, k), w) for c in clips) for w in (10.0, 100.0)) / frames
    return out


def adaptive_context_bits(column, contexts, backoff, weight=0.1):
    counts, total, pairs, seen, bits = np.full(V, weight), weight * V, {}, {}, 0.0
    for code, ctx in zip(column, contexts):
        p0 = counts[code] / total
        bits -= np.log2((pairs.get((ctx, code), 0) + backoff * p0) / (seen.get(ctx, 0) + backoff))
        pairs[ctx, code] = pairs.get((ctx, code), 0) + 1
        seen[ctx] = seen.get(ctx, 0) + 1
        counts[code] += 1
        total += 1
    return bits


def previous_frame(clip, k):
    return np.concatenate([[0], clip[:-1, k]])


def previous_layer(clip, k):
    return clip[:, k - 1] if k else previous_frame(clip, 0)


def layer_zero(clip, k):
    return clip[:, 0] if k else previous_frame(clip, 0)


def order0(clips, k):
    """Static distribution [V] of layer k, with one imagined occurrence of each code."""
    n = np.bincount(np.concatenate([c[:, k] for c in clips]), minlength=V) + 1.0
    return n / n.sum()


def static0(train, heldout):
    frames, layers = sum(map(len, heldout)), heldout[0].shape[1]
    return np.array([sum(-np.log2(order0(train, k)[c[:, k]]).sum() for c in heldout) / frames for k in range(layers)])


def static_context(train, heldout, contexts):
    """Static tables of (context, code), one context after another backed off to the one before: bits per code of every layer."""
    frames, layers = sum(map(len, heldout)), heldout[0].shape[1]
    return np.array([static_context_bits(train, heldout, contexts, k) / frames for k in range(layers)])


def static_context_bits(train, heldout, contexts, k):
    target = np.concatenate([c[:, k] for c in heldout])
    p = order0(train, k)[target]
    for context in contexts:
        seen = np.concatenate([context(c, k) * V + c[:, k] for c in train])
        pair_counts, ctx_counts = np.bincount(seen, minlength=V * V), np.bincount(seen // V, minlength=V)
        ctx = np.concatenate([context(c, k) for c in heldout])
        pairs, total = pair_counts[ctx * V + target], ctx_counts[ctx]
        p = min(((pairs + b * p) / (total + b) for b in BACKOFFS), key=lambda q: -np.log2(q).sum())
    return -np.log2(p).sum()


def layer_inputs(clips, books, k):
    """What a decoder knows before layer k of a frame: vectors of the two frames before and of this frame's earlier layers. [T, 3 D + 1]"""
    rows = []
    for clip in clips:
        vectors = books[np.arange(len(books))[None], clip]  # [T, K, D]
        frame = np.concatenate([np.zeros((2, books.shape[2])), vectors.sum(1)])
        rows.append(np.concatenate([frame[1:-1], frame[:-2], vectors[:, :k].sum(1), np.ones((len(clip), 1))], 1))
    return np.concatenate(rows)


def predicted(train, heldout, books):
    """p(code) ~ prior(code) exp(-s |entry - linear prediction|^2), the distance measured in units of the prediction's error."""
    return np.array([predicted_bits(train, heldout, books, k) for k in range(len(books))])


def predicted_bits(train, heldout, books, k):
    x, y = layer_inputs(train, books, k), books[k][np.concatenate([c[:, k] for c in train])]
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ y)
    error = y - x @ weights
    whiten = np.linalg.cholesky(np.linalg.inv(error.T @ error / len(error) + 1e-6 * np.eye(y.shape[1])))
    entries, guess = books[k] @ whiten, layer_inputs(heldout, books, k) @ weights @ whiten
    target = np.concatenate([c[:, k] for c in heldout])
    # the prior already holds the distance to the mean entry: what counts is how much nearer or farther the prediction is
    nearer = (guess - y.mean(0) @ whiten) @ entries.T
    return min(softmax_bits(np.log(order0(train, k)) + s * nearer, target) for s in SHARPNESS)


def softmax_bits(logits, target):
    logits = logits - logits.max(1, keepdims=True)
    return (np.log(np.exp(logits).sum(1)) - logits[np.arange(len(target)), target]).mean() / np.log(2)


def row(name, bits, reader_bytes):
    saving = 1 - bits.mean() / RAW_BITS
    print(f"{name:70s} {bits.mean():7.3f} bits per code, saves {100 * saving:6.2f} %", flush=True)
    return {
        "model": name,
        "bitsPerCode": round(float(bits.mean()), 3),
        "savingPercent": round(100 * float(saving), 2),
        "bitsPerCodeByLayer": [round(float(b), 2) for b in bits],
        "readerBytes": reader_bytes,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--codebooks", required=True, help="safetensors with the tensor codebooks [K, V, D]")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    heldout, train = load(args.heldout), load(args.train)
    books = load_file(args.codebooks)["codebooks"].astype(np.float64)
    layers = heldout[0].shape[1]
    order = np.random.default_rng(1).permutation(len(train))
    hour = np.concatenate([train[i] for i in order])[:HOUR]
    joined = np.concatenate(heldout)
    rows = [
        row("adaptive, order 0, each clip", adaptive(heldout), 0),
        row("adaptive, order 0, all held-out clips as one file", adaptive([joined]), 0),
        row("adaptive, order 0, one hour of training clips as one file", adaptive([hour]), 0),
        row("adaptive, context = previous frame, each clip", adaptive_context(heldout, previous_frame), 0),
        row("adaptive, context = previous frame, one hour", adaptive_context([hour], previous_frame), 0),
        row("adaptive, context = layer before, one hour", adaptive_context([hour], previous_layer), 0),
        row("adaptive, context = layer 0, one hour", adaptive_context([hour], layer_zero), 0),
        row("static, order 0", static0(train, heldout), 2 * V * layers),
        row("static, context = previous frame", static_context(train, heldout, [previous_frame]), 2 * V * V * layers),
        row("static, context = layer before", static_context(train, heldout, [previous_layer]), 2 * V * V * layers),
        row("static, context = layer 0", static_context(train, heldout, [layer_zero]), 2 * V * V * layers),
        row("static, contexts = layer 0, layer before, previous frame", static_context(train, heldout, [layer_zero, previous_layer, previous_frame]), 3 * 2 * V * V * layers),
        row("static, codebook geometry: linear prediction from all that is known", predicted(train, heldout, books), 2 * layers * (2 * V + 257 * 64)),
    ]
    result = {
        "what": "ideal bits per code of entropy coders for token files; 11 bits is what the file stores without one",
        "heldout": {"clips": len(heldout), "frames": len(joined), "meanSecondsPerClip": round(len(joined) / len(heldout) / 12.5, 1)},
        "train": {"clips": len(train), "frames": sum(map(len, train))},
        "rawBitsPerCode": RAW_BITS,
        "rows": rows,
    }
    with open(args.output, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")


main()
