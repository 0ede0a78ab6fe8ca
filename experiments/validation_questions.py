"""What to ask for: which facts that a register could tell would narrow the ensemble, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import abm
from abm import careers
from experiments import derive, ensemble, parameter_sets
from experiments.validation_runs import ASKED, YEARS, Found

VISIBLE = 0.02  # share of the variance that some facts without any effect seem to explain; less cannot be seen
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
        if max(alone[one].values()) >= VISIBLE:
            asked.append(one)
            together = share(ASKED, asked)
        rows.append({**row, "together": together, "left": np.sqrt(np.maximum(0.0, 1 - together))})
    return pd.DataFrame(rows)
