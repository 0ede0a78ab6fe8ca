"""The shipped country some times larger: as many regions, so many times the inhabitants, GPs and training places."""

from __future__ import annotations

from dataclasses import replace

from abm import Scenario
from regions import Regions


def scaled(data: Regions, times: int) -> tuple[Regions, Scenario]:
    """Return regions `times` as large, and the scenario whose intake and arrivals go with them."""
    force, towns, usual = data.workforce, data.municipalities, Scenario()
    assert not isinstance(usual.intake, dict)
    regions = replace(
        data,
        inhabitants=data.inhabitants * times,
        inhabitants_20_44=data.inhabitants_20_44 * times,
        municipalities=replace(towns, persons=towns.persons * times),
        workforce=replace(force, persons=force.persons * times, fte=force.fte * times),
        national={**data.national, "aanbod_personen": data.national["aanbod_personen"] * times},
    )
    larger = {"intake": usual.intake * times, "intake_current": usual.intake_current * times}
    national = {"n_buitenland": data.national["n_buitenland"] * times}
    return regions, usual.model_copy(update={**larger, "national": national})  # beyond what a scenario file may have
