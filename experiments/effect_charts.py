"""Figures of what scenarios change, from the tables that `gp-settlement compare` leaves in a results folder.

See `experiments.charts` for how figures look and what they raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from abm.indicators import is_share
from experiments import costs, lookup, paired, plots
from experiments.chart_texts import say
from experiments.comparison_facts import Row, records, shown
from experiments.comparison_stored import stored
from experiments.differences import NEIGHBOURS, REST, SHORTAGE, SUPPLY, TARGET, WHOLE
from experiments.document import Picture
from experiments.errors import InputError, nearest
from experiments.plots import GREEN, LIGHT, TICK
from experiments.store import Results
from regions import paper
from regions.maps import Language, number
from regions.palettes import GREY, INK
from regions.paper import HEAD, LABEL, MARGIN, SMALL, WIDTH, Sheet

MILLION = 1e6
MOST_ROWS = 60
"""Rows of a figure that fit on a page."""
ROW, NAMES = 0.5, 6.5
"""Height of a row and room for what it is called, in cm."""
TICK_ROOM = 1.5
"""Room for a number along the axis, in cm."""
PER = (100_000, 250_000, 500_000, 1_000_000, 2_000_000)
"""Euro per fte-year of which a line may be drawn."""


@dataclass(frozen=True)
class Compared:
    """A results folder with a comparison in it, and the scenarios of it that are asked for."""

    results: Results
    baseline: str
    scenarios: tuple[str, ...]
    lang: Language

    def read(self, table: str, **equal: str | int) -> pd.DataFrame:
        """Return a table of the comparison, of the scenarios asked for, where columns equal the values given."""
        frame = self.results.read(table, None, **equal)
        return frame[frame["scenario"].isin(self.scenarios)]

    def title(self, scenario: str) -> str:
        """Return the title of a scenario."""
        return lookup.title(self.results, scenario, self.lang)

    def year(self, year: int | None) -> int:
        """Return a year of the results, the last for None; raises `InputError` for one that is not there."""
        asked = lookup.subject(self.results, self.baseline, None, self.lang)
        return int(asked.years[asked.step(year)])


def compared(results: Results, scenarios: Sequence[str] | None = None, lang: Language = "nl") -> Compared:
    """Return what was compared, all scenarios for None; raises `InputError` for results without comparison."""
    folder = results.folder
    found = stored(results)
    if found is None:
        raise InputError(f"{folder} holds no comparison; `gp-settlement compare` makes one")
    if unknown := [name for name in scenarios or () if name not in found.scenarios]:
        raise InputError(f"scenario {unknown[0]}: not compared in {folder}{nearest(unknown[0], found.scenarios)}")
    return Compared(results, found.baseline, found.scenarios if scenarios is None else tuple(scenarios), lang)


def gains(
    results: Results, year: int | None = None, scenarios: Sequence[str] | None = None, lang: Language = "nl"
) -> Picture:
    """Return what each scenario changes in the supply of its targets, their neighbours, the rest and the nation."""
    found = compared(results, scenarios, lang)
    year = found.year(year)
    frame = found.read("displacement", year=year, quantity=SUPPLY)
    frame = frame[frame["region_code"].isna()]
    rows: list[tuple[str, Row | None]] = []
    for name in found.scenarios:
        rows.append((found.title(name), None))
        of = {row["group"]: row for row in records(frame[frame["scenario"] == name])}
        rows += [(say(f"all {group}", lang), of[group]) for group in (TARGET, NEIGHBOURS, REST, WHOLE) if group in of]
    title = say("gains", lang)
    figure = _forest(found, rows, title, say("date", lang, year=year), say("gain axis", lang), "fte")
    told = " ".join(f"{found.title(n)}: {_told(found, frame[frame['scenario'] == n], 'fte')}." for n in found.scenarios)
    return Picture(figure, f"{title}, {year}", say(_alt("forest", frame), lang, title=title, year=year, told=told))


def effects(
    results: Results,
    indicator: str = SHORTAGE,
    year: int | None = None,
    region: str | None = None,
    scenarios: Sequence[str] | None = None,
    lang: Language = "nl",
) -> Picture:
    """Return what each scenario changes in an indicator of a region, or of the nation."""
    found = compared(results, scenarios, lang)
    about, year = lookup.indicator(results, indicator, by_region=region is not None), found.year(year)
    asked = lookup.subject(results, found.baseline, region, lang)
    frame = found.read("comparison", indicator=indicator, year=year, region_code=asked.code)
    told = [(found.title(row["scenario"]), row) for row in records(frame)]
    rows: list[tuple[str, Row | None]] = list(told)
    label = about.label(lang)
    title = say("effects", lang, label=label, place=asked.place)
    figure = _forest(found, rows, title, say("date", lang, year=year), say("difference axis", lang), about.unit)
    figures = "; ".join(f"{text} {figures_told(row, about.unit, lang)}" for text, row in told)
    alt = say(_alt("forest", frame), lang, title=title, year=year, told=f"{figures}.")
    return Picture(figure, f"{title}, {year}", alt)


def cost_and_effect(results: Results, scenarios: Sequence[str] | None = None, lang: Language = "nl") -> Picture:
    """Return what each scenario costs against the fte-years it adds in its targets, over the whole run.

    Raises `InputError` where no scenario has a cost.
    """
    found = compared(results, scenarios, lang)
    frame = found.read("costs")
    frame = frame[(frame["lever"] == costs.ALL) & frame["year"].isna()]
    table = {quantity: part.set_index("scenario") for quantity, part in frame.groupby("quantity")}
    money, gain = (table[name].reindex(found.scenarios) for name in ("extra_cost", "gain"))
    priced = [str(name) for name in money.index[money["value"].abs() > 0]]
    if not priced:
        raise InputError(f"{results.folder}: no scenario has a cost (the field `cost` of a lever)")
    x = money.loc[priced, ["value", "low", "high"]].to_numpy(dtype=np.float64) / MILLION
    y = gain.loc[priced, ["value", "low", "high"]].to_numpy(dtype=np.float64)
    title = say("cost", lang)
    with plots.settings():
        page = _sheet(found, title, _note(found, "cost", gain), 10.5)
        drawn = plots.axes(page, (2.2, page.bottom + 1.2, WIDTH - MARGIN - 1.9, page.top - 0.5))
        most_x, most_y = 1.12 * np.nanmax(x), 1.12 * max(float(np.nanmax(y)), 0.0) or 1.0
        low_y = min(0.0, 1.12 * float(np.nanmin(y)))
        drawn.set(xlim=(min(0.0, 1.12 * float(np.nanmin(x))), most_x), ylim=(low_y, most_y))
        ends: list[tuple[float, float, str]] = []
        for each in PER:
            reach = most_x * MILLION / each  # fte-years where the line leaves at the right
            if 0.08 * most_y < reach < 12 * most_y:
                drawn.plot([0, most_x], [0, reach], color="#b8b8b8", linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
                text = f"€ {number(each, 0, lang)}"
                ends.append((min(reach, most_y), most_x if reach <= most_y else most_y * each / MILLION, text))
        right = [(value, text) for value, at, text in ends if at == most_x]
        if right:
            values, texts = zip(*right, strict=True)
            plots.end_labels(page, drawn, values, texts, [GREY] * len(texts), WIDTH - MARGIN - 1.8, 1.8)
        for value, at, text in ends:
            if at < most_x:
                drawn.annotate(text, (at, value), (0, 3), textcoords="offset points", font=SMALL, color=GREY,
                               ha="center", va="bottom", annotation_clip=False)  # fmt: skip
        drawn.axhline(0, color=GREY, linewidth=0.7)
        for (cost, low, high), (fte, least, greatest) in zip(x, y, strict=True):
            drawn.plot([low, high], [fte, fte], color=GREEN, linewidth=1.2)
            drawn.plot([cost, cost], [least, greatest], color=GREEN, linewidth=1.2)
            sure = least > 0 or greatest < 0
            drawn.plot(cost, fte, "o", color=GREEN, markerfacecolor=GREEN if sure else "white", markersize=5)
        drawn.grid(color=LIGHT, linewidth=0.5)
        plots.numbered(drawn.xaxis, lang)
        plots.numbered(drawn.yaxis, lang)
        drawn.set_xlabel(say("cost x", lang), color=GREY, font=LABEL)
        drawn.set_ylabel(say("cost y", lang), color=GREY, font=LABEL)
        points = [(float(cost), float(fte)) for cost, fte in zip(x[:, 0], y[:, 0], strict=True)]
        plots.label_points(drawn, points, [_fitting(found.title(name)) for name in priced])
    told = "; ".join(
        f"{found.title(name)} {number(a[0], 1, lang)} {say('million', lang)}, {number(b[0], 0, lang)} "
        f"{say('fte-years', lang)}{_interval(b[1], b[2], 0, lang)}"
        for name, a, b in zip(priced, x, y, strict=True)
    )
    return Picture(page.figure, title, say(_alt("cost", gain), lang, told=told))


# Pieces -------------------------------------------------------------------------------------------------------------


def _forest(
    found: Compared, rows: Sequence[tuple[str, Row | None]], title: str, subtitle: str, axis: str, unit: str
) -> Any:
    """Return rows of a mean difference with its interval; a row without figures is a heading."""
    if len(rows) > MOST_ROWS:
        raise InputError(f"scenarios: found {len(rows)} rows, a figure has room for {MOST_ROWS}; name fewer scenarios")
    share = is_share(unit)
    rows = [(text, _scaled(row, 100.0 if share else 1.0)) for text, row in rows]
    figures = [row for _, row in rows if row is not None]
    axis = say("points", found.lang, text=axis) if share else axis
    lang, left = found.lang, MARGIN + NAMES + 0.2
    widest = max(paper.width(_figures(row, unit, lang, scaled=True), TICK) for row in figures)
    right = WIDTH - MARGIN - widest - 0.4
    with plots.settings():
        note = _note(found, "forest", pd.DataFrame(figures))
        page = _sheet(found, title, f"{subtitle}. {note}", ROW * len(rows) + 1.9)
        top, bottom = page.top - 0.3, page.bottom + 1.1
        drawn = plots.axes(page, (left, bottom, right, top))
        drawn.set(ylim=(len(rows) - 0.5, -0.5), yticks=[])
        drawn.spines["left"].set_visible(False)
        drawn.axvline(0, color=GREY, linewidth=0.8, zorder=0)
        for y, (text, row) in enumerate(rows):
            height = top - (top - bottom) * (y + 0.5) / len(rows) - 0.1
            font = HEAD if row is None else TICK
            indent = 0.0 if row is None or len(figures) == len(rows) else 0.3
            room = (WIDTH - 2 * MARGIN) if row is None else left - MARGIN - indent - 0.2
            page.write(_cut(text, font, room), MARGIN + indent, height, font)
            if row is None:
                continue
            drawn.plot([row["run_low"], row["run_high"]], [y, y], color="#b8b8b8", linewidth=0.8)
            drawn.plot([row["low"], row["high"]], [y, y], color=GREEN, linewidth=2.4, solid_capstyle="butt")
            face = GREEN if shown(row) else "white"
            drawn.plot(row["difference"], y, "o", color=GREEN, markersize=4.5, markerfacecolor=face)
            page.write(_figures(row, unit, lang, scaled=True), WIDTH - MARGIN, height, TICK, INK, "right")
        plots.numbered(drawn.xaxis, lang, signed=True, most=max(2, min(5, int((right - left) / TICK_ROOM))))
        drawn.grid(axis="x", color=LIGHT, linewidth=0.5)
        drawn.set_xlabel(axis, color=GREY, font=LABEL)
    return page.figure


def _sheet(found: Compared, title: str, subtitle: str, room: float) -> Sheet:
    return paper.sheet(title, subtitle, lookup.source(found.results, found.lang), room)


def _note(found: Compared, figure: str, frame: pd.DataFrame) -> str:
    """Return what marks and bars of a figure are, and of how many pairs."""
    pairs = lookup.fewest_to_most(map(int, frame["pairs"]))
    phrase = f"{figure} {'few' if _few(frame) else 'note'}"
    return say(phrase, found.lang, baseline=found.title(found.baseline), pairs=pairs, fewest=paired.FEWEST)


def _alt(figure: str, frame: pd.DataFrame) -> str:
    """Return the phrase that tells a figure in words, with intervals if it has them."""
    return f"{figure} few alt" if _few(frame) else f"{figure} alt"


def _few(frame: pd.DataFrame) -> bool:
    return bool(frame["low"].isna().all())


def _scaled(row: Row | None, scale: float) -> Row | None:
    names = ("difference", "low", "high", "run_low", "run_high")
    return None if row is None else row | {name: scale * row[name] for name in names}


def figures_told(row: Row, unit: str, lang: Language) -> str:
    """Return a difference and its interval, +3.1 (2.0; 4.2); of shares in percentage points."""
    return _figures(row, unit, lang) + (" pp" if is_share(unit) else "")


def _figures(row: Row, unit: str, lang: Language, *, scaled: bool = False) -> str:
    scale = 100.0 if is_share(unit) and not scaled else 1.0
    digits = {"index": 4, "ratio": 2}.get(unit, 1)
    middle, low, high = (float(row[name]) * scale for name in ("difference", "low", "high"))
    return number(middle, digits, lang, signed=True) + _interval(low, high, digits, lang)


def _interval(low: float, high: float, digits: int, lang: Language) -> str:
    """Return an interval as it stands after a figure, nothing where there is none."""
    return "" if np.isnan(low) else f" ({number(low, digits, lang)}; {number(high, digits, lang)})"


def _told(found: Compared, frame: pd.DataFrame, unit: str) -> str:
    rows = records(frame)
    return "; ".join(f"{say('all ' + row['group'], found.lang)} {figures_told(row, unit, found.lang)}" for row in rows)


def _cut(text: str, font: Any, room: float) -> str:
    """Return a text that fits in `room` cm, its last words left out if it has to be."""
    lines = paper.wrapped(text, font, room - paper.width(" …", font))
    return text if paper.width(text, font) <= room or len(lines) < 2 else f"{lines[0]} …"


def _fitting(text: str) -> str:
    return _cut(text, SMALL, NAMES)
