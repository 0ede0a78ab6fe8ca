"""The summary of a report: plain sentences made from the numbers, that claim nothing which is not robust."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from experiments import paired, spread, summary
from experiments.comparison_sentences import Teller
from experiments.document import Block, Heading, Paragraph
from experiments.report_told import DETAILED, MAPPED, Told


def chapter(told: Told) -> Iterator[Block]:
    """Yield what the nation and its regions come to, what scenarios change, and how sure that is."""
    yield Heading(1, told.say("summary"))
    for place, name in enumerate([told.baseline] if told.comparison else told.scenarios[:DETAILED]):
        yield Paragraph(" ".join(_nation_in_words(told, name)))
        if place == 0:  # before anything is said of regions
            yield Paragraph(" ".join(_certainty(told, told.baseline)))
        yield Paragraph(" ".join(_regions_in_words(told, name)))
    if told.comparison:
        teller = Teller(told.comparison, told.lang)
        for name in told.comparison.scenarios[:DETAILED]:
            words = " ".join(teller.sentences(name)).replace("`", "").replace("*", "")
            yield Paragraph(f"{told.scenario(name)}. {words}")


def _nation_in_words(told: Told, scenario: str) -> Iterator[str]:
    """Yield what the nation comes to; a direction is told where enough runs have it."""
    first, last = (told.of_nation(scenario, year) for year in (told.first, told.last))
    supply, demand, shortage = (last[name].mean() for name in ("supply_fte", "demand_fte", "shortage_fte"))
    words = {"title": told.scenario(scenario), "first": told.first, "year": told.last}
    figures_ = {"supply": told.number(supply), "demand": told.number(demand)}
    if len(last) < paired.FEWEST:
        yield told.say("few runs short", runs=told.counted([len(last)]), **figures_, **words)
    else:
        low, high = (end["shortage_fte"] for end in told.ends(last[["shortage_fte"]]))
        side = _side(last["shortage_fte"])
        phrase = {1: "short", -1: "surplus"}.get(side, "either")
        sign = -1 if side == -1 else 1
        ends = sorted((sign * low, sign * high))
        between = "between surplus" if ends[0] < 0 else "between"
        told_between = told.say(between, share=told.inside, low=told.number(abs(ends[0])), high=told.number(ends[1]))
        if ends[0] < 0 and sign < 0:  # mostly a surplus, with a shortage at one end
            told_between = told.say("between surplus", share=told.inside, low=told.number(ends[1]),
                                    high=told.number(-ends[0]))  # fmt: skip
        yield told.say(phrase, shortage=told.number(abs(shortage)), between=told_between, **figures_, **words)
        change = last[MAPPED] - first[MAPPED].reindex(last.index)
        phrase = {1: "rate up", -1: "rate down"}.get(_side(change), "rate same")
        low, high = (end[MAPPED] for end in told.ends(last[[MAPPED]]))
        rates = (first[MAPPED].mean(), last[MAPPED].mean(), max(0.0, low), high)
        names = ("before", "after", "low", "high")
        yield told.say(
            phrase, share=told.inside, **{k: told.per_cent(v) for k, v in zip(names, rates, strict=True)}, **words
        )
    phrase = "drawn plans" if told.ensemble else "plan"
    yield told.say(phrase, plan=told.number(last["supply_fte_plan"].mean()))
    published = summary.published(told.manifest["scenarios"][scenario]["parameters"]).get(told.last)
    if published:
        yield told.say(
            "published", supply=told.number(published["supply_fte"]), demand=told.number(published["demand_fte"])
        )


def _side(values: pd.Series[float]) -> int:
    """Return on which side of zero runs are: 1 above, -1 below, 0 if it cannot be told.

    Of few runs the interval for one more must be on that side, which of two or three it seldom is.
    """
    if len(values) < spread.FEWEST_RUNS:
        half = float(summary.half_width(values.to_frame().std(), values.to_frame().count()).iloc[0])
        return int(np.sign(values.mean())) if abs(values.mean()) > half else 0
    side = spread.order(values.to_frame(), pd.Series(0.0, index=values.index)).iloc[0]
    return 0 if pd.isna(side) else int(side)


def _regions_in_words(told: Told, scenario: str) -> Iterator[str]:
    """Yield which regions are robustly above or below the nation, and which are among the worst."""
    if told.runs(scenario) < spread.FEWEST_RUNS:
        yield told.say("too few", fewest=spread.FEWEST_RUNS)
        return
    robust = told.per_cent(spread.ROBUST, 0)
    values = told.of_regions(scenario, MAPPED, told.last)
    order = spread.order(values, told.of_nation(scenario, told.last)[MAPPED])
    for side, phrase in ((1, "above"), (-1, "below")):
        codes = list(order.index[order == side])
        named = {"regions": told.named(codes)} if codes else {}
        found = phrase if told.ensemble else f"{phrase} chance"
        yield told.say(found if codes else f"none {phrase}", robust=robust, **named)
    if undecided := int((order == 0).sum()):
        yield told.say("undecided", count=undecided)
    if not told.ensemble:
        yield told.say("worst fixed", worst=spread.WORST)
        return
    in_worst = spread.ranking(values)["in_worst"]
    sure = list(in_worst.index[in_worst >= spread.ROBUST])
    words = {"worst": spread.WORST, "robust": robust}
    if not sure:
        yield told.say("worst none", **words)
    else:
        phrase = "worst all" if len(sure) >= spread.WORST else "worst one" if len(sure) == 1 else "worst"
        yield told.say(phrase, regions=told.named(sure), **words)
        if len(sure) < spread.WORST:
            yield told.say("worst rest")


def _certainty(told: Told, scenario: str) -> Iterator[str]:
    """Yield what the spread of the runs does and does not tell."""
    if told.runs(scenario) > 1:
        yield told.say("with ensemble" if told.ensemble else "chance alone")
    if told.assumed:
        yield told.say("assumed regions", count=len(told.assumed))
    if failed := len(told.results.failed):
        yield told.say("failed", runs=len(told.manifest["runs"]), failed=failed)
