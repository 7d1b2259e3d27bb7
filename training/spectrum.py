"""Everything between samples and log bands, and the way back: band matrices, spectra, phase search.

A spectrum step is one short-time Fourier transform: 960 samples under a periodic Hann window, every
240 samples (100 steps per second, 8 steps per codec frame). The network never sees a phase. Phases are
found again from the magnitudes, frame by frame, by `PhaseStream`:

1. First guess: phase gradient integration (Prusa and Sondergaard, "Real-time spectrogram inversion
   using phase gradient heap integration", DAFx 2016). The slope of the log magnitude over frequency says
   how the phase moves over time, and the other way round.
2. A few rounds of Griffin-Lim with momentum (Perraudin, Balazs, Sondergaard, WASPAA 2013) over the newest
   steps, because decoded magnitudes are smooth and belong to no signal exactly.

The guess comes from the magnitudes alone. Taken from the signal decoded so far instead, the search is
chaotic: rounding differences grow into another waveform within half a second.

Phases spread from loud bins first, and at a near tie a rounding difference would send those of a whole region another way.
So the order is not that of the magnitudes, which come from a network and differ in the last digits between backends, but of a
`priority`: an estimate of log(magnitude + floor) in whole numbers, which is the same everywhere
(`model.Compact.decode_priority`, docs/decisions/phase-order.md).

Everything here is float64 numpy and is the reference for other implementations.
Axes: S samples, T spectrum steps, F bins (481), N bands.
"""

from __future__ import annotations

import math

import numpy as np

SAMPLE_RATE = 24000
WINDOW_LENGTH = 960  # samples
HOP = 240  # samples
STEPS_PER_FRAME = 8
FRAME = HOP * STEPS_PER_FRAME  # samples in a codec frame: 1920, 80 ms
BINS = WINDOW_LENGTH // 2 + 1
WINDOW = np.sin(np.pi * np.arange(WINDOW_LENGTH) / WINDOW_LENGTH) ** 2  # periodic Hann
WINDOW_POWER = 1.5  # sum of the squared windows that overlap at one sample (hop = length / 4)
LEAD = WINDOW_LENGTH - HOP  # the first step begins this many samples before the signal

# Time-frequency ratio of the Gaussian nearest to a Hann window: Prusa, Balazs, Sondergaard,
# "A noniterative method for reconstruction of phase from STFT magnitude", 2017, table I.
GAMMA = 0.25645 * WINDOW_LENGTH**2

# exp(i pi f): turns a phase seen from the window's centre into one seen from its first sample.
CENTRE_SIGN = np.where(np.arange(BINS) % 2 == 0, 1.0, -1.0)

PRIORITY_UNITS = 1024  # priorities of bands are whole numbers, so many to a neper
BIN_UNITS = 256  # those of bins are so many times finer

MAGNITUDE_MIN = 1e-4  # of decoded magnitudes
LOG_FLOOR = 1e-10  # inside the logarithms of the phase integration
WEIGHT_MIN = 0.1  # smallest overlap weight to divide by at the open end


def band_centres(bands: int, single_bins: int) -> np.ndarray:
    """Centre of each band, in bins: [N]. The first `single_bins` are the bins themselves; the rest grow
    geometrically (widths 1, g, g^2 ...) up to the last bin."""
    count, span = bands - single_bins, BINS - 1 - single_bins
    low, high = 1.0001, 1.5
    for _ in range(80):  # bisection for the ratio g
        ratio = (low + high) / 2
        if (ratio**count - 1) / (ratio - 1) < span:
            low = ratio
        else:
            high = ratio
    grown = single_bins - 1 + np.cumsum(ratio ** np.arange(count))
    return np.concatenate([np.arange(single_bins), grown])


def band_matrices(bands: int, single_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """The two linear maps between log magnitudes of bins and of bands: to_bands [N, F], to_bins [F, N].

    to_bands: triangles between neighbouring centres, rows sum to 1. to_bins: interpolation between centres."""
    centre = band_centres(bands, single_bins)
    bin_index = np.arange(BINS)
    left = np.concatenate([[-1.0], centre[:-1]])
    right = np.concatenate([centre[1:], [float(BINS)]])
    rising = (bin_index - left[:, None]) / (centre - left)[:, None]  # [N, F]
    falling = (right[:, None] - bin_index) / (right - centre)[:, None]  # [N, F]
    to_bands = np.clip(np.minimum(rising, falling), 0, None)
    to_bands /= to_bands.sum(1, keepdims=True)
    to_bins = np.stack([np.interp(bin_index, centre, unit) for unit in np.eye(bands)], axis=1)
    return to_bands, to_bins


def spectra(pcm: np.ndarray) -> np.ndarray:
    """pcm [S], S a multiple of 240 -> complex [S/240, F]. Step t sees samples (t+1)*240-960 ... (t+1)*240-1."""
    padded = np.pad(np.asarray(pcm, np.float64), (LEAD, 0))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_LENGTH)[::HOP]  # [T, 960]
    return np.fft.rfft(windows * WINDOW)


def log_bands(pcm: np.ndarray, to_bands: np.ndarray, floor: float) -> np.ndarray:
    """pcm [S], full scale +-1, S a multiple of 240 -> log bands [S/240, N], float32."""
    return (np.log(np.abs(spectra(pcm)) + floor) @ to_bands.T).astype(np.float32)


def magnitudes(bands: np.ndarray, to_bins: np.ndarray, floor: float) -> np.ndarray:
    """log bands [T, N] -> magnitudes [T, F], float64."""
    return np.maximum(np.exp(bands.astype(np.float64) @ to_bins.T) - floor, MAGNITUDE_MIN)


def bin_priorities(priority: np.ndarray, to_bins: np.ndarray) -> np.ndarray:
    """Priorities of bands [T, N], integers of 16 bits -> those of bins [T, F], BIN_UNITS times finer, int64.

    A bin lies between two bands. The share of the upper one is float32 rounded down to whole BIN_UNITS, as devices have it;
    from there on nothing is rounded."""
    upper = to_bins.shape[1] - 1 - np.argmax(to_bins[:, ::-1] > 0, 1)  # [F]
    share = (to_bins[np.arange(BINS), upper].astype(np.float32) * BIN_UNITS).astype(np.int64)
    bands = priority.astype(np.int64)
    return (BIN_UNITS - share) * bands[:, np.maximum(upper - 1, 0)] + share * bands[:, upper]


def random_phase(step: int) -> np.ndarray:
    """Fixed pseudo-random angles [F] in radians for spectrum step `step`: 2 pi h / 2^32, where h is the
    32-bit finaliser of MurmurHash3 over (step * 481 + bin) * 0x9E3779B1."""
    with np.errstate(over="ignore"):
        h = np.arange(BINS, dtype=np.uint32) + np.uint32((step * BINS) % 2**32)
        h *= np.uint32(0x9E3779B1)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return 2 * np.pi * h / 2.0**32


def advance_per_hop(log_row: np.ndarray) -> np.ndarray:
    """Phase advance from step to step [F], from the slope of the log magnitude [F] over frequency."""
    above = np.append(log_row[1:], log_row[-2])
    below = np.insert(log_row[:-1], 0, log_row[1])
    carrier = 2 * np.pi * HOP * np.arange(BINS) / WINDOW_LENGTH
    return HOP * WINDOW_LENGTH / GAMMA * (above - below) / 2 + carrier


def advance_per_bin(log_row: np.ndarray, log_before: list[np.ndarray]) -> np.ndarray:
    """Phase advance from bin to bin [F], from the slope over time; log_before: one or two rows, newest first."""
    if len(log_before) > 1:
        slope = (3 * log_row - 4 * log_before[0] + log_before[1]) / 2
    else:
        slope = log_row - log_before[0]
    return -GAMMA / (HOP * WINDOW_LENGTH) * slope


def integrate_phase(
    row: np.ndarray,
    before: list[np.ndarray],
    priority: np.ndarray,
    priority_before: np.ndarray,
    phase_before: np.ndarray,
    step: int,
    tolerance: float,
) -> np.ndarray:
    """Phases [F] of one spectrum step that is not the first, seen from the window's centre.

    row [F]: its magnitudes; before: those of one or two steps before, newest first; priority, priority_before [F]: which bins of
    this step and of the one before go first, as `bin_priorities` gives them; phase_before [F]: phases of the step before. Bins that
    are estimated to be weaker than `tolerance` times the loudest keep a fixed random phase. Phases spread from the known bin of
    the highest priority to its neighbour in time (from the step before) or in frequency (within this step); on a tie the step
    before and the lower bin go first."""
    log_row = np.log(row + LOG_FLOOR)
    log_before = [np.log(r + LOG_FLOOR) for r in before]
    along_time = phase_before + (advance_per_hop(log_before[0]) + advance_per_hop(log_row)) / 2
    limit = math.trunc(math.log(tolerance) * PRIORITY_UNITS) * BIN_UNITS if tolerance else -math.inf
    todo = priority > limit + max(priority.max(), priority_before.max())
    return spread(random_phase(step), todo, priority, priority_before, along_time, advance_per_bin(log_row, log_before))


def spread(
    phase: np.ndarray,
    todo: np.ndarray,
    priority: np.ndarray,
    priority_before: np.ndarray,
    along_time: np.ndarray,
    per_bin: np.ndarray,
) -> np.ndarray:
    """What a heap that always goes on from the known bin of the highest priority would find, but for ties; all arguments [F].

    Such a heap reaches each bin by the way whose lowest priority is highest. Bins lie in a row and each is reached from the step
    before too, so two passes tell the best way from below and from above. Plain lists: several times as fast as numpy scalars."""
    start = np.where(todo, priority_before, -np.inf).tolist()  # the way from the step before
    pass_on = np.where(todo, priority, -np.inf).tolist()
    from_below, from_above = widest(start, pass_on), widest(start[::-1], pass_on[::-1])[::-1]
    phase, todo, along, slope = phase.tolist(), todo.tolist(), along_time.tolist(), per_bin.tolist()
    for k in range(BINS):
        if not todo[k]:
            continue
        if start[k] >= max(from_below[k], from_above[k]):
            phase[k] = along[k]
        elif from_below[k] >= from_above[k]:
            phase[k] = phase[k - 1] + (slope[k - 1] + slope[k]) / 2
    for k in reversed(range(BINS)):
        if todo[k] and from_above[k] > max(start[k], from_below[k]):
            phase[k] = phase[k + 1] - (slope[k + 1] + slope[k]) / 2
    return np.array(phase)


def widest(start: list[float], pass_on: list[float]) -> list[float]:
    """Lowest priority on the best way to each bin that comes through the bin before it in the list."""
    found = [-math.inf]
    for k in range(BINS - 1):
        found.append(min(pass_on[k], max(start[k], found[k])))
    return found


def overlap_add(signal: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Adds windows [n, 960], one every 240 samples, to signal in place and returns it."""
    for k, window in enumerate(windows):
        signal[k * HOP : k * HOP + WINDOW_LENGTH] += window
    return signal


def overlap_weight(steps: int) -> np.ndarray:
    """Sum of the squared windows of `steps` steps and of the three before that reach in: [(steps-1)*240+960]."""
    length = (steps - 1) * HOP + WINDOW_LENGTH
    padded = overlap_add(np.zeros(length + 3 * HOP), np.tile(WINDOW**2, (steps + 3, 1)))
    return np.maximum(padded[3 * HOP :], WEIGHT_MIN)


def with_magnitude(magnitude: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Complex values with the given magnitude and the phase of `direction`, any shape."""
    return magnitude * direction / np.maximum(np.abs(direction), 1e-12)


class PhaseStream:
    """Magnitudes in, one codec frame (8 steps) at a time; samples out as soon as nothing can change them.

    The first sample that comes out lies 720 samples (`LEAD`) before the signal. `open_steps` of the newest
    steps stay open: the next frame may still change their phases. Everything older is final."""

    def __init__(self, iterations: int = 4, open_steps: int = 1, momentum: float = 0.9, tolerance: float = 1e-2):
        self.iterations, self.open_steps = iterations, open_steps
        self.momentum, self.tolerance = momentum, tolerance
        self.open_spectrum = np.zeros((0, BINS), complex)
        self.open_magnitude = np.zeros((0, BINS))
        self.history: list[np.ndarray] = []  # magnitudes of the last two steps, newest first
        self.priority = np.zeros(BINS, np.int64)  # of the newest step
        self.phase = np.zeros(BINS)  # of the newest step, seen from the window's centre
        # Overlap-add of the final steps, from the first open step's first sample on.
        self.tail = np.zeros(WINDOW_LENGTH)
        self.step = 0  # steps seen so far

    def push(self, magnitude: np.ndarray, priority: np.ndarray) -> np.ndarray:
        """magnitude and priority [8, F] -> the samples that are now final (1920, fewer in the first call)."""
        wanted = np.concatenate([self.open_magnitude, magnitude])  # [n, F]
        spectrum = np.concatenate([self.open_spectrum, self.guess(magnitude, priority)])  # [n, F]
        count = len(wanted)
        base = np.zeros((count - 1) * HOP + WINDOW_LENGTH)
        base[: len(self.tail)] += self.tail[: len(base)]
        spectrum = self.refine(spectrum, wanted, base)

        final = count - self.open_steps
        overlap_add(base, np.fft.irfft(spectrum[:final], WINDOW_LENGTH) * WINDOW)
        self.tail = base[final * HOP :]
        self.open_spectrum, self.open_magnitude = spectrum[final:], wanted[final:]
        self.phase = np.angle(spectrum[-1] * CENTRE_SIGN)
        self.step += len(magnitude)
        return base[: final * HOP] / WINDOW_POWER

    def guess(self, magnitude: np.ndarray, priority: np.ndarray) -> np.ndarray:
        """First guess of the spectra [8, F] of a new frame."""
        rows = []
        for k, row in enumerate(magnitude):
            step = self.step + k
            self.phase = random_phase(step) if step == 0 else self.integrate(row, priority[k], step)
            self.history, self.priority = [row, *self.history[:1]], priority[k]
            rows.append(row * np.exp(1j * self.phase) * CENTRE_SIGN)
        return np.stack(rows)

    def integrate(self, row: np.ndarray, priority: np.ndarray, step: int) -> np.ndarray:
        """Phases [F] of the step after the newest."""
        return integrate_phase(row, self.history, priority, self.priority, self.phase, step, self.tolerance)

    def refine(self, spectrum: np.ndarray, wanted: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Griffin-Lim rounds: spectrum [n, F] and its wanted magnitudes; base: what the final steps left."""
        weight, last = overlap_weight(len(wanted)), spectrum
        for _ in range(self.iterations):
            signal = overlap_add(base.copy(), np.fft.irfft(spectrum, WINDOW_LENGTH) * WINDOW) / weight
            windows = np.lib.stride_tricks.sliding_window_view(signal, WINDOW_LENGTH)[::HOP]
            projected = with_magnitude(wanted, np.fft.rfft(windows * WINDOW))
            spectrum = with_magnitude(wanted, projected + self.momentum * (projected - last))
            last = projected
        return spectrum

    def flush(self) -> np.ndarray:
        """The samples that were still open."""
        length = max(len(self.tail), (len(self.open_spectrum) - 1) * HOP + WINDOW_LENGTH)
        rest = np.pad(self.tail, (0, length - len(self.tail)))
        return overlap_add(rest, np.fft.irfft(self.open_spectrum, WINDOW_LENGTH) * WINDOW) / WINDOW_POWER


def synthesize(magnitude: np.ndarray, priority: np.ndarray, stream: PhaseStream) -> np.ndarray:
    """magnitudes and priorities [8 T, F] -> pcm [1920 T], with a fresh stream."""
    frames = range(0, len(magnitude), STEPS_PER_FRAME)
    parts = [stream.push(magnitude[t : t + STEPS_PER_FRAME], priority[t : t + STEPS_PER_FRAME]) for t in frames]
    signal = np.concatenate([*parts, stream.flush()])
    return signal[LEAD : LEAD + len(magnitude) * HOP]
