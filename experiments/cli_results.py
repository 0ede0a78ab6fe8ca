"""Commands that show what is stored in a results folder: maps and reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from experiments import cli_options as options
from experiments.console import messages, need
from experiments.errors import InputError

T = TypeVar("T")
REPORTS: dict[str, tuple[str, ...]] = {
    ".html": (), ".docx": ("docxtpl", "docx"), ".pdf": ("typst",), ".xlsx": ("xlsxwriter",),
}  # fmt: skip
"""Kinds of reports by suffix, and the packages that each needs beside the core."""


def draw_map(
    results: options.ResultsFolder,
    year: Annotated[
        list[str], typer.Option(metavar="YEAR", help="The state of 1 January; several, such as 2025,2035, a map each.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A .png, .svg or .pdf file.")],
    indicator: Annotated[str | None, typer.Option(metavar="NAME", help="A column of regions.parquet.")] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Which scenario, if the folder holds several; repeatable, a map each."),
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="NAME", help="The difference from this scenario, between the same runs.")
    ] = None,
    spread: Annotated[
        Literal["total", "behaviour", "base_year", "forecast", "national", "response", "chance"] | None,
        typer.Option(help="Instead of the mean, how much the runs of an ensemble differ, in all or by one source."),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(metavar="REGION", help="Instead of the mean, which regions are above or below this one."),
    ] = None,
    institutes: Annotated[
        bool, typer.Option("--institutes", help="Instead of an indicator, where the graduates of each institute start.")
    ] = False,
    labels: Annotated[
        Literal["none", "names", "numbers"], typer.Option(help="Names in or beside the regions, or numbers with a key.")
    ] = "none",
    tiles: Annotated[bool, typer.Option("--tiles", help="Each region as a square of the same size.")] = False,
    breaks: Annotated[
        str | None, typer.Option(metavar="B,B,...", help="Class bounds of your own, as in the legend: 5 for 5%.")
    ] = None,
    classes: Annotated[
        Literal["quantiles", "fisher"] | None,
        typer.Option(help="Class bounds that fit the values; needs the extra maps."),
    ] = None,
    lang: options.Language = "nl",
) -> None:
    """Draw a map of an indicator: the mean over replications. Several years or scenarios share their classes.

    Of an ensemble, hatching marks the regions of which it is not sure on which side of the nation they are; with
    --compare, those in which there may be no difference.

    Example: gp-settlement map results/baseline --indicator vacancy_rate --year 2035 -o vacancies.png
    """
    with messages():
        kinds = {"--spread": spread, "--order": order, "--compare": compare, "--institutes": institutes or None}
        options.check_one_of(kinds)
        options.check_suffix(output, "-o", options.IMAGES)
        options.check_file(output, "-o")
        years = [_year(word) for words in year for word in words.split(",")]
        if classes:
            need("mapclassify", "maps")
        from experiments import figures, store
        from regions import maps

        found = store.open_results(results)
        look = figures.Look(labels, tiles, figures.parsed_breaks(breaks) if breaks else None, classes)
        if indicator is None and not institutes:
            raise InputError(
                f"--indicator: found none, needed is one; there are {', '.join(found.quantities('regions'))}"
            )
        if spread is None and order is None and not institutes:
            figure = figures.region_map(found, indicator or "", years, scenario, lang, compare=compare, look=look)
        else:
            one_year, one = _only("--year", years), _only("--scenario", scenario or [None])
            if institutes:
                if indicator or look != figures.PLAIN:
                    raise InputError("--institutes: takes no --indicator, --labels, --tiles, --breaks or --classes")
                figure = figures.institutes_map(found, one_year, one, lang)
            elif spread is not None:
                figure = figures.spread_map(found, indicator or "", one_year, spread, one, lang, look)
            else:
                figure = figures.order_map(found, indicator or "", one_year, order or "", one, lang, look)
        maps.save(figure, output)
    typer.echo(output)


def report(
    results: options.ResultsFolder,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="An .html, .docx, .pdf or .xlsx file; without any of these, a folder of CSV files.",
        ),
    ],
    lang: options.Language = "nl",
    template: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .docx of your own with {{ content }} where the report goes."),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="Instead of the report, the page of one region: code or name.")
    ] = None,
    locums: Annotated[
        Literal["divided", "each"],
        typer.Option(help="Locums in several regions: divided over these, as Nivel counts, or in each, as RIVM does."),
    ] = "divided",
) -> None:
    """Write a report of results: summary, nation, regions, maps, scenarios, what is assumed, how to repeat it.

    From what is stored; nothing is run. HTML and CSV need no extra, Word, PDF and Excel the extra `report`.

    Example: gp-settlement report results/baseline -o report.html --lang en
    """
    with messages():
        suffix = output.suffix.lower()
        if suffix and suffix not in REPORTS:
            allowed = f"{', '.join(REPORTS)}, or no suffix for a folder of CSV files"
            raise InputError(f"-o {output}: found {output.suffix}, allowed: {allowed}")
        if template is not None and suffix != ".docx":
            raise InputError(f"--template goes with a .docx file: found -o {output}")
        (options.check_file if suffix else options.check_folder)(output, "-o")
        for package in REPORTS.get(suffix, ()):
            need(package, "report")
        from experiments import report as reports
        from experiments import store

        reports.write(store.open_results(results), output, lang, template, region, locums)
    typer.echo(output)


def _only(option: str, values: Sequence[T]) -> T:
    if len(values) > 1:
        raise InputError(f"{option}: found {len(values)}, allowed is one on this kind of map")
    return values[0]


def _year(word: str) -> int:
    if not word.strip().isdigit():
        raise InputError(f"--year: found {word!r}, allowed: years such as 2035 or 2025,2035")
    return int(word)
