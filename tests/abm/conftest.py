"""Regions, smaller regions, and runs that the tests of the model share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import regions
from abm import Scenario, SettlementModel
from abm.population import IN_NO_PROGRAMME, NOWHERE, Block, Population, Status
from abm.randomness import gp_keys
from regions import Regions
from regions.people import WOMEN, Role

Run = Callable[..., SettlementModel]


def spread(share: Any, n: int) -> Any:
    """Return four standard deviations of a share, or of several, among `n`."""
    return 4 * np.sqrt(share * (1 - share) / n)


def gps(n: int | None = None, **columns: Any) -> Population:
    """Return working GPs with plain values except for the columns given."""
    n = n or max((len(values) for values in columns.values() if np.ndim(values)), default=0)
    plain = {
        "key": gp_keys(0, np.arange(n)), "block": Block.STOCK, "sex": WOMEN, "birth": 1975, "site": 0, "origin": 0,
        "partner": NOWHERE, "wants_practice": True, "finish": 2008, "completes": True, "registered": 2008,
        "status": Status.WORKING, "role": Role.FIXED_LOCUM, "region": 0, "since": 2008, "second": NOWHERE,
        "third": NOWHERE, "base_region": 0, "practice": NOWHERE, **IN_NO_PROGRAMME,
    }  # fmt: skip
    population = Population()
    population.append(**plain | columns)
    return population


def simulate(data: Regions, rng: Any = 1, **parameters: Any) -> SettlementModel:
    """Run a model to its end."""
    model = SettlementModel(None, data, rng=rng, **parameters)
    while model.running:
        model.step()
    return model


def part(data: Regions, codes: Sequence[str], sites: Sequence[str] | None = None) -> Regions:
    """Return a nation of a few regions and sites (by default those in the regions), with their own stock as plan."""
    rows = [data.index(code) for code in codes]
    new = {old: i for i, old in enumerate(rows)}
    named = [s for s in data.sites if (s.region in rows if sites is None else s.name in sites)]
    totals = [sum(getattr(s, name) for s in named) for name in ("share", "first_choice", "places")]
    force = data.workforce
    kept = np.isin(force.region, rows)
    region = np.array([new.get(int(r), -1) for r in force.region])[kept]
    workforce = replace(
        force, region=region, **{n: getattr(force, n)[kept] for n in ("sex", "age", "role", "persons", "fte")}
    )

    towns = data.municipalities
    here = np.isin(towns.region, rows)
    municipalities = replace(
        towns,
        name=tuple(np.array(towns.name)[here]),
        region=np.array([new[int(r)] for r in towns.region[here]]),
        persons=towns.persons[here],
        distance_km=towns.distance_km[np.ix_(here, here)],
    )

    def shares(of: np.ndarray) -> np.ndarray:
        return of[..., rows] / of[..., rows].sum(axis=-1, keepdims=True)

    return replace(
        data,
        members=tuple(replace(data.members[r], index=i) for r, i in new.items()),
        inhabitants=data.inhabitants[:, rows],
        demand_share=shares(data.demand_share),
        distance_km=data.distance_km[np.ix_(rows, rows)],
        inhabitants_20_44=data.inhabitants_20_44[rows],
        origin_share=shares(data.origin_share),
        alpha=data.alpha[rows],
        sites=tuple(
            replace(
                s,
                region=new[s.region],
                share=s.share / totals[0],
                first_choice=s.first_choice / totals[1],
                places=s.places / totals[2],
            )
            for s in named
        ),
        municipalities=municipalities,
        workforce=workforce,
        national={**data.national, "aanbod_personen": float(workforce.persons.sum())},
    )


@pytest.fixture(scope="session")
def data() -> Regions:
    return regions.load()


@pytest.fixture(scope="session")
def small(data: Regions) -> Regions:
    """Three regions with two sites."""
    return part(data, ["RA0101", "RA0102", "RA0204"], ["UMCG", "UMCG Emmen"])


@pytest.fixture(scope="session")
def run(data: Regions) -> Run:
    """Run the shipped regions to the end, by default with seed 1."""
    return lambda rng=1, **parameters: simulate(data, rng, **parameters)


@pytest.fixture(scope="session")
def baseline(data: Regions) -> SettlementModel:
    """The baseline at its end in 2043; for reading only."""
    return simulate(data)


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario()
