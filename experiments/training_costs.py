"""What training more, or fewer, GPs costs: trainees of a scenario by calendar year, each at what one costs.

Results hold who finishes training, not who is in it: that follows from the intake that a scenario plans.
"""

from __future__ import annotations

import numpy as np

from abm.fixed import national_table
from abm.levers import effects, with_sites
from abm.national import NationalParameters
from abm.scenario import Scenario
from experiments.arrays import FloatArray, IntArray
from experiments.store import Results
from regions import Regions

SPENT, TRAINEES = 305e6, 2400.0  # E077, euro a year; E066, persons
EURO_PER_YEAR = SPENT / TRAINEES
"""Of one trainee."""
SOURCE = "derived: E077 over E066"


def extra_trainees(results: Results, scenario: str, baseline: str, data: Regions, years: IntArray) -> FloatArray:
    """Return how many more trainees than in the baseline there are in each calendar year (Y,), in person-years.

    Nobody drops out, so it is a little too many.
    """
    own, other = (trainees(results.scenario(name), data, years) for name in (scenario, baseline))
    return own - other


def trainees(scenario: Scenario, data: Regions, years: IntArray) -> FloatArray:
    """Return the person-years in training (Y,) in calendar years, of those who start in the base year or later."""
    plan = NationalParameters.from_table(national_table(scenario, data))
    on = effects(scenario, with_sites(scenario, data), plan.adjustment_year)
    starts = data.base_year - 1 + np.arange(len(on.intake))
    duration = np.where(starts < plan.adjustment_year, plan.duration[1], plan.duration[2])
    since = (years[:, None] - starts).astype(np.float64)
    in_training = _by_then(since + 1.0, duration) - _by_then(since, duration)
    return np.asarray(in_training[:, 1:] @ on.intake[1:])


def _by_then(years: FloatArray, duration: FloatArray) -> FloatArray:
    """Return how long a cohort has been in training, so many years after the year of its start began.

    A cohort starts evenly over its year.
    """

    def area(at: FloatArray) -> FloatArray:
        at = np.maximum(at, 0.0)
        return np.where(at < duration, at**2 / 2, duration * (at - duration / 2))

    return np.asarray(area(years) - area(years - 1.0))
