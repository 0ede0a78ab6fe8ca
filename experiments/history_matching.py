"""History matching: what of the parameters' ranges is not ruled out, by emulators of what runs give."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from experiments.arrays import FloatArray
from experiments.errors import InputError
from experiments.targets import Target

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import BayesianRidge


CUT = 3.0
"""A set is ruled out when its second largest implausibility is beyond; one measure may be beyond the model."""
POOL = 40_000
"""Candidates tried by the emulators for the next wave."""
BATCH = 5_000
ACTIVE = 8
"""Parameters that the process part of an emulator sees."""
FOLDS = 10
JITTER = 0.08
"""Spread, in the unit cube, of candidates around those not ruled out, where few are left."""
HARDEST = 5
"""Goals that are named where no set is left."""


@dataclass(frozen=True)
class Emulator:
    """A measure as a function of the unit cube: a straight line and a Gaussian process on what it leaves."""

    name: str
    line: BayesianRidge
    active: npt.NDArray[np.int64]
    process: GaussianProcessRegressor
    scale: float

    def predict(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance, (n,) each, of what runs at points (n, free) would give, their chance included."""
        rest, sd = self.process.predict(points[:, self.active], return_std=True)
        return self.line.predict(points) + rest * self.scale, (sd * self.scale) ** 2


def emulate(name: str, points: FloatArray, values: FloatArray) -> Emulator:
    """Fit an emulator to runs; the process sees the parameters on which the measure depends most."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_selection import f_regression
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.linear_model import BayesianRidge
    from sklearn.model_selection import KFold, cross_val_predict

    line = BayesianRidge().fit(points, values)
    # What it leaves where it was not fitted: at its own points a line with many slopes leaves far too little.
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    rest = values - cross_val_predict(BayesianRidge(), points, values, cv=folds)
    scale = float(rest.std()) or 1.0
    active = np.sort(np.argsort(-f_regression(points, values)[0])[:ACTIVE])
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.full(len(active), 1.0), (0.1, 30.0))
    kernel += WhiteKernel(0.3, (1e-4, 3.0))
    with warnings.catch_warnings():
        # Of a parameter that does not matter the length is at its bound.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process = GaussianProcessRegressor(kernel, random_state=0).fit(points[:, active], rest / scale)
    return Emulator(name, line, active, process, scale)


@dataclass(frozen=True)
class Goal:
    """What is fitted: a target with its tolerance, and the variance by chance of the mean over the seeds."""

    target: Target
    chance: float

    @property
    def name(self) -> str:
        """What the runs call it."""
        return self.target.key

    def implausibility(self, mean: FloatArray, variance: FloatArray | None = None) -> FloatArray:
        """Return how many standard deviations a mean is from the target, or from its range where it has one.

        `variance` of the mean is that of runs, chance alone, unless given; an emulator's has chance in it already.
        """
        of_mean = self.chance if variance is None else variance
        return np.asarray(np.abs(self.target.miss(mean)) / np.sqrt(of_mean + (self.target.sd or 0.0) ** 2))


def second_largest(implausibility: FloatArray) -> FloatArray:
    """Return the second largest of the measures' implausibilities, (n,) of (n, goals)."""
    return np.asarray(np.sort(implausibility, axis=1)[:, -2] if implausibility.shape[1] > 1 else implausibility[:, 0])


def hardest(implausibility: FloatArray, wanted: Sequence[Goal]) -> str:
    """Return in words which goals rule most sets out, of implausibilities (sets, goals)."""
    beyond = (implausibility > CUT).mean(axis=0)
    worst = [k for k in np.argsort(-beyond, kind="stable")[:HARDEST] if beyond[k] > 0]
    told = ", ".join(f"{wanted[k].name} ({wanted[k].target.id}) in {beyond[k]:.0%} of the sets" for k in worst)
    return f"More than {CUT:g} sd off: {told}"


def next_points(
    emulators: Sequence[Sequence[Emulator]], wanted: Sequence[Goal], number: int, free: int, rng: np.random.Generator
) -> FloatArray:
    """Return points that no wave's emulators rule out; where few are found, some near those.

    Of these, the better a point fits by the last wave's emulators, the likelier it is drawn (a Gaussian likelihood):
    the rule alone leaves sets that fit everything badly.
    """
    if not emulators:
        return np.asarray(qmc.LatinHypercube(free, rng=rng).random(number))
    pool = qmc.LatinHypercube(free, rng=rng).random(POOL)
    left = _not_ruled_out(pool, emulators, wanted)
    if not len(left):
        most = hardest(_implausibility(pool, emulators[-1], wanted), wanted)
        raise InputError(f"every parameter set is ruled out: no set within the prior ranges fits the targets. {most}")
    while len(left) < number:
        near = left[rng.integers(len(left), size=POOL // 4)] + rng.normal(0, JITTER, (POOL // 4, free))
        left = np.vstack([left, _not_ruled_out(near[((near >= 0) & (near <= 1)).all(axis=1)], emulators, wanted)])
    misfit = (_implausibility(left, emulators[-1], wanted) ** 2).sum(axis=1)
    likelihood = np.exp(-0.5 * (misfit - misfit.min())) + np.finfo(float).tiny
    return left[rng.choice(len(left), number, replace=False, p=likelihood / likelihood.sum())]


def _not_ruled_out(points: FloatArray, emulators: Sequence[Sequence[Emulator]], wanted: Sequence[Goal]) -> FloatArray:
    for wave in emulators:
        points = points[second_largest(_implausibility(points, wave, wanted)) <= CUT]
    return points


def _implausibility(points: FloatArray, wave: Sequence[Emulator], wanted: Sequence[Goal]) -> FloatArray:
    """Return the implausibility of each goal by a wave's emulators, shape (points, goals)."""
    found = [np.empty((0, len(wanted)))]
    for start in range(0, len(points), BATCH):
        some = points[start : start + BATCH]
        each = [goal.implausibility(*emulator.predict(some)) for goal, emulator in zip(wanted, wave, strict=True)]
        found.append(np.column_stack(each))
    return np.vstack(found)
