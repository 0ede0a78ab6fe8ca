"""Regional demand: inhabitants by age, rolled forward, times GP use by age.

National demand comes from the national model; this module says how it is divided over regions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

FloatArray = npt.NDArray[np.float64]

# Yearly mortality of the open age group is looked for between these bounds.
MORTALITY_BOUNDS = (0.0, 0.5)


def roll_forward(inhabitants: FloatArray, widths: FloatArray, mortality: float, first_open: int) -> FloatArray:
    """Return inhabitants one year later, by region and age band.

    One in `width` of a closed band moves up each year; births keep the youngest band filled; the bands from
    `first_open` on lose the share `mortality`.

    Shapes: `inhabitants` (regions, bands) in persons; `widths` (bands,) in years, infinite for the last band.
    """
    moving_up = inhabitants / widths
    older = inhabitants - moving_up
    older[:, 1:] += moving_up[:, :-1]
    older[:, 0] = inhabitants[:, 0]
    older[:, first_open:] -= mortality * inhabitants[:, first_open:]
    return older


def age_path(inhabitants: FloatArray, widths: FloatArray, mortality: float, first_open: int, years: int) -> FloatArray:
    """Return inhabitants by year, region and age band, shape (years + 1, regions, bands)."""
    path = [inhabitants]
    for _ in range(years):
        path.append(roll_forward(path[-1], widths, mortality, first_open))
    return np.stack(path)


def fit_mortality(
    inhabitants: FloatArray, widths: FloatArray, use: FloatArray, first_open: int, years: int, growth: float
) -> float:
    """Return the mortality of the open bands at which national GP use grows by `growth` in `years` years.

    `use` is GP use per inhabitant by band, relative to the mean. Raises `ValueError` when no mortality between
    the bounds gives that growth.
    """
    nation = inhabitants.sum(axis=0, keepdims=True)

    def miss(mortality: float) -> float:
        path = age_path(nation, widths, mortality, first_open, years)
        return float(path[-1, 0] @ use / (path[0, 0] @ use) - 1.0 - growth)

    low, high = (miss(bound) for bound in MORTALITY_BOUNDS)
    if low * high > 0:
        raise ValueError(
            f"no yearly mortality of the oldest between {MORTALITY_BOUNDS[0]} and {MORTALITY_BOUNDS[1]} gives a "
            f"demographic growth of {growth:.3f} in {years} years (found {high + growth:.3f} to {low + growth:.3f})"
        )
    return float(brentq(miss, *MORTALITY_BOUNDS))


def divide(
    inhabitants: FloatArray,
    totals: FloatArray,
    use: FloatArray,
    widths: FloatArray,
    first_open: int,
    growth: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the age path scaled to the forecast totals and each region's share of national demand.

    `inhabitants` (regions, bands) at the base year; `totals` (years + 1, regions) forecast inhabitants; `growth`
    is the national model's demographic growth of demand over the whole path, which fixes the mortality.
    Returns (years + 1, regions, bands) persons and (years + 1, regions) shares with rows that sum to one.
    """
    years = len(totals) - 1
    mortality = fit_mortality(inhabitants, widths, use, first_open, years, growth)
    path = age_path(inhabitants, widths, mortality, first_open, years)
    path *= (totals / path.sum(axis=2))[:, :, None]
    weight = path @ use
    return path, weight / weight.sum(axis=1, keepdims=True)
