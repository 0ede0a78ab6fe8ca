"""Statistics of pairs: replications of two scenarios that share their luck, seed by seed.

Arrays have the replications first; NaN on either side leaves a pair out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from experiments.arrays import FloatArray
from experiments.spread import INTERVAL

LEVEL = 0.95
"""Of the interval of a mean, and of that in which one more run falls."""
SAME = 1e-9
"""Relative difference under which two results are the same: sums of the same GPs in another order."""
FEWEST = 5
"""Pairs, or runs, from which on there is an interval.

Of fewer the spread is not known, and what Student's t makes of that says nothing: half the interval of two pairs is
12.7 standard errors, of five 2.8, of many 2.0.
"""
MOST = 10_000_000
"""Pairs beyond which a precision is called out of reach."""


@dataclass(frozen=True)
class Paired:
    """A paired difference, scenario minus baseline; every field has the shape of one replication.

    `low`, `high` bound the mean difference (95%, Student's t over the pairs); `run_low`, `run_high` hold 90% of the
    pairs themselves; all four are NaN where there are fewer than `FEWEST` pairs. `share_better`, `share_same` and
    `share_worse` of the pairs add up to one; better and worse are NaN where no direction is the better one.
    `variance_ratio` is the variance of the difference with independent seeds over that with paired ones: how many times
    as many runs it saves.
    """

    pairs: FloatArray
    mean_baseline: FloatArray
    mean_scenario: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    sd: FloatArray
    run_low: FloatArray
    run_high: FloatArray
    share_better: FloatArray
    share_same: FloatArray
    share_worse: FloatArray
    variance_ratio: FloatArray


def paired(baseline: FloatArray, scenario: FloatArray, better: int | FloatArray = 0) -> Paired:
    """Compare pairs, arrays (N, ...) of shapes that go together.

    `better` is 1 where more is better, -1 where less is, 0 where neither is.
    """
    there = ~(np.isnan(baseline) | np.isnan(scenario))
    count = there.sum(axis=0).astype(np.float64)

    def mean(values: FloatArray) -> FloatArray:
        return _over(np.where(there, values, 0.0).sum(axis=0), count)

    def variance(values: FloatArray, centre: FloatArray) -> FloatArray:
        return _over(np.where(there, (values - centre) ** 2, 0.0).sum(axis=0), np.maximum(count - 1, 0))

    before, after = mean(baseline), mean(scenario)
    change = scenario - baseline
    same = there & (np.abs(change) <= SAME * np.maximum(1.0, np.abs(baseline)))
    change = np.where(same, 0.0, change)
    difference = mean(change)
    spread = variance(change, difference)
    half = half_width(np.sqrt(spread), count)
    direction = np.asarray(better)
    good, bad = (there & ~same & (sign * direction * change > 0) for sign in (1, -1))
    shares = [_over(part.sum(axis=0).astype(np.float64), count) for part in (good, same, bad)]
    no_direction = np.broadcast_to(direction == 0, count.shape)
    ends = quantiles(np.where(there, change, np.nan), INTERVAL)
    run_low, run_high = (np.where(count >= FEWEST, end, np.nan) for end in ends)
    return Paired(
        pairs=count,
        mean_baseline=before,
        mean_scenario=after,
        difference=difference,
        low=difference - half,
        high=difference + half,
        sd=np.sqrt(spread),
        run_low=run_low,
        run_high=run_high,
        share_better=np.where(no_direction, np.nan, shares[0]),
        share_same=shares[1],
        share_worse=np.where(no_direction, np.nan, shares[2]),
        variance_ratio=_over(variance(baseline, before) + variance(scenario, after), spread),
    )


def half_width(sd: FloatArray | float, pairs: FloatArray | float) -> FloatArray:
    """Return half the 95% interval of a mean over pairs; NaN for fewer than `FEWEST`."""
    enough = np.asarray(pairs) >= FEWEST
    number = np.where(enough, pairs, FEWEST)
    return np.where(enough, stdtrit(number - 1, 0.5 + LEVEL / 2) * sd / np.sqrt(number), np.nan)


def one_more(runs: npt.NDArray[np.integer]) -> FloatArray:
    """Return how many standard deviations of `runs` one more lies from their mean at most (95%); NaN below `FEWEST`."""
    number = np.maximum(runs, FEWEST)
    far = stdtrit(number - 1, 0.5 + LEVEL / 2) * np.sqrt(1 + 1 / number)
    return np.where(np.asarray(runs) >= FEWEST, far, np.nan)


def pairs_needed(sd: float, half: float) -> int | None:
    """Return the fewest pairs with which half the 95% interval is at most `half`; None without a finite answer."""
    if not (math.isfinite(sd) and half > 0):
        return None
    low, high = FEWEST - 1, FEWEST
    while half_width(sd, high) > half:
        low, high = high, 2 * high
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if half_width(sd, middle) > half else (low, middle)
    return high


def quantiles(values: FloatArray, shares: tuple[float, ...]) -> list[FloatArray]:
    """Return quantiles over the first axis, NaN left out, interpolated as numpy does; faster than `nanquantile`."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    found = []
    for share in shares:
        at = share * last
        below = np.floor(at).astype(np.int64)
        above = np.minimum(below + 1, last)
        lower, upper = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (below, above))
        found.append(lower + (at - below) * (upper - lower))
    return found


def ratio_interval(over: FloatArray, under: FloatArray) -> tuple[float, float, float]:
    """Return the ratio of two means over pairs (N,), with its 95% interval after Fieller.

    All are NaN where the interval of the mean of `under` includes zero, or is below it, or there are fewer than
    `FEWEST` pairs: then the ratio says nothing.
    """
    there = ~(np.isnan(over) | np.isnan(under))
    x, y = over[there], under[there]
    n = len(x)
    if n < FEWEST:
        return np.nan, np.nan, np.nan
    t2 = stdtrit(n - 1, 0.5 + LEVEL / 2) ** 2
    (v_x, cov), (_, v_y) = np.cov(x, y) / n
    a, b, c = y.mean() ** 2 - t2 * v_y, x.mean() * y.mean() - t2 * cov, x.mean() ** 2 - t2 * v_x
    if a <= 0 or y.mean() <= 0:
        return np.nan, np.nan, np.nan
    root = math.sqrt(max(0.0, b**2 - a * c))
    return float(x.mean() / y.mean()), float((b - root) / a), float((b + root) / a)


def _over(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=b > 0)
