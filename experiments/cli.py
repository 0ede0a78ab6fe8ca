"""The command line. Only typer is imported at the top: help must come at once."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from experiments.errors import InputError, readable

if TYPE_CHECKING:
    from experiments.runner import Pool
    from experiments.store import Results

PACKAGES = ("abm", "regions", "experiments")
IMAGES = (".png", ".svg", ".pdf")
T = TypeVar("T")
REPORTS: dict[str, tuple[str, ...]] = {
    ".html": (), ".docx": ("docxtpl", "docx"), ".pdf": ("typst",), ".xlsx": ("xlsxwriter",),
}  # fmt: skip
"""Kinds of reports by suffix, and the packages that each needs beside the core."""
SOME_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
MOST_RUNS = 100_000
"""Of a scenario: more is a slip of the finger, and would take hours."""
LINE_SECONDS = 30
"""Where there is no terminal for a bar, how often a line tells how far it is."""
PACE_SECONDS = 3600
"""The time left is told from the pace of so long before."""

WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Processes at work.", show_default="as many as pay off"),
]
ClusterOption = Annotated[
    Literal["local"] | None, typer.Option("--cluster", help="On Dask: N processes of this machine.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="On the workers of a Dask scheduler, as tcp://127.0.0.1:8786."),
]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Where do Dutch general practitioners settle, region by region? A simulator for policy research.",
)


@app.command()
def run(
    scenario: Annotated[
        str, typer.Argument(help="A scenario of the library, or a file that ends in .toml.")
    ] = "baseline",
    replications: Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="Runs, each with its own luck.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="What the luck is drawn from.")] = 1,
    until: Annotated[int | None, typer.Option(metavar="YEAR", help="Last year (1 January).")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder.", show_default="the data that come along")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Results folder.", show_default="results/<scenario>")
    ] = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    scheduler: SchedulerOption = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value for a field, or LEVER.FIELD; repeatable."),
    ] = None,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Let each run also draw what is not known, not chance alone.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace other results in the folder.")] = False,
) -> None:
    """Run a scenario, print a summary, and leave tables and a map in a results folder.

    The same command again goes on where it stopped; with more replications it adds those.

    Example: gp-settlement run baseline --replications 20 --set intake=900 --out results/intake-900
    """
    with _messages():
        at_work = _at_work(workers, cluster, scheduler)
        import regions
        from experiments import data as folders
        from experiments import ensemble as ensembles
        from experiments import runner, scenarios
        from experiments.design import Design

        last = [] if until is None else [f"end_year={until}"]
        loaded = regions.load(data)
        named = scenarios.load(scenario, [*(settings or []), *last], loaded)
        folder = out or Path("results", named.name)
        design = Design((named,), replications, seed, ensemble)
        for line in folders.stock_lines(folders.stock_changes(loaded)):
            typer.echo(line)
        if ensemble and (line := ensembles.attractiveness_line(loaded)):
            typer.echo(line)
        with _progress() as progress:
            results = runner.run(design, folder, data=loaded, workers=at_work, force=force, progress=progress)
        if len(results.failed) < len(results.manifest["runs"]):
            _present(results, named.name)
    if results.failed:
        _report_failures(results)
        raise typer.Exit(SOME_FAILED)


@app.command()
def compare(
    baseline: Annotated[str, typer.Argument(help="What to compare with: a scenario of the library, or a .toml file.")],
    others: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO...", help="One or more scenarios.", show_default="with --sweep, variants of the baseline"
        ),
    ] = None,
    replications: Annotated[
        int, typer.Option(min=1, max=MOST_RUNS, help="Pairs of runs, each with its own luck.")
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, help="What the luck, and a sample, are drawn from.")] = 1,
    until: Annotated[int | None, typer.Option(metavar="YEAR", help="Last year (1 January).")] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Add pairs until the gain in the target regions in the last year is known to X fte (half the 95% "
            "interval), or there are 1,000.",
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUES",
            help="Try each of FROM:TO:STEP or a,b,c for a scenario field or a lever's; repeatable, all combinations.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="N points of a Latin hypercube over the ranges --sweep KEY=LOW:HIGH."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder.", show_default="the data that come along")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Results folder.", show_default="results/<baseline>-vs-<scenario>"),
    ] = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    scheduler: SchedulerOption = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another value for all, the baseline included; a lever's field for those that have it; repeatable.",
        ),
    ] = None,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Let each pair also draw what is not known, not chance alone.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace other results in the folder.")] = False,
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the table and of comparison.md.")] = "nl",
) -> None:
    """Compare scenarios with a baseline, on the same luck: effect by region, displacement, cost, and how sure.

    Prints a table, and leaves comparison.md and comparison, displacement and costs .parquet in a results folder. The
    same command again goes on where it stopped; with more replications it adds those.

    Example: gp-settlement compare baseline bonus.toml --replications 50 --sweep euro_per_year=0:50000:10000
    """
    with _messages():
        at_work = _at_work(workers, cluster, scheduler)
        import regions
        from experiments import comparison
        from experiments import data as folders

        loaded = regions.load(data)
        for line in folders.stock_lines(folders.stock_changes(loaded)):
            typer.echo(line)
        with _progress() as progress:
            found = comparison.compare(
                [baseline, *(others or [])],
                replications=replications,
                seed=seed,
                until=until,
                settings=settings or [],
                sweep=sweep or [],
                sample=sample,
                precision=precision,
                data=loaded,
                out=out,
                workers=at_work,
                ensemble=ensemble,
                force=force,
                lang=lang,
                progress=progress,
            )
        from experiments import comparison_report
        from experiments.console import screen

        console = screen()
        for table in comparison_report.tables(found, lang):
            console.print(table)
        typer.echo(f"{found.folder / comparison_report.FILE}")
    if found.results.failed:
        _report_failures(found.results)
        raise typer.Exit(SOME_FAILED)


@app.command()
def calibrate(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the runs and what comes of them.")] = Path(
        "calibration"
    ),
    waves: Annotated[int, typer.Option(min=1, help="Waves of runs.")] = 4,
    points: Annotated[int, typer.Option(min=50, help="Parameter sets in a wave.")] = 250,
    seed: Annotated[int, typer.Option(min=0, help="What the sets and the luck are drawn from.")] = 1,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder.", show_default="the data that come along")
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Find the parameter sets that what is published does not rule out: the ensemble of `run --ensemble`.

    Leaves ensemble.csv, ensemble_attractiveness.csv, fit.csv and ranges.csv in the folder; the first two, in
    experiments/, are what runs use. Needs the extra `calibrate`. The same command again goes on where it stopped.

    Example: gp-settlement calibrate --waves 1 --points 60 --out calibration-try
    """
    with _messages():
        _need("sklearn", "calibrate")
        import regions
        from experiments import calibrate as calibration

        settings = calibration.Settings(waves, points, seed)
        with _progress() as progress:
            found = calibration.calibrate(out, regions.load(data), settings, workers=workers, progress=progress)
        from experiments.console import screen

        for table in calibration.write(out, found, regions.load(data), seed):
            screen().print(table)
    if not found.kept.any():
        typer.echo(f"No ensemble: {found.verdict}. What was fitted, and the ranges: {out}", err=True)
        raise typer.Exit(SOME_FAILED)
    typer.echo(f"{found.verdict}; tables: {out}")


@app.command(name="map")
def draw_map(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
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
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the map.")] = "nl",
) -> None:
    """Draw a map of an indicator: the mean over replications. Several years or scenarios share their classes.

    Of an ensemble, hatching marks the regions of which it is not sure on which side of the nation they are; with
    --compare, those in which there may be no difference.

    Example: gp-settlement map results/baseline --indicator vacancy_rate --year 2035 -o vacancies.png
    """
    with _messages():
        _one_of({"--spread": spread, "--order": order, "--compare": compare, "--institutes": institutes or None})
        if output.suffix.lower() not in IMAGES:
            raise InputError(f"-o {output}: found {output.suffix or 'no suffix'}, allowed: {', '.join(IMAGES)}")
        years = [_year(word) for words in year for word in words.split(",")]
        if classes:
            _need("mapclassify", "maps")
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


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="An .html, .docx, .pdf or .xlsx file; without any of these, a folder of CSV files.",
        ),
    ],
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the report.")] = "nl",
    template: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .docx of your own with {{ content }} where the report goes."),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="Instead of the report, the page of one region: code or name.")
    ] = None,
) -> None:
    """Write a report of results: summary, nation, regions, maps, scenarios, what is assumed, how to repeat it.

    From what is stored; nothing is run. HTML and CSV need no extra, Word, PDF and Excel the extra `report`.

    Example: gp-settlement report results/baseline -o report.html --lang en
    """
    with _messages():
        suffix = output.suffix.lower()
        if suffix and suffix not in REPORTS:
            allowed = f"{', '.join(REPORTS)}, or no suffix for a folder of CSV files"
            raise InputError(f"-o {output}: found {output.suffix}, allowed: {allowed}")
        if template is not None and suffix != ".docx":
            raise InputError(f"--template goes with a .docx file: found -o {output}")
        for package in REPORTS.get(suffix, ()):
            _need(package, "report")
        from experiments import report as reports
        from experiments import store

        reports.write(store.open_results(results), output, lang, template, region)
    typer.echo(output)


def _one_of(options: Mapping[str, object]) -> None:
    """Raise `InputError` when more than one of some options is given."""
    given = [name for name, value in options.items() if value is not None]
    if len(given) > 1:
        both = "both" if len(given) == 2 else "all"
        raise InputError(f"{' and '.join(given)} exclude each other: found {both}, allowed is one of them")


def _only(option: str, values: Sequence[T]) -> T:
    if len(values) > 1:
        raise InputError(f"{option}: found {len(values)}, allowed is one on this kind of map")
    return values[0]


def _year(word: str) -> int:
    if not word.strip().isdigit():
        raise InputError(f"--year: found {word!r}, allowed: years such as 2035 or 2025,2035")
    return int(word)


@app.command(name="national")
def national_model(
    current: Annotated[
        float | None,
        typer.Option(metavar="N", help="Yearly intake until the adjustment year.", show_default="720, or the file's"),
    ] = None,
    intake: Annotated[
        float | None,
        typer.Option(metavar="N", help="Yearly intake from the adjustment year on.", show_default="720, or the file's"),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV with columns id and value.", show_default="the plan of 2025"),
    ] = None,
    yields: Annotated[
        Literal["straight", "reference"], typer.Option(help="How external yields run between their nodes.")
    ] = "straight",
    scenario: Annotated[Literal["1", "2", "3", "4", "6"], typer.Option(help="Demand scenario to print.")] = "6",
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all years and scenarios.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw supply, demand and required inflow.")] = None,
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the figure.")] = "nl",
) -> None:
    """Run the national capacity model: supply, demand, and the intake that is needed.

    Example: gp-settlement national --intake 1026 --plot national.png
    """
    with _messages():
        if plot and plot.suffix.lower() not in IMAGES:
            raise InputError(f"--plot {plot}: found {plot.suffix or 'no suffix'}, allowed: {', '.join(IMAGES)}")
        from abm.national import project
        from experiments import national
        from experiments.console import screen

        path = project(national.plan(parameters, current, intake), yields=yields)
        console = screen()
        for table in national.printed(path, int(scenario)):
            console.print(table)
        if csv:
            national.write_csv(path, csv)
            console.print(f"All years and scenarios: {csv}", soft_wrap=True)
        if plot:
            from regions import maps

            maps.save(national.figure(path, int(scenario), lang), plot)
            console.print(f"Figure: {plot}", soft_wrap=True)


@app.command()
def trace(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="A GP: the column key of model.gps(). Or use --random.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A scenario of the library, or a file that ends in .toml.",
            show_default="baseline",
            metavar="[SCENARIO]",
        ),
    ] = None,
    random: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="N GPs instead of KEY, drawn from those who ever worked.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the run: rng in Python, or one in a manifest.json.")] = 1,
    until: Annotated[int | None, typer.Option(metavar="YEAR", help="Last year (1 January).")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder.", show_default="the data that come along")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value for a scenario field; repeatable."),
    ] = None,
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the story.")] = "nl",
) -> None:
    """Tell what happened to a simulated GP year by year, and why.

    Example: gp-settlement trace --random 3 --lang en
    """
    with _messages():
        import shutil

        import regions
        from experiments import scenarios, trace

        asked, name = trace.asked(key, random, scenario)
        last = [] if until is None else [f"end_year={until}"]
        loaded = regions.load(data)
        named = scenarios.load(name, [*(settings or []), *last], loaded)
        run = trace.Replication(named.scenario, loaded, seed)
        keys = run.drawn(random or 0) if asked is None else [run.known(asked)]
        width = min(trace.WIDEST, shutil.get_terminal_size().columns)
        typer.echo(trace.page(run, named, keys, lang, width))


validate_app = typer.Typer()
app.add_typer(validate_app, name="validate")


@validate_app.callback(invoke_without_command=True)
def validate(
    context: typer.Context,
    draws: Annotated[
        int, typer.Option(min=2, help="Runs of default and prior parameters each; five times as many of the ensemble.")
    ] = 50,
    seed: Annotated[int, typer.Option(min=0, help="What the draws and the luck are drawn from.")] = 1,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path("docs/validation"),
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 when a tested row fails.")] = False,
    workers: WorkersOption = None,
) -> None:
    """Write the validation report: what was put in, fitted and tested, each tested row with its verdict.

    On the data that come along, which the targets and the ensemble are about. With `national`: the GP population
    against the national model.

    Example: gp-settlement validate --draws 50 --out docs/validation
    """
    if context.invoked_subcommand is not None:
        for name in context.params:
            source = context.get_parameter_source(name)
            if source is not None and source.name == "COMMANDLINE":
                raise typer.BadParameter(f"--{name} belongs to the report; the options of national come after it")
        return
    with _messages():
        out.mkdir(parents=True, exist_ok=True)  # before the runs: a wrong folder should not cost minutes
        import regions
        from experiments import validation, validation_report

        with _progress() as progress:
            found = validation.collect(draws, seed, regions.load(), workers=workers, progress=progress)
        tables = validation.tables(found)
        page = validation_report.write(out, found, tables)
        for line in validation_report.outcome(found, tables):
            typer.echo(line)
        typer.echo(f"Report: {page} and {page.with_suffix('.html').name}")
    if strict and tables.failures:
        raise typer.Exit(SOME_FAILED)


@validate_app.command(name="national")
def validate_national(
    replications: Annotated[int, typer.Option(min=2, help="Runs, each with its own luck.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="What the luck is drawn from.")] = 1,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder.", show_default="the data that come along")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the comparison goes.")] = Path("results/validation"),
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value for a scenario field; repeatable."),
    ] = None,
) -> None:
    """Hold the GP population against the national model; exit code 1 where they disagree.

    Example: gp-settlement validate national --replications 50
    """
    with _messages():
        import regions
        from experiments import scenarios
        from experiments import validate as validation

        loaded = regions.load(data)
        scenario = validation.checked(scenarios.load("baseline", settings or [], loaded).scenario, loaded)
        with _progress() as progress:
            comparison = validation.compare_national(scenario, loaded, replications, seed, progress)
        with _progress() as progress:
            runs = min(replications, validation.ADVICE_REPLICATIONS)
            advice = validation.advice(scenario, loaded, runs, seed, progress)
        validation.write(comparison, advice, out)
        typer.echo(validation.page(comparison, advice))
        typer.echo(f"Every year and block: {out / 'national.csv'}")
    if len(comparison.failures) or not advice.agrees:
        raise typer.Exit(SOME_FAILED)


DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder.", show_default="the data that come along")
]

scenarios_app = typer.Typer(no_args_is_help=True, help="Scenarios: list, show, start a file of your own.")
app.add_typer(scenarios_app, name="scenarios")


@scenarios_app.command(name="list")
def list_scenarios(
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the titles.")] = "nl", data: DataOption = None
) -> None:
    """List the scenarios of the library: name, title and what each changes.

    Example: gp-settlement scenarios list --lang en
    """
    with _messages():
        import regions
        from experiments import describe, scenarios
        from experiments.console import screen

        loaded = regions.load(data)
        screen().print(describe.catalogue([scenarios.load(name, (), loaded) for name in scenarios.library()], lang))


@scenarios_app.command(name="show")
def show_scenario(
    scenario: Annotated[
        str, typer.Argument(metavar="NAME", help="A scenario of the library, or a file that ends in .toml.")
    ],
    lang: Annotated[Literal["nl", "en"], typer.Option(help="Language of the page.")] = "nl",
    data: DataOption = None,
) -> None:
    """Show what a scenario assumes: every value that differs from the baseline, and every lever, with sources.

    Example: gp-settlement scenarios show my-scenario.toml --lang en
    """
    with _messages():
        import regions
        from experiments import describe, scenarios
        from experiments.console import screen

        loaded, console = regions.load(data), screen()
        for part in describe.page(scenarios.load(scenario, (), loaded), loaded, lang):
            console.print(part)


@scenarios_app.command(name="new")
def new_scenario(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet, ending in .toml.")],
    base: Annotated[
        str, typer.Option("--from", metavar="NAME", help="A scenario of the library, or a file in FILE's folder.")
    ] = "baseline",
    data: DataOption = None,
) -> None:
    """Write a scenario file to fill in, and beside it the schema with which an editor completes and checks it.

    Example: gp-settlement scenarios new my-scenario.toml --from baseline
    """
    with _messages():
        import regions
        from experiments import editing

        schema = editing.write_starter(file, base, regions.load(data))
    typer.echo(f"{file} and {schema.name}; gp-settlement scenarios show {file} tells what it says")


@scenarios_app.command(name="schema")
def scenario_schema(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to write it.", show_default="the screen")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write the JSON Schema of scenario files, with which editors complete and check them.

    A scenario file names its schema in its first line, by a path from its own folder: #:schema ./FILE
    VS Code reads that line with the extension Even Better TOML, other editors through Taplo. With --data, the regions
    and groups are those of your own data.

    Example: gp-settlement scenarios schema gp-settlement.schema.json
    """
    with _messages():
        import regions
        from experiments import editing

        text = editing.schema_text(regions.load(data))
        if file is not None:
            file.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(text if file is None else file)


data_app = typer.Typer(no_args_is_help=True, help="Data folders: look, copy, check, regroup.")
app.add_typer(data_app, name="data")


@data_app.command(name="show")
def show_data(data: DataOption = None) -> None:
    """Show the tables of a data folder: years, quality, totals, and what is assumed by its weight in the results.

    Example: gp-settlement data show
    """
    with _messages():
        import regions
        from experiments import data as folders
        from experiments.console import screen

        console, folder = screen(), folders.folder_of(data)
        regions.load(folder)  # tells what is wrong with it
        for table in folders.described(folder):
            console.print(table)


@data_app.command(name="export")
def export_data(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    data: DataOption = None,
) -> None:
    """Copy a data folder, to put figures of your own into it.

    Example: gp-settlement data export my-data
    """
    with _messages():
        from experiments import data as folders

        files = folders.export(target, data)
    typer.echo(f"{len(files)} files in {target}; after editing: gp-settlement data check {target}")


@data_app.command(name="check")
def check_data(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data folder.")]) -> None:
    """Tell everything that is wrong with a data folder at once.

    Example: gp-settlement data check my-data
    """
    with _messages():
        import regions
        from experiments import data as folders

        loaded = regions.load(folders.folder_of(folder))
        typer.echo(f"{folder}: no faults; {len(loaded)} regions, {loaded.workforce.persons.sum():,} GPs")
        for line in folders.stock_lines(folders.stock_changes(loaded)):
            typer.echo(line)


@data_app.command()
def regroup(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    by: Annotated[Path, typer.Option("--by", metavar="FILE", help="CSV: gm_code, region and, if wanted, name.")],
    data: DataOption = None,
) -> None:
    """Make a data folder of other regions, such as provinces, from municipalities.

    Example: gp-settlement data regroup provinces --by docs/examples/provinces.csv
    """
    with _messages():
        from experiments import data as folders

        made = folders.regroup(by, target, data)
        typer.echo(f"{target}: {len(made)} regions; gp-settlement run --data {target} runs on them")


def main() -> None:
    """Start the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 gets a ? for what it cannot show
    _check_packages()
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:  # of what is printed: into a file on a full disk, or for a reader who left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries once more at its end
        if not isinstance(error, BrokenPipeError):
            _tell(error)
        raise SystemExit(BAD_INPUT) from None


def _check_packages() -> None:
    """Stop where another package of one of our common names would be imported."""
    here = Path(__file__).parent.parent
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).parent.parent if spec and spec.origin else None
        if found != here:
            typer.echo(
                f"Error: the package {name} of gp-settlement should be in {here}, but Python finds "
                f"{found or 'none'}. Install gp-settlement in an environment of its own.",
                err=True,
            )
            raise SystemExit(BAD_INPUT)


def _need(package: str, extra: str) -> None:
    """Raise `InputError` when a package of an extra is not installed."""
    if importlib.util.find_spec(package) is None:
        raise InputError(f"this command needs the extra {extra}: pip install 'gp-settlement[{extra}]'")


def _at_work(workers: int | None, cluster: str | None, scheduler: str | None) -> int | Pool | None:
    """Return what `runner.run` takes as workers."""
    if cluster is None and scheduler is None:
        return workers
    if scheduler is not None and (cluster is not None or workers is not None):
        other = "--cluster" if cluster else "--workers"
        raise InputError(f"--scheduler goes without {other}: its workers are there already")
    _need("distributed", "cluster")
    from experiments import cluster as dask

    return dask.local(workers) if scheduler is None else dask.connect(scheduler)


@contextmanager
def _messages() -> Iterator[None]:
    """Turn what a user can put right into a message and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Interrupted. What is finished is kept: the same command again goes on from there.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise  # whoever reads what is printed has seen enough
    except OSError as error:
        _tell(error)
        raise typer.Exit(BAD_INPUT) from None
    except ValueError as error:
        from regions import DataError

        if not isinstance(error, InputError | DataError):
            raise
        typer.echo(readable(f"Error: {error}"), err=True)
        raise typer.Exit(BAD_INPUT) from None


def _tell(error: OSError) -> None:
    """Tell of a disk that is full, a file that may not be written and the like."""
    file = error.filename2 or error.filename or "what is written"  # the second is what the first was copied to
    typer.echo(readable(f"Error: {file}: {error.strerror or error}"), err=True)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show runs done, time gone and time left on the error stream: a bar, or a line now and then where it is a file.

    Gives the function that moves it.
    """
    from rich import progress

    from experiments.console import screen

    console = screen(stderr=True)
    gone, left = progress.TimeElapsedColumn(), progress.TimeRemainingColumn()
    columns = ("runs", progress.BarColumn(), progress.MofNCompleteColumn(), gone, "gone,", left, "left")
    with progress.Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=PACE_SECONDS,
    ) as bar:
        bar.add_task("runs", total=None)
        (task,) = bar.tasks
        told = bar.get_time()

        def move(done: int, todo: int) -> None:
            nonlocal told
            bar.update(task.id, completed=done, total=todo)
            if todo == 0:
                console.print("Nothing left to run: these are the results of before.")
            elif not console.is_terminal and bar.get_time() >= told + LINE_SECONDS:
                told = bar.get_time()
                typer.echo(f"runs {done}/{todo}, {gone.render(task)} gone, {left.render(task)} left", err=True)

        yield move


def _present(results: Results, scenario: str) -> None:
    """Draw the map, and print the summary and where everything is."""
    from experiments import summary
    from experiments.console import screen

    console = screen()
    for table in summary.tables(results, scenario):
        console.print(table)
    last = results.last_year
    file = results.folder / "maps" / f"vacancy_rate_{last}.png"
    if not file.exists() or file.stat().st_mtime < (results.folder / "manifest.json").stat().st_mtime:
        from experiments import figures
        from regions import maps

        maps.save(figures.region_map(results, "vacancy_rate", last, scenario, "nl"), file)
    console.print(f"Tables, map and manifest: {results.folder}", soft_wrap=True)


def _report_failures(results: Results) -> None:
    first = results.failed[0]
    typer.echo(
        f"{len(results.failed)} of {len(results.manifest['runs'])} runs failed; see manifest.json. First: "
        f"replication {first['replication']}, seed {first['seed']}: {first['error']}: {first['message']}",
        err=True,
    )
