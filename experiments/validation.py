"""The validation report: what was put in, how the fit came out, and every tested row with its verdict.

Three kinds of runs are held against `targets.csv`: of the default parameters, of the ensemble, and of parameters drawn
from the ranges that they had before the calibration. Nothing is fitted here.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

import abm
from abm import careers
from experiments import backcast, derive, ensemble, measures, parameter_sets, spread, targets
from experiments.design import Chunk, Run, chunks, replication_seeds
from experiments.errors import InputError
from experiments.runner import execute
from experiments.seen import FIRST
from experiments.store import code_fingerprint, replacing
from experiments.targets import FITTED, PUT_IN, TESTED, Target
from regions import Regions

FloatArray = npt.NDArray[np.float64]
Kind = Literal["default", "ensemble", "prior"]
Progress = Callable[[int, int], None]

YEARS = (2030, 2035, 2043)
ASKED = 2035
"""The year whose uncertainty is to be halved."""
ENSEMBLE_RUNS = 5
"""Runs of the ensemble for each draw: where its spread comes from takes more runs than how wide it is."""
PAST_RUNS = 2
"""Runs of the back-cast for each draw."""
PRIOR_STREAM = 80
KEPT = ("popularity", "alumni_ratio", "graduates_go")
"""Measures kept for every region, for the figures."""
INTERVAL = (0.05, 0.95)
ALPHA = 0.1  # what the interval leaves out
NEAR, FAR = 1.0, 2.0  # standard deviations of the tolerance
FEW = 0.1  # share of runs
AGREES, UNDECIDED, FAILS = "agrees", "undecided", "fails"
VERDICTS = (AGREES, UNDECIDED, FAILS)
REASONS = Path(__file__).parent / "validation_reasons.csv"
NOT_EXPLAINED = "not explained"
SEEN = 0.02  # share of the variance that some facts without any effect seem to explain; less cannot be seen
HALVED = 0.75  # share of the variance that must go for half the standard deviation

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


# Runs ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What the runs share: where their parts go, the data, and how many of each kind are also measured as fitted."""

    folder: Path
    data: Regions
    followed: int


@dataclass(frozen=True)
class Found:
    """What was run: `runs`, a row each with its kind and a column for each number, and `past`, the back-cast."""

    draws: int
    seed: int
    data: Regions
    runs: pd.DataFrame
    past: pd.DataFrame

    def of(self, kind: Kind, name: str) -> FloatArray:
        """Return a number by run."""
        return np.asarray(self._runs(kind)[name], dtype=np.float64)

    def by_region(self, kind: Kind, name: str) -> pd.DataFrame:
        """Return a number by run and region code."""
        columns = [f"{name}[{code}]" for code in self.data.codes]
        return self._runs(kind)[columns].set_axis(list(self.data.codes), axis=1)

    @property
    def drawn(self) -> pd.DataFrame:
        """What each run of the ensemble drew, a column for each source."""
        return self._runs("ensemble")[list(ensemble.SOURCES_ALWAYS)].astype(int)

    def _runs(self, kind: Kind) -> pd.DataFrame:
        return self.runs[self.runs["kind"] == kind].reset_index(drop=True)


def collect(draws: int, seed: int, data: Regions, *, workers: int | None, progress: Progress) -> Found:
    """Run everything: `draws` runs of the defaults and of the prior ranges, five times as many of the ensemble."""
    numbers: dict[Kind, int] = {"ensemble": ENSEMBLE_RUNS * draws, "default": draws, "prior": draws}
    rows = [(kind, r, one) for kind, n in numbers.items() for r, one in enumerate(replication_seeds(seed, n))]
    todo = list(chunks(Run(number, *row) for number, row in enumerate(rows)))
    done, total = 0, len(rows)
    progress(done, total)
    with tempfile.TemporaryDirectory() as folder:
        task = Task(Path(folder), data, draws)
        for chunk, whole in execute(todo, partial(work, task), workers):
            if not whole:
                raise InputError("a process at work died, perhaps for want of memory; try again with fewer --workers")
            done += len(chunk)
            progress(done, total)
        runs = pd.concat([pd.read_parquet(part_of(task, chunk)) for chunk in todo])
    return Found(draws, seed, data, runs, backcast.run(PAST_RUNS * draws, seed))


def part_of(task: Task, chunk: Chunk) -> Path:
    """Return the file of a chunk's runs."""
    return task.folder / f"part-{chunk[0].number:05d}.parquet"


def work(task: Task, chunk: Chunk) -> None:
    """Do the runs of a chunk and write its part."""
    rows = []
    for one in chunk:
        kind = cast(Kind, one.scenario)  # a run of a design has the name of a scenario, here that of a kind
        numbers = simulate(kind, one.replication, one.seed, task.data, one.replication < task.followed)
        rows.append({"kind": kind, "replication": one.replication, **numbers})
    with replacing(part_of(task, chunk)) as path:
        pd.DataFrame(rows).to_parquet(path, index=False)


def simulate(kind: Kind, replication: int, seed: int, data: Regions, followed: bool) -> dict[str, float]:
    """Run the model once; return its numbers by name, those as fitted only if it is to be `followed`."""
    scenario, regions = drawn_from(kind, replication, seed, data)
    model, as_fitted = abm.SettlementModel(scenario, regions, rng=seed), dict[str, float]()
    if followed and kind != "prior":
        observed = parameter_sets.observe(model, parameter_sets.END_YEAR)
        as_fitted = {_as_fitted(key): observed[key] for key in _keys(FITTED)}
    while model.running:
        model.step()
    found = {name: value for name, value in measures.measure(model).items() if _is_kept(name)}
    if kind == "ensemble":
        found |= {source: float(number) for source, number in ensemble.draw(seed).__dict__.items()}
    return found | _more(model) | as_fitted


def drawn_from(kind: Kind, replication: int, seed: int, data: Regions) -> tuple[abm.Scenario, Regions]:
    """Return what a run runs. All that is not behaviour is drawn alike for ensemble and prior."""
    if kind == "default":
        return abm.Scenario(), data
    one = ensemble.draw(seed)
    there = ensemble.base(data, one.base_year, one.forecast)
    if kind == "ensemble":
        scenario, regions = ensemble.behaviour(abm.Scenario(), there, one.behaviour)
    else:
        free = len(parameter_sets.free_parameters())
        point = np.random.default_rng([PRIOR_STREAM, seed]).random(free)
        scenario = parameter_sets.scenario_at(parameter_sets.scaled(point))
        alpha = parameter_sets.attractiveness(scenario, data, replication + 1)
        alpha.flags.writeable = False
        regions = replace(there, alpha=alpha)
    return ensemble.national(scenario, data, one.national), regions


@cache
def _keys(use: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.key for t in targets.load() if t.use == use and t.key))


def _is_kept(name: str) -> bool:
    return name in _keys(TESTED) or name.partition("[")[0] in KEPT


def _as_fitted(key: str) -> str:
    return f"{FITTED}:{key}"


def _more(model: abm.SettlementModel) -> dict[str, float]:
    """Return what is needed beside the measures: by region, and for the nation."""
    results, nation, base = model.results(), model.national(), model.regions.base_year
    after = base + FIRST
    at = {year: results[results["year"] == year] for year in (base, after, *YEARS)}
    found: dict[str, float] = {}

    def keep(name: str, values: pd.Series[float]) -> None:
        found.update(zip((f"{name}[{code}]" for code in model.regions.codes), values.tolist(), strict=True))

    for name in ("supply_fte", "outflow_5y", "share_holder"):
        keep(f"{name}:{base}", at[base][name])
    keep("fte_share", at[after]["supply_fte"] / at[after]["supply_fte"].sum())
    for year in YEARS:
        keep(f"demand_share:{year}", at[year]["demand_fte"] / at[year]["demand_fte"].sum())
        keep(f"vacancy_rate:{year}", at[year]["vacancy_rate"])
        found |= {f"{name}:{year}": float(nation.loc[nation["year"] == year, name].item()) for name in NATION}
    return found


NATION = {"supply_fte": "supply, fte", "shortage_fte": "shortage, fte", "vacancy_rate": "vacancy rate"}


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
            values, default = (found.of(kind, _as_fitted(target.key)) for kind in ("ensemble", "default"))
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
            "width": (high - low) / (prior[1] - prior[0]) if prior[1] > prior[0] else np.nan,
            "score": interval_score(low, high, nearest_allowed(target, low, high)),
            "prior_score": interval_score(*prior, nearest_allowed(target, *prior)),
        }
        about = {"topic": topic(target.measure), **_about(target, found.data)}
        rows.append({**about, **numbers, "verdict": said, "note": target.note, "reason": why})
    table = pd.DataFrame(rows)
    return table.assign(reason=table["reason"].where((table["verdict"] == FAILS) | is_far(table), ""))


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
        nation = pd.DataFrame({name: found.of("ensemble", f"{name}:{year}") for name in NATION})
        table = spread.by_source(nation, drawn).rename(index=lambda name: f"the nation: {NATION[name]}")
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


# What to ask for ----------------------------------------------------------------------------------------------------


NIVEL = "Nivel"


@dataclass(frozen=True)
class Question:
    """A fact that could be asked for, and in which draws of the ensemble it differs.

    `facts` are parameters, or tables by region: graduates, fte, outflow, holders or demand. `whom` could know.
    """

    source: str
    facts: tuple[str, ...]
    ask: str
    why: str
    whom: str = NIVEL


QUESTIONS = (
    Question(
        "behaviour", ("graduates",),
        "Of those who finished training in 2020-2024: how many work in each of the 28 regions, and their fte",
        "Eight regions have a published class (E919 to E926), the others none; the ensemble lets each region's share "
        f"differ by {parameter_sets.RATIO_SD:.0%} (assumed)",
    ),
    Question(
        "behaviour", ("train_own", "train_far", "site_distance"),
        "For each training institute and annex: in which regions its graduates of these years first worked",
        "How strongly training binds is set from one share for the nation and three institutes of 2008 (E436, E437)",
    ),
    Question(
        "behaviour",
        ("origin_own", "origin_far", "partner_tied_share", "partner_own", "partner_far", "thin_job_market"),
        "From the alumni survey: region of origin, and whether the partner's work ties to a region",
        "Origin and partner rest on foreign studies and assumptions (E706 to E708)",
    ),
    Question(
        "behaviour", ("tightness",),
        "First regions of graduates and moves of GPs by year, beside the vacancies of the regions",
        "How far a shortage draws GPs is assumed from studies of money (E710, E711)",
    ),
    Question(
        "behaviour",
        ("yearly_noise", "stay", "reconsider_holder", "reconsider_salaried", "reconsider_locum", "reconsider_early"),
        "Moves between regions a year, by role and years since registration",
        "Moving rates are proposed after foreign figures (E700 to E703)",
    ),
    Question(
        "behaviour", ("locums_in_several_regions", "locums_in_three_regions", "locum_reach_km"),
        "In which regions locums work, and how far from home",
        "That many work in several regions is known, not how many and where (E080, E719)",
    ),
    Question(
        "behaviour",
        (
            "starts_salaried", "starts_fixed_locum", "wants_practice", "seek_practice_early", "seek_practice_middle",
            "seek_practice_late", "gives_up_practice", "settles_as_locum",
        ),
        "Roles by years since registration, and changes of role a year",
        "Published are the roles of all GPs, not how they follow each other",
    ),
    Question(
        "behaviour",
        (
            "open_at_start", "older_in_small_practices", "takeover", "takeover_workload", "wants_company_women",
            "wants_company_men", "place_splits", "place_absorbed", "goes_on_without_holder",
        ),
        "By region: practices that look for a successor, how long, and what became of them",
        "One survey, which few answered, tells how many find a successor within the year (E552)",
    ),
    Question(
        "behaviour", ("patient_stop_spread", "without_gp_tightness"),
        "By region: practices with a patient stop and inhabitants without a GP",
        "They are a result here, and move no GP",
    ),
    Question(
        "base_year", ("fte",),
        "GPs at work on 1 January 2025 by region, persons and fte, locums in the regions where they work",
        "Two regions have a published density; of the others it is between equal per inhabitant and equal per need",
    ),
    Question(
        "base_year", ("outflow",),
        "Ages of the GPs at work by region, in classes of five years",
        "A share of older GPs is known in four provinces; others share what is left",
    ),
    Question(
        "base_year", ("holders",),
        "Roles of the GPs at work by region: practice holder, salaried, fixed and changing locum",
        "No mix of roles is published by region",
    ),
    Question(
        "forecast", ("demand",),
        "Another forecast of inhabitants and GP use by region, with its margin",
        "The division of demand over regions misses what is foretold by more each year",
        whom="CBS, Vektis",
    ),
)  # fmt: skip


def facts(found: Found, year: int) -> dict[str, pd.DataFrame]:
    """Return what differs between runs of the ensemble, by run and region; parameters are alike in all regions."""
    drawn, codes, data = found.drawn, list(found.data.codes), found.data
    base = data.base_year
    table: dict[str, pd.DataFrame] = {
        "fte": found.by_region("ensemble", f"supply_fte:{base}").apply(np.log),
        "outflow": found.by_region("ensemble", f"outflow_5y:{base}"),
        "holders": found.by_region("ensemble", f"share_holder:{base}"),
        "demand": found.by_region("ensemble", f"demand_share:{year}").apply(np.log),
    }
    shares = []
    for member in range(len(ensemble.members())):
        scenario, there = ensemble.behaviour(abm.Scenario(), data, member)
        shares.append(careers.sites(scenario, data).share @ derive.expected_shares(scenario, data, there.alpha))
    graduates = pd.DataFrame(np.log(shares), columns=codes)
    table["graduates"] = graduates.iloc[drawn["behaviour"]].reset_index(drop=True)
    for name in ensemble.members()[0]:
        value = drawn["behaviour"].map(lambda member, name=name: ensemble.members()[member][name])
        table[name] = pd.DataFrame(dict.fromkeys(codes, value))
    return table


def explained(outcome: pd.DataFrame, draws: pd.Series[int], known: Sequence[pd.DataFrame]) -> float:
    """Return the share of the variance of `outcome` (runs, regions) that goes with what is `known` of a source.

    Only as many draws of a source are independent as there are, however many runs: means by draw are regressed on the
    facts, region by region, and the variance explained, less what chance gives to as many facts, is held against that
    of the runs. NaN with too few draws.
    """
    groups = outcome.groupby(draws.to_numpy()).mean()
    n, k = len(groups), len(known)
    if n <= k + 1:
        return np.nan
    of_facts = [table.groupby(draws.to_numpy()).mean() for table in known]
    gone = 0.0
    for code in outcome.columns:
        y = groups[code].to_numpy()
        x = np.column_stack([np.ones(n), *(table[code] for table in of_facts)])
        rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        gone += y.var(ddof=1) - (rest**2).sum() / (n - k - 1)
    return float(gone / outcome.var(ddof=1).sum())


def questions(found: Found) -> pd.DataFrame:
    """Return what could be asked, Nivel and the most telling first: the share of the variance that it would take.

    Of the vacancy rates of regions less the nation's. `alone_<year>` each by itself; `together` in `ASKED` with those
    above of which some year shows an effect, and `left`, the standard deviation that is then left.
    """
    outcome, known, drawn = {}, {}, found.drawn
    for year in YEARS:
        regional = found.by_region("ensemble", f"vacancy_rate:{year}")
        outcome[year] = regional.sub(found.of("ensemble", f"vacancy_rate:{year}"), axis=0)
        known[year] = facts(found, year)

    def share(year: int, those: Iterable[Question]) -> float:
        by_source: dict[str, list[pd.DataFrame]] = {}
        for one in those:
            by_source.setdefault(one.source, []).extend(known[year][name] for name in one.facts)
        return sum(explained(outcome[year], drawn[source], tables) for source, tables in by_source.items())

    alone = {one: {year: share(year, [one]) for year in YEARS} for one in QUESTIONS}
    asked: list[Question] = []
    rows = []
    for one in sorted(QUESTIONS, key=lambda one: (one.whom != NIVEL, -np.nan_to_num(alone[one][ASKED]))):
        row: dict[str, object] = {"ask": one.ask, "whom": one.whom, "why": one.why, "facts": ", ".join(one.facts)}
        row |= {f"alone_{year}": alone[one][year] for year in YEARS}
        together = np.nan
        if max(alone[one].values()) >= SEEN:
            asked.append(one)
            together = share(ASKED, asked)
        rows.append({**row, "together": together, "left": np.sqrt(np.maximum(0.0, 1 - together))})
    return pd.DataFrame(rows)


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
            f"{YEARS[-1]}; for what is fitted {found.draws} of ensemble and defaults each, as of {parameter_sets.END_YEAR}; "
            f"{PAST_RUNS * found.draws} of the back-cast"
        ),
        "date of the data": f"1 January {found.data.base_year}; years of single columns: regions/data/datapackage.json",
        "data": found.data.fingerprint,
        "ensemble": ensemble.fingerprint(),
        "targets": of_targets,
        "code": code_fingerprint(),
    }
