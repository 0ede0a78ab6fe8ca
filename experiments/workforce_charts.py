"""Figures of who the GPs of a region, or of the nation, are: where they come from, their roles and ages.

See `experiments.charts` for how figures look and what they raise.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from abm.indicators import AGES
from abm.national import BLOCKS
from experiments import charts, disclosure, lookup, plots
from experiments.arrays import BoolArray, FloatArray
from experiments.chart_texts import say
from experiments.document import Picture
from experiments.lookup import Locums, Subject, printed
from experiments.plots import LIGHT, TICK
from experiments.store import Results
from regions.maps import Language, number
from regions.palettes import GREY, INK, words_on
from regions.paper import HEAD, MARGIN, SMALL, WIDTH, Sheet
from regions.people import ROLES, SEXES

Line = dict[str, Any]

ROLE_LOOKS: tuple[Line, ...] = (
    {"facecolor": "#4b2a82"},
    {"facecolor": "#b2abd2", "hatch": "....", "edgecolor": "#4b2a82"},
    {"facecolor": "#fdd49a", "hatch": "////", "edgecolor": "#8c5a1e"},
    {"facecolor": "#e8963e"},
)
BLOCK_LOOKS: tuple[Line, ...] = (*ROLE_LOOKS, {"facecolor": "#6e6e6e"})
EDGE: Line = {"edgecolor": "white", "linewidth": 0.8}
SEX_LOOKS: tuple[Line, ...] = ({"facecolor": "#b2abd2"}, {"facecolor": "#fdd49a"})
AGE_WORDS = 2.3
"""Room for the names of age groups, in cm."""
YOUNG, OLD = 40, 55
"""GPs under the one and from the other age on are told of in words."""


def blocks(results: Results, region: str | None = None, scenario: str | None = None, lang: Language = "nl") -> Picture:
    """Return supply in fte by block of the national model in time, stacked; of the nation with that model's beside it.

    Of a region a block of few GPs is drawn as part of the first.
    """
    asked = lookup.subject(results, scenario, region, lang)
    fte = np.array([lookup.mean(asked.values(f"fte_block_{block}")[0]) for block in BLOCKS])
    persons = np.array([lookup.mean(asked.values(f"persons_block_{block}")[0]) for block in BLOCKS])
    few = disclosure.few(persons) & (region is not None)
    shown = np.where(few, 0.0, fte)
    shown[0] += (fte - shown).sum(axis=0)
    words = {"place": asked.place, "first": asked.years[0], "last": asked.years[-1]}
    names = [say(f"block {block}", lang, **words) for block in BLOCKS]
    last = [f"<{disclosure.FEWEST}" if hidden else number(value, 0, lang)
            for hidden, value in zip(few[:, -1], shown[:, -1], strict=True)]  # fmt: skip
    title = say("blocks", lang, **words)
    notes = [say("blocks count", lang), say("blocks note", lang)]
    notes += [say("blocks plan note", lang)] if region is None else []
    notes += [say("plan drawn", lang)] if region is None and asked.ensemble else []
    notes += [say("blocks few", lang, count=disclosure.FEWEST)] if few.any() else []
    told = ", ".join(f"{name} {value}" for name, value in zip(names, last, strict=True))
    alt = [say("blocks alt", lang, told=told, **words)]
    with plots.settings():
        page = charts.timed(asked, title, 8.5, ". ".join(notes), band=False)
        drawn = charts.panel(page, asked, page.top - 0.5, page.bottom + charts.YEAR_WORDS, say("supply fte", lang))
        _stacked(page, drawn, asked, shown, BLOCK_LOOKS, [f"{a}: {b}" for a, b in zip(names, last, strict=True)])
        drawn.set_ylim(0, 1.04 * shown.sum(axis=0).max())
        plots.numbered(drawn.yaxis, lang)
        if region is None:
            plan = np.array([lookup.mean(asked.values(f"fte_block_{block}_plan")[0]) for block in BLOCKS])
            for top in np.cumsum(plan, axis=0):
                drawn.plot(asked.years, top, **charts.PLAN)
            of_plan = zip(names, plan[:, -1], strict=True)
            alt.append(say("blocks plan", lang, told=", ".join(f"{name} {number(v, 0, lang)}" for name, v in of_plan)))
    return Picture(page.figure, charts.caption(asked, title), " ".join(alt))


def roles(results: Results, region: str | None = None, scenario: str | None = None, lang: Language = "nl") -> Picture:
    """Return the shares of practice holders, salaried GPs and locums in time, stacked."""
    asked = lookup.subject(results, scenario, region, lang)
    shares = np.array([lookup.mean(asked.values(f"share_{role}")[0]) for role in ROLES])
    words = {"place": asked.place, "first": asked.years[0], "last": asked.years[-1]}
    tops = np.cumsum(shares, axis=0)
    with plots.settings():
        page = charts.timed(asked, say("roles", lang, **words), 8.0, band=False)
        drawn = charts.panel(page, asked, page.top - 0.5, page.bottom + charts.YEAR_WORDS, say("of persons", lang))
        texts = [
            f"{say(role, lang)}: {printed(value, 'share', lang)}"
            for role, value in zip(ROLES, shares[:, -1], strict=True)
        ]
        _stacked(page, drawn, asked, shares, ROLE_LOOKS, texts)
        drawn.set_ylim(0, 1)
        plots.numbered(drawn.yaxis, lang, percent=True)
        for k, (middle, value) in enumerate(zip((tops - shares / 2)[:, 0], shares[:, 0], strict=True)):
            look = ROLE_LOOKS[k]
            drawn.text(
                asked.years[0] + 0.2, middle, printed(value, "share", lang), font=TICK, va="center", ha="left",
                color=words_on(look["facecolor"]), parse_math=False,
                bbox={"facecolor": look["facecolor"], "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
    told = ", ".join(
        f"{say(role, lang)} {printed(row[0], 'share', lang)} → {printed(row[-1], 'share', lang)}"
        for role, row in zip(ROLES, shares, strict=True)
    )
    title = say("roles", lang, **words)
    return Picture(page.figure, charts.caption(asked, title), say("roles alt", lang, told=told, **words))


def pyramid(
    results: Results,
    region: str | None = None,
    year: int | None = None,
    scenario: str | None = None,
    lang: Language = "nl",
    locums: Locums = "divided",
) -> Picture:
    """Return how many women and men there are of what age, in the base year and a later one, by default the last.

    Ages are stored of some years: the later one is the last of these that is not after `year`. Of a region the nation's
    ages are drawn around its own, and groups of few GPs are left out.
    """
    asked = lookup.subject(results, scenario, region, lang)
    stored = results.read("ages", ["year"], scenario=asked.scenarios[0])["year"].unique()
    years = sorted({int(stored.min()), int(stored[stored <= asked.years[asked.step(year)]].max())})
    counts = [_ages(asked, one, locums) for one in years]
    masks = [disclosure.hidden_cells(here) & (region is not None) for here, _ in counts]
    note = say(
        "pyramid note" if region else "pyramid note nation", lang, mean=charts.mean_of(asked),
        locums=say(f"locums {locums}", lang),
    )  # fmt: skip
    if any(mask.any() for mask in masks):
        note += f". {say('few note', lang, count=disclosure.FEWEST)}"
    title = say("pyramid", lang, place=asked.place)
    with plots.settings():
        page = charts.sheet(asked, title, f"{asked.title(asked.scenarios[0])}. {note}", 8.6)
        wide = (WIDTH - 2 * MARGIN - AGE_WORDS) / len(years)
        most = 1.08 * max(float(values.max()) for here in counts for values in here)
        for k, (one, (here, expected), mask) in enumerate(zip(years, counts, masks, strict=True)):
            left = MARGIN + AGE_WORDS + k * wide
            drawn = plots.axes(page, (left + 0.15, page.bottom + 0.7, left + wide - 0.15, page.top - 1.0))
            _halves(drawn, np.where(mask, 0.0, here), mask, most, lang)
            if region is not None:
                for sign, values in zip((-1, 1), expected, strict=True):
                    edges = np.arange(len(AGES) + 1) - 0.5
                    drawn.stairs(sign * values, edges, orientation="horizontal", color=INK, linewidth=1.2)
            middle = left + wide / 2
            page.write(say("date", lang, year=one), middle, page.top - 0.4, HEAD, INK, "center")
            for sign, sex in zip((-1, 1), SEXES, strict=True):
                page.write(say(sex, lang), middle + sign * wide / 4, page.top - 0.85, SMALL, GREY, "center")
        high = (page.top - page.bottom - 1.7) / len(AGES)
        for k, name in enumerate(age_names(lang)):
            page.write(name, MARGIN + AGE_WORDS - 0.1, page.bottom + 0.7 + high * (k + 0.5) - 0.1, SMALL, INK, "right")
    told = [_in_words(asked, one, *pair) for one, pair in zip(years, counts, strict=True)]
    return Picture(page.figure, title, say("pyramid alt", lang, place=asked.place, told="; ".join(told)))


def _ages(asked: Subject, year: int, locums: Locums) -> tuple[FloatArray, FloatArray]:
    """Return how many GPs there are by sex and age, (2, ages), and would be with the nation's; means over the runs."""
    keys = ["region_code", "sex", "age"]
    unit = lookup.counted("persons", locums if asked.region is not None else "divided")
    columns = dict.fromkeys(("persons", unit))
    frame = asked.results.read("ages", [*keys, *columns], scenario=asked.scenarios[0], year=year)
    table = frame.groupby(keys)[list(columns)].mean()
    index = pd.MultiIndex.from_product([asked.cube.axes.codes, SEXES, AGES], names=keys)
    shape = (len(asked.cube.axes.codes), len(SEXES), len(AGES))
    persons, counted = (table[name].reindex(index).to_numpy().reshape(shape) for name in ("persons", unit))
    nation = persons.sum(axis=0)
    here = nation if asked.region is None else counted[asked.region]
    return here, nation * (here.sum() / nation.sum())


def _halves(drawn: Axes, persons: FloatArray, hidden: BoolArray, most: float, lang: Language) -> None:
    """Draw women to the left and men to the right, the youngest below."""
    drawn.set(xlim=(-most, most), ylim=(-0.5, len(AGES) - 0.5), yticks=[])
    drawn.spines["left"].set_visible(False)
    for sign, values, mask, look in zip((-1, 1), persons, hidden, SEX_LOOKS, strict=True):
        drawn.barh(range(len(AGES)), sign * values, height=0.8, **look)
        for k in np.flatnonzero(mask).tolist():
            drawn.text(
                sign * 0.03 * most, k, f"<{disclosure.FEWEST}", font=SMALL, color=INK, va="center_baseline",
                ha="right" if sign < 0 else "left", zorder=6,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )  # fmt: skip
    drawn.axvline(0, color=GREY, linewidth=0.7)
    drawn.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    drawn.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(abs(value), 0, lang)))
    drawn.grid(axis="x", color=LIGHT, linewidth=0.5)


def age_names(lang: Language) -> list[str]:
    """Return what the groups of `AGES` are called."""
    between = [f"{start}–{end - 1}" for start, end in pairwise(AGES[1:])]
    return [say("age under", lang, end=AGES[1]), *between, say("age over", lang, start=AGES[-1])]


def _in_words(asked: Subject, year: int, here: FloatArray, nation: FloatArray) -> str:
    """Return what a pyramid shows."""
    lang, ages = asked.lang, np.array(AGES)

    def share(of: FloatArray, some: BoolArray) -> str:
        return printed(float(of[:, some].sum() / of.sum()), "share", lang)

    words = {"young": share(here, ages < YOUNG), "old": share(here, ages >= OLD)}
    beside = {"young": share(nation, ages < YOUNG), "old": share(nation, ages >= OLD)}
    return say(
        "pyramid of", lang, year=year, persons=number(float(here.sum()), 0, lang),
        women=printed(float(here[0].sum() / here.sum()), "share", lang), **words,
        nation=say("pyramid nation", lang, **beside) if asked.region is not None else "",
    )  # fmt: skip


def _stacked(
    page: Sheet, drawn: Axes, asked: Subject, values: FloatArray, looks: tuple[Line, ...], texts: list[str]
) -> None:
    """Draw areas on top of each other, values (areas, Y), with a text beside the end of each."""
    drawn.grid(visible=False)
    tops = np.cumsum(values, axis=0)
    for under, over, look in zip(tops - values, tops, looks, strict=True):
        drawn.fill_between(asked.years, under, over, **(EDGE | look))
    drawn.set_ylim(0, tops[-1].max())
    at = list((tops - values / 2)[:, -1])
    left = WIDTH - MARGIN - charts.LABELS + 0.3
    plots.end_labels(page, drawn, at, texts, [INK] * len(texts), left, charts.LABELS - 0.3)
