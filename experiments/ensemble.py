"""The ensemble: what is not known about behaviour, the base year, the forecast and the national model, sampled.

A run of the ensemble draws one of each from its own seed: the same seed gives the same draws in every scenario, so that
scenarios can still be compared in pairs.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel

import abm
import regions as regions_package
from abm.fixed import OVERRIDES
from abm.levers import AnyLever
from experiments.arrays import FloatArray
from experiments.errors import InputError
from regions import Regions, uncertainty

MEMBERS = Path(__file__).parent / "ensemble.csv"
ATTRACTIVENESS = Path(__file__).parent / "ensemble_attractiveness.csv"

BASE_YEARS, FORECASTS, NATIONAL_DRAWS, RESPONSES = 20, 20, 20, 20
"""How many of each there are to draw from; number 0 is what ships without the ensemble."""
RESPONSE = "response"
SOURCES_ALWAYS = ("behaviour", "base_year", "forecast", "national")
SOURCES = (*SOURCES_ALWAYS, RESPONSE)
"""What varies in the ensemble beside chance, and the columns that tell which one a run has; the response is that of
people to the measures of a scenario."""
STREAM, NATIONAL_STREAM, RESPONSE_STREAM = 77, 78, 79
NODES = ("_vijf", "_tien", "_vijftien", "_twintig")
KINDS = ("uitstroom_", "extern_rendement", "intern_rendement", "soc_", "fte_")
"""Parameters of the national model that are drawn, by the start of their id."""

# Standard deviations of the national model's own parameters, as a factor; assumed. With them the 95% interval of the
# gap ten years ahead is within the 2 to 15% by which the national model missed in its back-tests (E531, E532).
OUTFLOW_SD = 0.07  # of the stock's outflow at every node
LOSS_SD = 0.15  # of the external loss, 1 minus the yield
INTERNAL_SD = 0.01  # of the internal yield, in points (0.94 here, 0.922 in E460)
GROWTH_SD = 0.004  # a year, of demand beyond demography
HOURS_SD = 0.02  # of fte per head after twenty years, rising with time
MOST = 0.99


@dataclass(frozen=True)
class Draw:
    """Which of each a run has."""

    behaviour: int
    base_year: int
    forecast: int
    national: int
    response: int


def draw(seed: int) -> Draw:
    """Return what the run with this seed draws."""
    rng = np.random.default_rng([STREAM, seed])
    sizes = (len(members()), BASE_YEARS, FORECASTS, NATIONAL_DRAWS, RESPONSES)
    return Draw(*(int(rng.integers(size)) for size in sizes))


def fingerprint() -> str:
    """Return the SHA-256 of the tables of the ensemble and of how many of each there are to draw from."""
    sizes = repr((BASE_YEARS, FORECASTS, NATIONAL_DRAWS, RESPONSES)).encode()
    return hashlib.sha256(MEMBERS.read_bytes() + ATTRACTIVENESS.read_bytes() + sizes).hexdigest()


@functools.cache
def members() -> tuple[Mapping[str, float], ...]:
    """Return the parameter sets that the calibration left, by name of the parameter."""
    table = _read(MEMBERS, {"member", "implausibility"}).drop(columns=["member", "implausibility"])
    another = "the table is of another version; `gp-settlement calibrate` makes one for this"
    if unknown := [str(name) for name in table.columns if name not in abm.Scenario.model_fields]:
        raise InputError(f"{MEMBERS}: column {', '.join(unknown)}: no such parameter; {another}")
    if absent := [name for name in priors(abm.Scenario) if name not in table.columns]:
        raise InputError(f"{MEMBERS}: column {', '.join(absent)} is missing; {another}")
    found = tuple({str(k): float(v) for k, v in row.items()} for row in table.to_dict("records"))
    for number, values in enumerate(found):
        try:
            abm.Scenario.model_validate(values)
        except ValueError as error:
            raise InputError(f"{MEMBERS}: member {number}: {error}") from None
    if not found or list(_attractiveness().index) != list(range(len(found))):
        raise InputError(f"{ATTRACTIVENESS}: found {len(_attractiveness())} members, allowed are those of {MEMBERS}")
    return found


def _read(file: Path, needed: set[str]) -> pd.DataFrame:
    """Return a table of the ensemble: a calibration may have made it anew. Raises `InputError`."""
    try:
        table = pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from None
    if absent := needed - set(table.columns):
        raise InputError(f"{file}: column {', '.join(sorted(absent))} is missing; found {', '.join(table.columns)}")
    numbers = table.drop(columns="region", errors="ignore")
    if not np.isfinite(numbers.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)).all():
        raise InputError(f"{file}: found a cell that is no number; allowed is what `gp-settlement calibrate` writes")
    return table


@functools.cache
def _attractiveness() -> pd.DataFrame:
    rows = _read(ATTRACTIVENESS, {"member", "region", "alpha"})
    table = rows.pivot_table(index="member", columns="region", values="alpha")
    if table.size != len(rows) or table.isna().any(axis=None):
        raise InputError(
            f"{ATTRACTIVENESS}: found {len(rows)} rows, allowed is one for each of {len(table)} members and "
            f"{table.shape[1]} regions"
        )
    return table


def behaviour(scenario: abm.Scenario, regions: Regions, member: int) -> tuple[abm.Scenario, Regions]:
    """Return scenario and regions with the behaviour of a member; what scenario and data set themselves stays.

    Attractiveness is replaced where it is the one that ships (`own_attractiveness`).
    """
    values = {name: value for name, value in members()[member].items() if name not in scenario.model_fields_set}
    own = own_attractiveness(regions)
    if not own.all():
        alpha = np.where(own, regions.alpha, _attractiveness().loc[member].reindex(regions.codes))
        regions = with_attractiveness(regions, alpha)
    return scenario.model_copy(update=values), regions


def with_attractiveness(regions: Regions, alpha: FloatArray) -> Regions:
    """Return regions with another attractiveness (R,), which becomes read-only."""
    alpha.flags.writeable = False
    return replace(regions, alpha=alpha)


def own_attractiveness(regions: Regions) -> npt.NDArray[np.bool_]:
    """Return for which regions alpha is of the data folder itself, not the one that ships, shape (R,).

    All, where the regions are not those of the calibration.
    """
    shipped = _shipped_alpha()
    if set(regions.codes) != set(shipped):
        return np.ones(len(regions), dtype=np.bool_)
    return np.asarray(regions.alpha != np.array([shipped[code] for code in regions.codes]))


def attractiveness_line(regions: Regions) -> str:
    """Return for people which regions keep the data folder's attractiveness in an ensemble; empty if none does."""
    own = own_attractiveness(regions)
    if not own.any():
        return ""
    which = "all regions" if own.all() else ", ".join(np.array(regions.names)[own])
    return f"Attractiveness of {which}: that of the data folder in every run; the ensemble has no draws of it."


@functools.cache
def _shipped_alpha() -> Mapping[str, float]:
    shipped = regions_package.load(check=False)
    return dict(zip(shipped.codes, shipped.alpha.tolist(), strict=True))


def national(scenario: abm.Scenario, regions: Regions, number: int) -> abm.Scenario:
    """Return the scenario with another draw of the national model's parameters; what the scenario sets itself stays.

    Of a kind of which the scenario sets something nothing is drawn: nodes that it sets and nodes that are drawn would
    contradict each other.
    """
    if number == 0:
        return scenario
    rng = np.random.default_rng([NATIONAL_STREAM, number])
    outflow, loss = rng.lognormal(0, OUTFLOW_SD), rng.lognormal(0, LOSS_SD)
    internal, growth, hours = rng.normal(0, INTERNAL_SD), rng.normal(0, GROWTH_SD), rng.normal(0, HOURS_SD)
    own = tuple(kind for kind in KINDS if any(id_.startswith(kind) for id_ in scenario.national))
    changed: dict[str, float] = {}
    for id_ in OVERRIDES:
        if id_.startswith(own):
            continue
        value = regions.national[id_]
        if id_.startswith("uitstroom_"):
            changed[id_] = min(value * outflow, MOST)
        elif id_.startswith("extern_rendement"):
            changed[id_] = max(0.0, 1 - (1 - value) * loss)
        elif id_.startswith("intern_rendement"):
            changed[id_] = min(value + internal, MOST)
        elif id_.startswith("soc_"):
            changed[id_] = value + growth
        elif id_.startswith("fte_"):
            node = next((k for k, name in enumerate(NODES, 1) if id_.endswith(name)), 0)
            changed[id_] = value * (1 + hours * node / len(NODES))
    return scenario.model_copy(update={"national": {**changed, **scenario.national}})


def response(scenario: abm.Scenario, number: int) -> abm.Scenario:
    """Return the scenario with another draw of what its measures do; what a measure sets itself stays.

    Each parameter of a measure that has a range is drawn from a triangle over it with the top at the default.
    """
    if number == 0:
        return scenario
    return scenario.model_copy(update={"levers": tuple(_responding(lever, number) for lever in scenario.levers)})


def held(scenario: abm.Scenario) -> dict[str, float]:
    """Return the parameters of its measures that a scenario sets and that would otherwise be drawn, as lever.field."""
    return {
        f"{lever.name}.{name}": float(getattr(lever, name))
        for lever in scenario.levers
        for name in priors(type(lever))
        if name in lever.model_fields_set
    }


def held_line(scenario: abm.Scenario) -> str:
    """Return for people what of its measures is the same in every run of an ensemble; empty if nothing is."""
    values = ", ".join(f"{key} {value:g}" for key, value in held(scenario).items())
    return f"As the scenario sets them, in every run: {values}; the ensemble draws what is not set." if values else ""


def priors(model: type[BaseModel]) -> dict[str, tuple[float, float]]:
    """Return the parameters of a scenario or a measure with a range within which they are thought to lie."""
    found = {}
    for name, field in model.model_fields.items():
        about = field.json_schema_extra
        if isinstance(about, dict) and "prior" in about:
            low, high = cast("list[float]", about["prior"])
            found[name] = low, high
    return found


def _responding(lever: AnyLever, number: int) -> AnyLever:
    values: dict[str, float | int] = {}
    for name, (low, high) in priors(type(lever)).items():
        if name in lever.model_fields_set:
            continue
        default = type(lever).model_fields[name].default
        # Keyed by the parameter, so that another measure in the scenario changes nothing here.
        rng = np.random.default_rng([RESPONSE_STREAM, number, zlib.crc32(f"{lever.kind}.{name}".encode())])
        if isinstance(default, int):
            values[name] = int(rng.integers(int(low), int(high), endpoint=True))
        else:
            values[name] = float(rng.triangular(low, default, high))
    return lever.model_copy(update=values)


def drawn(scenario: abm.Scenario, data: Regions, seed: int) -> tuple[abm.Scenario, Regions]:
    """Return the scenario and the regions of the run with this seed."""
    one = draw(seed)
    scenario, regions = behaviour(scenario, base(data, one.base_year, one.forecast), one.behaviour)
    return response(national(scenario, data, one.national), one.response), regions


_BASES: dict[tuple[str, int], Regions] = {}


def base(data: Regions, base_year: int, forecast: int) -> Regions:
    """Return regions with another base year and forecast; base years are kept, as they take longer to make."""
    key = (data.fingerprint, base_year)
    if key not in _BASES:
        _BASES[key] = uncertainty.base_year(data, base_year)
    return uncertainty.forecast(_BASES[key], forecast)
