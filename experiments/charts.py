"""Figures of stored results, each with a caption and a text that says what it shows.

A figure is 16 cm wide, looks as the maps do, and is written by `regions.maps.save`. Scenarios, regions and years that
the results do not hold raise `InputError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from abm.indicators import is_share
from experiments import drivers, lookup, paired, plots, spread
from experiments.arrays import FloatArray
from experiments.chart_texts import say, within
from experiments.document import Picture
from experiments.errors import InputError
from experiments.lookup import MOST_SCENARIOS, Subject, printed
from experiments.plots import GREEN, LIGHT, ORANGE, PURPLE, TICK
from experiments.store import Results
from regions import paper
from regions.maps import Language, number, per_cent
from regions.palettes import CREAM, GREY, INK
from regions.paper import HEAD, INNER, LABEL, MARGIN, SMALL, WIDTH, Sheet

Line = dict[str, Any]

LABELS = 3.5
"""Room for words beside the ends of lines, in cm."""
YEAR_WORDS = 0.9
"""Room for the years below axes, in cm."""
LINES: tuple[Line, ...] = (
    {"color": INK, "linestyle": "-", "marker": "o"},
    {"color": ORANGE, "linestyle": "--", "marker": "s"},
    {"color": PURPLE, "linestyle": "-.", "marker": "^"},
    {"color": GREEN, "linestyle": ":", "marker": "D"},
    {"color": GREY, "linestyle": (0, (6, 1, 1, 1, 1, 1)), "marker": "v"},
)
"""Lines of scenarios, which differ in dashes and marks besides colour."""
DEMAND: Line = {"color": ORANGE, "linestyle": (0, (6, 1.5))}
NATION: Line = {"color": GREY, "linewidth": 1.0}
PLAN: Line = {
    "color": GREY,
    "linestyle": "",
    "marker": "o",
    "markersize": 4,
    "markerfacecolor": "white",
    "markevery": 3,
}
RECENT = 5
"""Years of graduates that show how popular a region is."""

# In time ------------------------------------------------------------------------------------------------------------


def supply_and_demand(
    results: Results,
    scenarios: Sequence[str] | str | None = None,
    region: str | None = None,
    lang: Language = "nl",
) -> Picture:
    """Return supply and demand in time, and the shortage below them, with intervals.

    Of the nation the national model's figures are beside them. `scenarios` may be None where there are at most five.
    """
    asked = lookup.subject(results, scenarios, region, lang, most=MOST_SCENARIOS)
    words = {"place": asked.place, "first": asked.years[0], "last": asked.years[-1]}
    supply, demand, shortage = (asked.values(f"{name}_fte") for name in ("supply", "demand", "shortage"))
    with plots.settings():
        of_first = {"title": asked.title(asked.scenarios[0])}
        notes = [say("plan of", lang, **of_first)] if len(asked.scenarios) > 1 else []
        notes += [say("plan drawn", lang)] if asked.ensemble else []
        note = ". ".join(notes) if region is None else ""
        page = timed(asked, say("supply and demand", lang, **words), 13.0 + _key_room(asked), note)
        top = _scenario_key(page, asked)
        low = page.bottom + YEAR_WORDS + 4.2
        above = panel(page, asked, top - 0.5, low + YEAR_WORDS + 0.5, say("in fte", lang))
        below = panel(page, asked, low, page.bottom + YEAR_WORDS, say("gap", lang))
        ends: list[tuple[Axes, float, str, str]] = []
        single = len(asked.scenarios) == 1
        shown: list[FloatArray] = []
        for place, (look, of_supply, of_demand, of_shortage) in enumerate(
            zip(LINES, supply, demand, shortage, strict=False)
        ):
            _line(above, asked, of_supply, place)
            _line(below, asked, of_shortage, place)
            mean = lookup.mean(of_demand)
            if any(np.allclose(mean, other) for other in shown):
                continue  # levers seldom change demand
            look = (DEMAND if single else look) | {"marker": ""}
            if single:
                _band(above, asked, of_demand, look)
            above.plot(asked.years, mean, **(look | {"linewidth": 1.6 if single else 1.0}))
            shown.append(mean)
            ends.append((above, float(mean[-1]), say("demand", lang), look["color"]))
        ends += [(above, _mean_end(supply), say("supply", lang), INK)]
        ends += [(below, _mean_end(shortage), say("shortage", lang), INK)]
        if region is None:
            for drawn, name, phrase in ((above, "supply", "supply plan"), (below, "shortage", "shortage plan")):
                plan = lookup.mean(asked.values(f"{name}_fte_plan")[0])
                drawn.plot(asked.years, plan, **PLAN)
                ends.append((drawn, plan[-1], say(phrase, lang), GREY))
        below.axhline(0, color=GREY, linewidth=0.7)
        for drawn in (above, below):
            plots.numbered(drawn.yaxis, lang)
            labels = [(value, text, colour) for of, value, text, colour in ends if of is drawn]
            values, texts, colours = zip(*labels, strict=True)
            plots.end_labels(page, drawn, values, texts, colours, WIDTH - MARGIN - LABELS + 0.3, LABELS - 0.3)
    told = [say("lines", lang, title=say("supply and demand", lang, **words), **words)]
    told += [
        say(
            "supply alt", lang, title=asked.title(name), interval=_interval(asked, shortage[k][:, -1], "fte"), **words,
            **{of: _from_to(asked, values[k], "fte") for of, values in
               (("supply", supply), ("demand", demand), ("shortage", shortage))},
        )
        for k, name in enumerate(asked.scenarios)
    ]  # fmt: skip
    if region is None:
        plan = lookup.mean(asked.values("shortage_fte_plan")[0])[-1]
        told.append(say("plan alt", lang, value=printed(plan, "fte", lang)))
    return Picture(page.figure, caption(asked, say("supply and demand", lang, **words)), " ".join(told))


def trend(
    results: Results,
    indicator: str,
    scenarios: Sequence[str] | str | None = None,
    region: str | None = None,
    lang: Language = "nl",
) -> Picture:
    """Return an indicator in time with its interval; of a region the nation's is beside it.

    `scenarios` may be None where there are at most five. Raises `InputError` for an unknown indicator.
    """
    about = lookup.indicator(results, indicator, by_region=region is not None)
    asked = lookup.subject(results, scenarios, region, lang, most=MOST_SCENARIOS)
    label, share = about.label(lang), is_share(about.unit)
    values = asked.values(indicator)
    start = int(np.isnan(lookup.mean(values[0])).argmin())  # flows have no value in the base year
    words = {"label": label, "place": asked.place, "first": asked.years[start], "last": asked.years[-1]}
    beside = lookup.mean(asked.cube.of_nation(indicator)[0]) if region and about.kind == "rate" else None
    with plots.settings():
        page = timed(asked, say("trend", lang, **words), 7.0 + _key_room(asked))
        top = _scenario_key(page, asked)
        drawn = panel(page, asked, top, page.bottom + YEAR_WORDS, "")
        for k, _ in enumerate(asked.scenarios):
            _line(drawn, asked, values[k], k)
        ends = [(_mean_end(values), asked.place, INK)]
        if beside is not None:
            drawn.plot(asked.years, beside, **NATION)
            ends.append((float(beside[-1]), lookup.NATION_NAME[lang], GREY))
        plots.numbered(drawn.yaxis, lang, percent=share)
        at, texts, colours = zip(*ends, strict=True)
        plots.end_labels(page, drawn, at, texts, colours, WIDTH - MARGIN - LABELS + 0.3, LABELS - 0.3)
    told = [say("lines", lang, title=say("trend", lang, **words), **words)]
    told += [
        say(
            "trend alt", lang, title=asked.title(name), told=_from_to(asked, values[k], about.unit),
            interval=_interval(asked, values[k][:, -1], about.unit), **words,
        )
        for k, name in enumerate(asked.scenarios)
    ]  # fmt: skip
    if beside is not None:
        told.append(say("nation alt", lang, told=_from_to(asked, beside[None], about.unit)))
    return Picture(page.figure, caption(asked, say("trend", lang, **words)), " ".join(told))


def panels(
    results: Results, indicator: str, scenarios: Sequence[str] | str | None = None, lang: Language = "nl"
) -> Picture:
    """Return an indicator in time for every region, in small figures with the same axes and the nation in each."""
    about = lookup.indicator(results, indicator, by_region=True)
    asked = lookup.subject(results, scenarios, None, lang, most=MOST_SCENARIOS)
    label, share = about.label(lang), is_share(about.unit)
    names, values = asked.cube.axes.names, asked.by_region(indicator)
    nation = lookup.mean(asked.cube.of_nation(indicator)[0]) if about.kind == "rate" else None
    columns, gap = 4, 0.35
    rows = -(-len(names) // columns)
    wide = (INNER - 1.0 + gap) / columns
    with plots.settings():
        title = say("panels", lang, label=label)
        note = say("panels note", lang) if nation is not None else ""
        page = timed(asked, title, 2.45 * rows + 0.8 + _key_room(asked), note)
        top = _scenario_key(page, asked)
        high = (top - page.bottom - 0.6) / rows
        bounds = [asked.estimate(values[k]) for k in range(len(asked.scenarios))]
        every = np.array([[one.mean, one.low, one.high] for one in bounds])
        low, most = float(np.nanmin(every)), float(np.nanmax(every))
        for r, name in enumerate(names):
            left, up = MARGIN + 1.0 + wide * (r % columns), top - high * (r // columns)
            drawn = plots.axes(page, (left, up - high + 0.2, left + wide - gap, up - 0.65))
            lines = paper.wrapped(plots.short(name), SMALL, wide - gap)
            page.put(lines, up - 0.6 + paper.height(lines, SMALL), SMALL, INK, left)
            for k, _ in enumerate(asked.scenarios):
                _line(drawn, asked, values[k][..., r], k, slight=True)
            if nation is not None:
                drawn.plot(asked.years, nation, **(NATION | {"linewidth": 0.6}))
            drawn.set_ylim(low - 0.05 * (most - low), most + 0.05 * (most - low))
            plots.ends(drawn, int(asked.years[0]), int(asked.years[-1]))
            plots.numbered(drawn.yaxis, lang, percent=share, most=4)
            drawn.grid(axis="y", color=LIGHT, linewidth=0.5)
            drawn.tick_params(labelleft=r % columns == 0, labelbottom=r >= len(names) - columns, labelsize=7)
    last = [lookup.mean(values[k])[-1] for k in range(len(asked.scenarios))]
    told = [say("small lines", lang, label=within(label), count=len(names), first=asked.years[0], last=asked.years[-1])]
    told += [
        say(
            "panels alt", lang, last=asked.years[-1],
            title=asked.title(name), high=_named(names, last[k], int(np.nanargmax(last[k])), about.unit, lang),
            low=_named(names, last[k], int(np.nanargmin(last[k])), about.unit, lang),
        )
        for k, name in enumerate(asked.scenarios)
    ]  # fmt: skip
    return Picture(page.figure, caption(asked, title), " ".join(told))


# In a year ----------------------------------------------------------------------------------------------------------


def ranking(
    results: Results,
    indicator: str,
    year: int | None = None,
    scenario: str | None = None,
    lang: Language = "nl",
    region: str | None = None,
) -> Picture:
    """Return the regions by an indicator, highest on top, with intervals; one region may stand out.

    Of an ensemble the marks tell which are robustly on one side of the nation, and ranks and = how robust the order is.
    """
    about = lookup.indicator(results, indicator, by_region=True)
    asked = lookup.subject(results, scenario, region, lang)
    step, label, share = asked.step(year), about.label(lang), is_share(about.unit)
    values = asked.by_region(indicator)[0][:, step]
    there = np.isfinite(values).any(axis=0)
    if not there.any():
        raise InputError(f"year {asked.years[step]}: {indicator} has no value by region then")
    runs = np.isfinite(values).any(axis=1)
    codes = np.array(asked.cube.axes.codes)
    frame = spread_frame(values[runs][:, there], codes[there])
    ordered = spread.ranking(frame)
    place = [int(np.flatnonzero(codes == code)[0]) for code in ordered.index]
    found = asked.estimate(values)
    nation = asked.cube.of_nation(indicator)[0][runs, step]
    told_nation = say("the nation", lang, value=printed(float(np.nanmean(nation)), about.unit, lang))
    robust = asked.ensemble and len(frame) >= spread.FEWEST_RUNS
    rate = about.kind == "rate"
    if robust and rate:
        sides = spread.order(frame, pd.Series(nation, index=frame.index)).reindex(ordered.index).fillna(0)
    names = [asked.cube.axes.names[k] for k in place]
    with plots.settings():
        notes = [
            say("date", lang, year=asked.years[step]),
            asked.title(asked.scenarios[0]),
            _interval_words(asked, "bar "),
        ]
        notes.append(say("ranks note", lang, robust=per_cent(spread.ROBUST, 0, lang)) if robust else "")
        if len(frame) < spread.FEWEST_RUNS:
            notes.append(say("order note", lang, fewest=spread.FEWEST_RUNS))
        elif not asked.ensemble:
            notes.append(say("chance note", lang))
        title = say("ranking", lang, label=label)
        key = _sides_key(lang) if robust and rate else []
        page = sheet(asked, title, ". ".join(filter(None, notes)), 0.42 * len(place) + 1.9 + 0.45 * len(key))
        top = page.top
        for text, marker, face, colour in key:
            _mark(page, MARGIN + 0.2, top - 0.2, marker, face, colour)
            top = page.put([text], top, SMALL, INK, MARGIN + 0.6) - 0.05
        left, right = 7.2, WIDTH - MARGIN - (2.1 if robust else 0.2)
        drawn = plots.axes(page, (left, page.bottom + 1.0, right, top - 0.5))
        drawn.set(ylim=(len(place) - 0.4, -0.6), yticks=[])
        drawn.spines["left"].set_visible(False)
        for y, k in enumerate(place):
            marker, face, colour = _side_mark(float(sides.iloc[y])) if robust and rate else ("o", INK, INK)
            chosen = asked.region == k
            if chosen:
                drawn.axhspan(y - 0.5, y + 0.5, color=CREAM, linewidth=0, zorder=-1)
            drawn.plot([found.low[k], found.high[k]], [y, y], color=colour, linewidth=1.2)
            drawn.plot(found.mean[k], y, marker, color=colour, markerfacecolor=face, markersize=4.5)
        if rate:
            drawn.axvline(float(np.nanmean(nation)), color=GREY, linewidth=0.7, zorder=0)
        plots.numbered(drawn.xaxis, lang, percent=share)
        drawn.grid(axis="x", color=LIGHT, linewidth=0.5)
        drawn.set_xlabel(label, color=GREY, font=LABEL)
        row = (top - 0.5 - page.bottom - 1.0) / (len(place) + 0.2)
        for y, (k, name) in enumerate(zip(place, names, strict=True)):
            height = top - 0.5 - row * (y + 0.6) - 0.1
            page.write(
                name if paper.width(name, TICK) < left - MARGIN - 2 else plots.short(name), MARGIN + 0.7, height, TICK
            )
            page.write(f"{y + 1}", MARGIN + 0.45, height, TICK, GREY, "right")
            page.write(printed(float(found.mean[k]), about.unit, lang), left - 0.2, height, TICK, INK, "right")
            if robust:
                of = ordered.iloc[y]
                page.write(f"{of.rank_low:.0f}–{of.rank_high:.0f}", WIDTH - MARGIN - 0.6, height, TICK, GREY, "right")
                if of.before_next < spread.ROBUST:
                    page.write("=", WIDTH - MARGIN - 0.1, height - row / 2, TICK, GREY, "center")
        if robust:
            page.write(say("ranks", lang), WIDTH - MARGIN - 0.6, top - 0.35, SMALL, GREY, "right")
        if rate:
            x = drawn.transData.transform((float(np.nanmean(nation)), 0))[0] / page.figure.dpi / paper.CM
            page.write(told_nation, x, top - 0.35, SMALL, GREY, "center")
    told = [f"{name} {printed(float(found.mean[k]), about.unit, lang)}" for name, k in zip(names, place, strict=True)]
    alt = say(
        "ranking alt", lang, label=within(label), count=len(place), year=asked.years[step], high=", ".join(told[:3]),
        low=", ".join(told[-3:]), nation=told_nation if rate else "",
    )  # fmt: skip
    if robust and rate:
        counts = {side: int((sides == side).sum()) for side in (1, -1)}
        alt += " " + say("robust alt", lang, above=counts[1], below=counts[-1])
    return Picture(page.figure, caption(asked, title), alt)


def popularity(
    results: Results, scenario: str | None = None, lang: Language = "nl", region: str | None = None
) -> Picture:
    """Return where the graduates of the first five years start, against expected outflow in the base year."""
    asked = lookup.subject(results, scenario, region, lang)
    steps = min(RECENT, len(asked.years) - 1)
    started = asked.cube.flows(["graduation"], "persons")["graduation"][0][:, 1 : steps + 1].sum(axis=1)
    popular = lookup.mean(started / started.sum(axis=1, keepdims=True))
    outflow = lookup.mean(asked.by_region("outflow_5y")[0][:, 0])
    names = asked.cube.axes.names
    first, last = int(asked.years[0]), int(asked.years[0]) + steps - 1
    title = say("popularity", lang)
    note = say(
        "popularity note", lang, first=first, last=last, title=asked.title(asked.scenarios[0]), mean=mean_of(asked)
    )
    corners = ("favourable", "popular, many", "not popular, few", "unfavourable")
    with plots.settings():
        page = sheet(asked, title, note, 13.5)
        drawn = plots.axes(page, (2.2, page.bottom + 1.2, WIDTH - MARGIN, page.top))
        told = tuple(say(corner, lang) for corner in corners)
        plots.quadrants(drawn, outflow, popular, [plots.short(name) for name in names], told, lang, asked.region)
        drawn.set_xlabel(say("popular x", lang), color=GREY, font=LABEL)
        drawn.set_ylabel(say("popular y", lang), color=GREY, font=LABEL)
    good, bad = plots.sides(outflow, popular)
    listed = {
        key: ", ".join(name for name, here in zip(names, rows, strict=True) if here) or say("none", lang)
        for key, rows in (("good", good), ("bad", bad))
    }
    return Picture(page.figure, caption(asked, title), say("popularity alt", lang, count=len(names), **listed))


def waterfall(
    results: Results,
    region: str | None = None,
    first: int | None = None,
    last: int | None = None,
    scenario: str | None = None,
    lang: Language = "nl",
) -> Picture:
    """Return what drives the shortage of a region, or of the nation, between two years; see `drivers.account`."""
    asked = lookup.subject(results, scenario, region, lang)
    found = drivers.account(asked, first, last)
    begin, end = (float(lookup.mean(value)) for value in found.shortage)
    parts = {name: float(lookup.mean(value)) for name, value in found.parts.items()}
    if region is None:  # what cancels out in the nation
        parts = {name: value for name, value in parts.items() if name not in (drivers.USE, "moves", drivers.LOCUMS)}
    before, after = (say("shortage in", lang, year=year) for year in found.years)
    words = {"place": asked.place, "first": found.years[0], "last": found.years[1]}
    title = say("waterfall", lang, **words)
    steps = np.cumsum([begin, *parts.values()])
    rows = [(before, 0.0, begin), *zip((say(p, lang) for p in parts), steps[:-1], steps[1:], strict=True)]
    rows.append((after, 0.0, end))
    with plots.settings():
        note = say("waterfall note", lang, title=asked.title(asked.scenarios[0]), mean=mean_of(asked))
        left = 6.4
        lines = [paper.wrapped(text, LABEL, left - MARGIN - 0.3) for text, _, _ in rows]
        row = 0.95
        page = sheet(asked, title, note, row * len(rows) + 1.2)
        drawn = plots.axes(page, (left, page.bottom + 0.8, WIDTH - MARGIN, page.top - 0.1))
        ends = np.array([[a, b] for _, a, b in rows])
        room = 0.16 * (ends.max() - ends.min())
        drawn.set(
            ylim=(len(rows) - 0.5, -0.5), yticks=[], xlim=(min(ends.min() - room, -0.2 * room), ends.max() + room)
        )
        drawn.spines["left"].set_visible(False)
        drawn.axvline(0, color=GREY, linewidth=0.7, zorder=0)
        for y, (line, (a, b)) in enumerate(zip(lines, ends, strict=True)):
            total = y in (0, len(rows) - 1)
            colour, hatch = ("#6e6e6e", "") if total else ("#e8963e", "////") if b > a else ("#b2abd2", "")
            drawn.barh(y, b - a, left=a, height=0.62, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)
            if y < len(rows) - 1:
                drawn.plot([b, b], [y - 0.31, y + 1.31], color=GREY, linewidth=0.6)
            right = b >= a
            text = number(b - a if not total else b, 0, lang, signed=not total)
            drawn.annotate(text, (b, y), (4 if right else -4, 0), textcoords="offset points", font=TICK, color=INK,
                           va="center", ha="left" if right else "right", parse_math=False)  # fmt: skip
            centre = page.top - 0.1 - (page.top - page.bottom - 0.9) * (y + 0.5) / len(rows)
            page.put(line, centre + paper.height(line, LABEL) / 2, HEAD if total else LABEL)
        plots.numbered(drawn.xaxis, lang)
        drawn.grid(axis="x", color=LIGHT, linewidth=0.5)
    told = "; ".join(f"{say(part, lang)} {number(value, 0, lang, signed=True)}" for part, value in parts.items())
    alt = say("waterfall alt", lang, before=number(begin, 0, lang), after=number(end, 0, lang), told=told, **words)
    return Picture(page.figure, f"{title}, {found.years[0]}–{found.years[1]}", alt)


# Pieces -------------------------------------------------------------------------------------------------------------


def spread_frame(values: FloatArray, codes: npt.NDArray[np.str_]) -> pd.DataFrame:
    """Return values by run and region as `experiments.spread` takes them."""
    return pd.DataFrame(values, columns=codes)


def sheet(asked: Subject, title: str, subtitle: str, room: float) -> Sheet:
    """Return a page with a title, and room for a figure of this height in cm."""
    return paper.sheet(title, subtitle, asked.source, room)


def timed(asked: Subject, title: str, room: float, note: str = "", *, band: bool = True) -> Sheet:
    """Return a page for a figure over all years, with what its bands are."""
    notes = [say("dates", asked.lang, first=asked.years[0], last=asked.years[-1])]
    if len(asked.scenarios) == 1:
        notes.append(asked.title(asked.scenarios[0]))
    notes += [_interval_words(asked) if band else mean_of(asked), note]
    if len(asked.scenarios) > 1 and band and asked.how != "few":
        notes.append(say("band of", asked.lang, title=asked.title(asked.scenarios[0])))
    return sheet(asked, title, ". ".join(filter(None, notes)), room)


def _interval_words(asked: Subject, kind: str = "") -> str:
    if asked.how == "few":
        return say("few", asked.lang, count=asked.runs, fewest=paired.FEWEST)
    return say(kind + asked.how, asked.lang, count=asked.runs)


def mean_of(asked: Subject) -> str:
    """Return that figures are means, and of how many runs."""
    return say("mean", asked.lang, count=asked.runs)


def panel(page: Sheet, asked: Subject, top: float, bottom: float, title: str) -> Axes:
    """Return axes over the years between two heights, with a heading above and room for words at the right."""
    if title:
        page.put([title], top + 0.45, HEAD)
    drawn = plots.axes(page, (MARGIN + 1.3, bottom, WIDTH - MARGIN - LABELS, top - 0.1))
    plots.years(drawn, int(asked.years[0]), int(asked.years[-1]))
    drawn.grid(axis="y", color=LIGHT, linewidth=0.5)
    return drawn


def _line(drawn: Axes, asked: Subject, values: FloatArray, scenario: int, *, slight: bool = False) -> None:
    """Draw the mean over runs (N, Y) of a scenario and its band."""
    look = LINES[scenario]
    if scenario == 0:  # several would hide each other
        _band(drawn, asked, values, look)
    marks = {"marker": ""} if slight or len(asked.scenarios) == 1 else {"markevery": (2 * scenario, 6)}
    look = look | {"linewidth": 1.1 if slight else 1.6, "markersize": 4} | marks
    drawn.plot(asked.years, lookup.mean(values), **look)


def _band(drawn: Axes, asked: Subject, values: FloatArray, look: Line) -> None:
    """Draw the interval in which a run (N, Y) falls."""
    found = asked.estimate(values)
    drawn.fill_between(asked.years, found.low, found.high, color=look["color"], alpha=0.18, linewidth=0)


def _scenario_key(page: Sheet, asked: Subject) -> float:
    """Draw which line is of which scenario, if there are several; return the height under it."""
    top = page.top
    if len(asked.scenarios) < 2:
        return top
    for name, look in zip(asked.scenarios, LINES, strict=False):
        lines = paper.wrapped(asked.title(name), LABEL, INNER - 1.6)
        line = Line2D(
            np.array([MARGIN, MARGIN + 0.6, MARGIN + 1.2]) / WIDTH, np.full(3, (top - 0.24) / page.height),
            transform=page.figure.transFigure, linewidth=1.6, markersize=4, markevery=[1], **look,
        )  # fmt: skip
        page.figure.add_artist(line)
        top = page.put(lines, top, LABEL, INK, MARGIN + 1.5) - 0.05
    return top - 0.15


def _key_room(asked: Subject) -> float:
    """Return how high the key of scenarios is, in cm."""
    if len(asked.scenarios) < 2:
        return 0.0
    lines = [paper.wrapped(asked.title(name), LABEL, INNER - 1.6) for name in asked.scenarios]
    return sum(paper.height(line, LABEL) + 0.05 for line in lines) + 0.15


def _sides_key(lang: Language) -> list[tuple[str, str, str, str]]:
    robust = per_cent(spread.ROBUST, 0, lang)
    return [
        (say(name, lang, robust=robust), *_side_mark(side))
        for name, side in (("above", 1), ("neither", 0), ("below", -1))
    ]


def _side_mark(side: float) -> tuple[str, str, str]:
    """Return marker, face and colour of a region that is robustly above (1), below (-1) or neither (0)."""
    return {1: ("^", ORANGE, ORANGE), -1: ("v", PURPLE, PURPLE)}.get(int(side), ("o", "white", GREY))


def _mark(page: Sheet, x: float, y: float, marker: str, face: str, colour: str) -> None:
    look: Line = {"marker": marker, "markerfacecolor": face, "color": colour, "markersize": 4.5}
    page.figure.add_artist(Line2D([x / WIDTH], [y / page.height], transform=page.figure.transFigure, **look))


def _mean_end(values: FloatArray) -> float:
    """Return the last mean of values by scenario, run and year, in the middle of the scenarios."""
    ends = [float(lookup.mean(of_scenario)[-1]) for of_scenario in values]
    return (min(ends) + max(ends)) / 2


def _from_to(asked: Subject, values: FloatArray, unit: str) -> str:
    """Return the first and last mean of values by run and year that there are, in words."""
    mean = asked.estimate(values).mean
    ends = mean[np.isfinite(mean)][[0, -1]]
    return say(
        "from to", asked.lang, before=printed(ends[0], unit, asked.lang), after=printed(ends[1], unit, asked.lang)
    )


def _interval(asked: Subject, values: FloatArray, unit: str) -> str:
    """Return the interval of values by run in words, empty if there is none."""
    found = asked.estimate(values)
    if not np.isfinite(found.low):
        return ""
    low, high = (printed(float(end), unit, asked.lang) for end in (found.low, found.high))
    return say("interval", asked.lang, low=low, high=high)


def _named(names: Sequence[str], values: FloatArray, place: int, unit: str, lang: Language) -> str:
    return f"{names[place]} ({printed(float(values[place]), unit, lang)})"


def caption(asked: Subject, title: str) -> str:
    """Return the caption of a figure; of several scenarios with their titles."""
    if len(asked.scenarios) > 1:
        return f"{title}, {asked.years[0]}–{asked.years[-1]}. " + say(
            "scenarios", asked.lang, titles="; ".join(asked.title(name) for name in asked.scenarios)
        )
    return title
