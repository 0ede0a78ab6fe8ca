"""Results of made-up runs, small enough to compute every figure by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm import Scenario
from abm.indicators import BETWEEN_NAMES, NAMES
from experiments.store import Results
from regions.geography import BOUNDARIES

REGIONS = {"RA1222": "Zeeland", "RA1323": "West-Brabant", "RA0919": "Rijnmond", "RA0101": "Groningen"}
"""Zeeland borders on the next two, and Groningen on none."""
CODES = list(REGIONS)
YEARS = (2025, 2026, 2027)
BASE = {"RA1222": 10.0, "RA1323": 20.0, "RA0919": 30.0, "RA0101": 40.0}

TYPES = {"scenario": "str", "region_code": "str", "flow": "str", "persons": "float", "fte": "float"}

Values = Mapping[tuple[str, int, int, str], float]
"""By scenario, replication, year and region code."""
Flow = tuple[str, int, int, str, str, float, float]
"""Scenario, replication, year, region code, flow, persons, fte."""


def results(
    folder: Path,
    replications: int,
    levers: Mapping[str, Sequence[Mapping[str, Any]]],
    more: Mapping[str, Values] | None = None,
    flows: Sequence[Flow] = (),
    failed: Sequence[tuple[str, int]] = (),
    between: Mapping[str, Mapping[tuple[str, int, int], float]] | None = None,
    ensemble: bool = False,
) -> Results:
    """Write results of scenarios with these `levers`; the first is the baseline.

    Every indicator is that of `BASE` in every run and year, the demand twice that, and `more` is added by indicator.
    """
    regions, national, runs = [], [], []
    for replication in range(replications):
        for scenario in levers:
            status = {"status": "failed", "error": "ZeroDivisionError", "message": "nobody works here"}
            status = status if (scenario, replication) in failed else {"status": "done"}
            runs.append({"number": len(runs), "scenario": scenario, "replication": replication, "seed": 7} | status)
            if status["status"] == "failed":
                continue
            for year in YEARS:
                keys = {"scenario": scenario, "replication": replication, "year": year}
                sums = dict.fromkeys(NAMES, 0.0)
                for code, name in REGIONS.items():
                    row = dict.fromkeys(NAMES, BASE[code]) | {"demand_fte": 2 * BASE[code]}
                    for indicator, values in (more or {}).items():
                        row[indicator] += values.get((scenario, replication, year, code), 0.0)
                    row["shortage_fte"] = row["demand_fte"] - row["supply_fte"]
                    regions.append({**keys, "region_code": code, "region_name": name, **row})
                    sums = {indicator: sums[indicator] + row[indicator] for indicator in NAMES}
                extra = {
                    name: (between or {}).get(name, {}).get((scenario, replication, year), 0.0)
                    for name in BETWEEN_NAMES
                }
                national.append({**keys, **sums, **extra})
    columns = ["scenario", "replication", "year", "region_code", "flow", "persons", "fte"]
    tables = {
        "regions": pd.DataFrame(regions),
        "national": pd.DataFrame(national),
        "flows": pd.DataFrame(list(flows), columns=columns).astype(TYPES),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        if "scenario" in frame:
            frame.astype({"replication": np.int32, "year": np.int32}).to_parquet(folder / f"{name}.parquet")
    shapes = json.loads(BOUNDARIES.read_text(encoding="utf-8"))
    shapes["features"] = [one for one in shapes["features"] if one["properties"]["code"] in CODES]
    (folder / BOUNDARIES.name).write_text(json.dumps(shapes), encoding="utf-8")
    scenarios = {
        name: {
            "title": {"nl": f"De {name}", "en": f"The {name}"},
            "description": {},
            "parameters": Scenario(name=name, end_year=YEARS[-1], levers=own).model_dump(mode="json"),
        }
        for name, own in levers.items()
    }
    manifest = {
        "version": "0", "scenarios": scenarios, "seed": 1, "replications": replications, "runs": runs,
        "ensemble": "some" if ensemble else None, "finished": "now",
        "data": {"folder": "gone", "shipped": False, "fingerprint": ""},
    }  # fmt: skip
    return Results(folder, manifest)
