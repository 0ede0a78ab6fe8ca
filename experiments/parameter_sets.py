"""Parameter sets: the uncertain parameters and their prior ranges, and what runs with a set of them give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import abm
from abm import careers
from abm.population import Status
from experiments import derive, measures, targets
from experiments.arrays import FloatArray
from experiments.ensemble import priors, with_attractiveness
from regions import Regions
from regions.people import Role

END_YEAR = 2033
"""Long enough for yearly rates; what is fitted is about recent years."""
CONTRACTIONS = 25
# Spread of the log ratio of recent graduates over fte by region around the one that ships: assumed, less where its
# class is published (E919 to E926).
RATIO_SD, RATIO_SD_KNOWN = 0.20, 0.10
RATIO_STREAM = 79
ALPHA_RANGE = 3 * derive.ALPHA_SD
"""How far alpha of a region can be from the one that ships. Where locums of its neighbours are many and near, a region
gets more than its share from those who live next door: without a limit its alpha would fall until nobody settles there.
At the limit its share of graduates is then above what is known."""


@dataclass(frozen=True)
class Free:
    """A parameter that the calibration varies, and the range in which it is thought to lie."""

    name: str
    low: float
    high: float


def free_parameters() -> tuple[Free, ...]:
    """Return the uncertain parameters with a prior range, in the order of the scenario."""
    return tuple(Free(name, low, high) for name, (low, high) in priors(abm.Scenario).items())


def scaled(points: FloatArray) -> FloatArray:
    """Return parameter values (n, free) for points in the unit cube."""
    free = free_parameters()
    low, high = np.array([f.low for f in free]), np.array([f.high for f in free])
    return np.asarray(low + points * (high - low))


def scenario_at(values: Sequence[float] | FloatArray, **fixed: Any) -> abm.Scenario:
    """Return the scenario with these values of the free parameters."""
    names = [f.name for f in free_parameters()]
    return abm.Scenario.model_validate({**dict(zip(names, map(float, values), strict=True)), **fixed})


def attractiveness(scenario: abm.Scenario, regions: Regions, draw: int) -> FloatArray:
    """Return alpha under which graduates spread as the shipped regions do, but for a drawn error by region.

    Draw 0 has no error. Whatever the other parameters, the expected share of recent graduates stays near what is known,
    as far as an alpha within `ALPHA_RANGE` can make it.
    """
    usual = abm.Scenario()
    site_share = careers.sites(usual, regions).share
    target = np.log(site_share @ derive.expected_shares(usual, regions, regions.alpha))
    if draw:
        known = {*derive.ABOVE, *derive.ABOUT, *derive.BELOW}
        sd = np.array([RATIO_SD_KNOWN if code in known else RATIO_SD for code in regions.codes])
        target = target + np.random.default_rng([RATIO_STREAM, draw]).normal(0, sd)
    share = np.exp(target) / np.exp(target).sum()
    alpha = regions.alpha.copy()
    for _ in range(CONTRACTIONS):
        alpha += np.log(share / (site_share @ derive.expected_shares(scenario, regions, alpha)))
        alpha = np.clip(alpha - alpha.mean(), regions.alpha - ALPHA_RANGE, regions.alpha + ALPHA_RANGE)
    return np.asarray(alpha - alpha.mean())


def observe(model: abm.SettlementModel, until: int) -> dict[str, float]:
    """Run a new model to a year and return its measures, those that need the steps themselves included."""
    moved, at_risk = np.zeros(2), np.zeros(2)  # locums who settled lately, and the others
    gps = model.population
    while model.running and model.year < until:
        before = gps.region.copy()
        lately = model.year + 1 - gps.since <= model.scenario.early_years
        locum = (gps.status == Status.WORKING) & (gps.role >= Role.FIXED_LOCUM)
        model.step()
        n = len(before)
        stays = locum & (gps.status[:n] == Status.WORKING)
        for k, group in enumerate((stays & lately, stays & ~lately)):
            at_risk[k] += group.sum()
            moved[k] += (group & (gps.region[:n] != before)).sum()
    rate = moved / np.maximum(1, at_risk)
    found = measures.measure(model)
    found["early_move_ratio"] = float(rate[0] / rate[1]) if rate[1] else np.nan
    return found


def evaluate(
    values: Sequence[float] | FloatArray, regions: Regions, draw: int, seeds: Sequence[int]
) -> dict[str, float]:
    """Return the mean measures of a parameter set over seeds, and alpha by region as alpha[CODE]."""
    scenario = scenario_at(values, end_year=END_YEAR)
    alpha = attractiveness(scenario, regions, draw)
    there = with_attractiveness(regions, alpha)
    wanted = [target.key for target in targets.load() if target.key]
    runs = pd.DataFrame([observe(abm.SettlementModel(scenario, there, rng=seed), END_YEAR) for seed in seeds])
    runs = runs.reindex(columns=list(dict.fromkeys(wanted)))
    of_regions = {f"alpha[{code}]": a for code, a in zip(regions.codes, alpha, strict=True)}
    return {**{str(k): float(v) for k, v in runs.mean().items()}, **of_regions}
