"""The validation: how the fit came out, and every tested row of `targets.csv` with its verdict. Nothing is fitted."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

import abm
from experiments import backcast, ensemble, measures, parameter_sets, spread, targets
from experiments.arrays import FloatArray
from experiments.paired import SAME
from experiments.spread import INTERVAL
from experiments.store import code_fingerprint
from experiments.targets import AGREES, FAILS, FITTED, PUT_IN, TESTED, UNDECIDED, Target
from experiments.validation_questions import questions
from experiments.validation_runs import ASKED, OF_NATION, PAST_RUNS, YEARS, Found, as_fitted_key
from regions import Regions

ALPHA = 0.1  # what the interval leaves out
NEAR, FAR = 1.0, 2.0  # standard deviations of the tolerance
FEW = 0.1  # share of runs
VERDICTS = (AGREES, UNDECIDED, FAILS)
REASONS = Path(__file__).parent / "validation_reasons.csv"
NOT_EXPLAINED = "not explained"

TOPICS = {
    "Where graduates settle": (
        "popularity", "share_near_training", "graduates_go", "over_represented", "share_trained", "rank_as_supplier",
        "rank_graduates", "rank_position",
    ),
    "Shortage, workload and demand": (
        "rank_shortage_5y", "rank_shortage_10y", "workload_range", "shortage_share", "shortage_growth_10y",
        "demand_growth_vs_nation_10y", "patient_stops_vs_nation",
    ),
    "Roles and practices": (
        "share_holder_36_45", "years_to_takeover", "share_holder_change", "holders_change", "salaried_change",
        "locums_change", "rank_group_practices", "rank_solo_practices", "mean_list", "patients_per_holder_fte",
    ),
    "Those who leave, and the base year": (
        "starters_per_leaver", "leavers_10y", "odds_60plus", "odds_55plus", "share_of_gps", "rank_fte",
    ),
}  # fmt: skip
OTHER = "Other"


# Verdicts -----------------------------------------------------------------------------------------------------------


def interval(values: FloatArray) -> tuple[float, float]:
    """Return the 90% interval of runs."""
    low, high = np.quantile(values, INTERVAL)
    return float(low), float(high)


def nearest_allowed(target: Target, low: float, high: float) -> float:
    """Return the target, or the value of its range that is nearest to the interval, inside it where they meet."""
    if (target.low, target.high) == (None, None):
        return float(target.target or 0.0)
    least, most = (-np.inf if target.low is None else target.low), (np.inf if target.high is None else target.high)
    return float(np.clip(low if least <= low else min(high, least), least, most))


def interval_score(low: float, high: float, value: float) -> float:
    """Return the score of Gneiting and Raftery (2007) for a 90% interval and what was observed; low is good.

    The width, and what the observation lies outside times 2 over the share that the interval leaves out.
    """
    return (high - low) + 2 / ALPHA * (max(0.0, low - value) + max(0.0, value - high))


def within(target: Target, values: FloatArray) -> float:
    """Return the share of runs that do not contradict a row: at most `FAR` standard deviations outside."""
    return float((np.abs(target.away(values)) <= FAR).mean())


def verdict(target: Target, values: FloatArray) -> str:
    """Return whether runs agree with a row; see `DEFINITION`."""
    share = within(target, values)
    if share < FEW:
        return FAILS
    near = abs(float(target.away(values.mean()))) <= NEAR
    return AGREES if near and share >= 1 - FEW else UNDECIDED


DEFINITION = (
    "A row has a target, or a range of which every value is as good, and a tolerance: one standard deviation (sd) "
    f"of what rounding, sampling and definition leave open. A run contradicts the row when it is more than {FAR:g} "
    f"sd outside. The row fails when fewer than {FEW:.0%} of the runs of the ensemble do not contradict it. It "
    f"agrees when at least {1 - FEW:.0%} of them do not and their mean is at most {NEAR:g} sd outside. In between it "
    "is undecided: the ensemble does not say, or its mean is somewhat off."
)


def reasons(path: Path = REASONS) -> dict[str, str]:
    """Return why rows fail, as far as is known, by evidence id, measure or quantity of the back-cast."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["about"]: row["reason"] for row in csv.DictReader(file)}


# Tables -------------------------------------------------------------------------------------------------------------


def place(target: Target, data: Regions) -> str:
    """Return what a row is about beside its measure: region or province, site or institute."""
    names = dict(zip(data.codes, (m.name for m in data.members), strict=True))
    return ", ".join(part for part in (names.get(target.region, target.region), target.site) if part)


def topic(measure: str) -> str:
    """Return the heading under which a measure is shown."""
    return next((name for name, those in TOPICS.items() if measure in those), OTHER)


def _about(target: Target, data: Regions) -> dict[str, object]:
    label = measures.MEASURES[target.measure].label_en
    asked = {name: getattr(target, name) for name in ("target", "low", "high")}
    asked = {name: np.nan if value is None else value for name, value in asked.items()}
    where = {"id": target.id, "measure": target.measure, "label": label, "place": place(target, data)}
    return {**where, "unit": target.unit, **asked, "sd": target.sd}


def fitted(found: Found) -> pd.DataFrame:
    """Return a row for each fitted row, measured on runs to the year of the calibration."""
    rows = []
    for target in targets.load():
        if target.use == FITTED:
            values, default = (found.of(kind, as_fitted_key(target.key)) for kind in ("ensemble", "default"))
            values = values[: found.draws]
            low, high = interval(values)
            numbers = {"default": default.mean(), "mean": values.mean(), "from": low, "to": high}
            numbers["away"] = float(target.away(values.mean()))
            rows.append({**_about(target, found.data), **numbers, "note": target.note})
    return pd.DataFrame(rows)


def tested(found: Found) -> pd.DataFrame:
    """Return a row for each tested row but those of the back-cast, in the order of `TOPICS`."""
    rows, known = [], reasons()
    order = [*(measure for those in TOPICS.values() for measure in those), *measures.MEASURES]
    asked = [t for t in targets.load() if t.use == TESTED and t.measure != "backcast"]
    for target in sorted(asked, key=lambda target: order.index(target.measure)):
        values, before = (found.of(kind, target.key) for kind in ("ensemble", "prior"))
        (low, high), prior = interval(values), interval(before)
        said = verdict(target, values)
        why = known.get(target.id) or known.get(target.measure) or NOT_EXPLAINED
        numbers = {
            "default": found.of("default", target.key).mean(),
            "mean": values.mean(),
            "from": low,
            "to": high,
            "away": float(target.away(values.mean())),
            "within": within(target, values),
            "width": (high - low) / (prior[1] - prior[0]) if _differ(*prior) else np.nan,
            "score": interval_score(low, high, nearest_allowed(target, low, high)),
            "prior_score": interval_score(*prior, nearest_allowed(target, *prior)),
        }
        about = {"topic": topic(target.measure), **_about(target, found.data)}
        rows.append({**about, **numbers, "verdict": said, "note": target.note, "reason": why})
    table = pd.DataFrame(rows)
    return table.assign(reason=table["reason"].where((table["verdict"] == FAILS) | is_far(table), ""))


def _differ(low: float, high: float) -> bool:
    """Return whether an interval is more than sums of the same numbers in another order."""
    return high - low > SAME * max(1.0, abs(low))


def is_far(tested: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows are undecided while the mean is so far outside that a single run would contradict the row."""
    return (tested["verdict"] == UNDECIDED) & (tested["away"].abs() > FAR)


def parameters() -> pd.DataFrame:
    """Return the range of each free parameter before and after the calibration."""
    members = pd.DataFrame(ensemble.members())
    rows = []
    for free in parameter_sets.free_parameters():
        low, high = interval(members[free.name].to_numpy())
        default = abm.Scenario.model_fields[free.name].default
        width = (high - low) / ((1 - ALPHA) * (free.high - free.low))
        rows.append((free.name, default, free.low, free.high, low, high, width))
    return pd.DataFrame(rows, columns=["parameter", "default", "prior_low", "prior_high", "from", "to", "width"])


def past(found: Found) -> pd.DataFrame:
    """Return the back-cast with, for each figure, whether it is a test: nothing of it was put in or fitted."""
    use = {id_: target.use for target in targets.load() for id_ in (target.id, *target.also)}
    # Figures of the plan go by the name of the parameter that holds them.
    use |= dict.fromkeys(found.data.national, PUT_IN)
    known, uses, why = reasons(), [], []
    for row in found.past.to_dict("records"):
        ids = [part.strip() for part in str(row["evidence"]).split(",")]
        uses.append(next((use[id_] for id_ in ids if use.get(id_) in (PUT_IN, FITTED)), TESTED))
        named = [known[key] for key in (*ids, str(row["quantity"])) if key in known]
        unknown = NOT_EXPLAINED if uses[-1] == TESTED else ""
        why.append((named or [unknown])[0] if row["verdict"] == backcast.MISSES else "")
    return found.past.assign(use=uses, reason=why)


def ranking(found: Found, year: int) -> pd.DataFrame:
    """Return the regions by vacancy rate in a year, highest first, as `spread.ranking`."""
    return spread.ranking(found.by_region("ensemble", f"vacancy_rate:{year}"))


def sources(found: Found) -> pd.DataFrame:
    """Return where the spread comes from by year: of the nation, of the mean region, and of that against the nation."""
    drawn, rows = found.drawn, []
    for year in YEARS:
        nation = pd.DataFrame({name: found.of("ensemble", f"{name}:{year}") for name in OF_NATION})
        table = spread.by_source(nation, drawn).rename(index=lambda name: f"the nation: {OF_NATION[name]}")
        regional = found.by_region("ensemble", f"vacancy_rate:{year}")
        for label, values in (
            ("vacancy rate of a region, mean of all", regional),
            ("the same, less the nation's", regional.sub(nation["vacancy_rate"], axis=0)),
        ):
            table.loc[label] = pooled(spread.by_source(values, drawn))
        rows.append(table.rename_axis("of").reset_index().assign(year=year))
    return pd.concat(rows, ignore_index=True)


def pooled(by_region: pd.DataFrame) -> pd.Series[float]:
    """Return the sources of all regions together: mean standard deviation, and shares weighted by variance."""
    variance = by_region["sd"] ** 2
    shares = by_region.drop(columns="sd").mul(variance, axis=0).sum() / variance.sum()
    return pd.concat([pd.Series({"sd": by_region["sd"].mean()}), shares])


def region_sources(found: Found, year: int) -> pd.DataFrame:
    """Return where the spread of each region's vacancy rate comes from."""
    return spread.by_source(found.by_region("ensemble", f"vacancy_rate:{year}"), found.drawn)


# The report ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tables:
    """Everything that the report shows."""

    fitted: pd.DataFrame
    tested: pd.DataFrame
    parameters: pd.DataFrame
    past: pd.DataFrame
    rankings: Mapping[int, pd.DataFrame]
    sources: pd.DataFrame
    region_sources: pd.DataFrame
    questions: pd.DataFrame

    @property
    def failures(self) -> int:
        """Tested rows that fail: of the runs from the base year, and of the back-cast."""
        missed = (self.past["use"] == TESTED) & (self.past["verdict"] == backcast.MISSES)
        return int((self.tested["verdict"] == FAILS).sum() + missed.sum())


def tables(found: Found) -> Tables:
    """Return the tables of the report."""
    return Tables(
        fitted=fitted(found),
        tested=tested(found),
        parameters=parameters(),
        past=past(found),
        rankings={year: ranking(found, year) for year in YEARS},
        sources=sources(found),
        region_sources=region_sources(found, ASKED),
        questions=questions(found),
    )


def about(found: Found) -> dict[str, str]:
    """Return what the numbers were made with; nothing that differs between two equal commands."""
    of_targets = hashlib.sha256(targets.TARGETS.read_bytes()).hexdigest()
    return {
        "version": metadata.version("gp-settlement"),
        "command": f"gp-settlement validate --draws {found.draws} --seed {found.seed}",
        "runs": (
            f"{len(found.drawn)} of the ensemble ({len(ensemble.members())} members), "
            f"{found.draws} of the default parameters, {found.draws} of parameters from their prior ranges, all to "
            f"{YEARS[-1]}; for what is fitted {found.draws} of ensemble and defaults each, as of "
            f"{parameter_sets.END_YEAR}; "
            f"{PAST_RUNS * found.draws} of the back-cast"
        ),
        "date of the data": f"1 January {found.data.base_year}; years of single columns: regions/data/datapackage.json",
        "data": found.data.fingerprint,
        "ensemble": ensemble.fingerprint(),
        "targets": of_targets,
        "code": code_fingerprint(),
    }
