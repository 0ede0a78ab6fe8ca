"""Commands about the model itself: the national model, its calibration, one career, and how well it agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from experiments import cli_options as options
from experiments.console import SOME_FAILED, messages, need, progress, show


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
    lang: options.Language = "nl",
) -> None:
    """Run the national capacity model: supply, demand, and the intake that is needed.

    Example: gp-settlement national --intake 1026 --plot national.png
    """
    with messages():
        if plot:
            options.check_suffix(plot, "--plot", options.IMAGES)
            options.check_file(plot, "--plot")
        if csv:
            options.check_file(csv, "--csv")
        from abm.national import project
        from experiments import national

        path = project(national.plan(parameters, current, intake), yields=yields)
        show(national.printed(path, int(scenario)))
        if csv:
            national.write_csv(path, csv)
            typer.echo(f"All years and scenarios: {csv}")
        if plot:
            from regions import maps

            maps.save(national.figure(path, int(scenario), lang), plot)
            typer.echo(f"Figure: {plot}")


def calibrate(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the runs and what comes of them.")] = Path(
        "calibration"
    ),
    waves: Annotated[int, typer.Option(min=1, help="Waves of runs.")] = 4,
    points: Annotated[int, typer.Option(min=50, help="Parameter sets in a wave.")] = 250,
    seed: options.Seed = 1,
    data: options.Data = None,
    workers: options.Workers = None,
) -> None:
    """Find the parameter sets that what is published does not rule out: the ensemble of `run --ensemble`.

    Leaves ensemble.csv, ensemble_attractiveness.csv, fit.csv and ranges.csv in the folder; the first two, in
    experiments/, are what runs use. Needs the extra `calibrate`. The same command again goes on where it stopped.

    Example: gp-settlement calibrate --waves 1 --points 60 --out calibration-try
    """
    with messages():
        need("sklearn", "calibrate")
        options.check_folder(out, "--out")
        import regions
        from experiments import calibrate as calibration

        loaded, settings = regions.load(data), calibration.Settings(waves, points, seed)
        with progress() as moved:
            found = calibration.calibrate(out, loaded, settings, workers=workers, progress=moved)
        show(calibration.write(out, found, loaded, seed))
    if not found.kept.any():
        typer.echo(f"No ensemble: {found.verdict}. What was fitted, and the ranges: {out}", err=True)
        raise typer.Exit(SOME_FAILED)
    typer.echo(f"{found.verdict}; tables: {out}")


def tell_career(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="A GP: the column key of model.gps(). Or use --random.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO",
            help="A scenario of the library, or a file that ends in .toml.",
            show_default="baseline",
        ),
    ] = None,
    random: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="N GPs instead of KEY, drawn from those who ever worked.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the run: rng in Python, or one in a manifest.json.")] = 1,
    until: options.Until = None,
    data: options.Data = None,
    settings: options.Settings = None,
    lang: options.Language = "nl",
) -> None:
    """Tell what happened to a simulated GP year by year, and why.

    Example: gp-settlement trace --random 3 --lang en
    """
    with messages():
        import shutil

        import regions
        from experiments import trace, trace_words

        asked, name = trace.asked(key, random, scenario)
        loaded = regions.load(data)
        named = options.scenario(name, settings, until, loaded)
        run = trace.Replication(named.scenario, loaded, seed)
        keys = run.drawn(random or 0) if asked is None else [run.known(asked)]
        width = min(trace_words.WIDEST, shutil.get_terminal_size().columns)
        typer.echo(trace_words.page(run, named, keys, lang, width))


validate_app = typer.Typer()


@validate_app.callback(invoke_without_command=True)
def validate(
    context: typer.Context,
    draws: Annotated[
        int, typer.Option(min=2, help="Runs of default and prior parameters each; five times as many of the ensemble.")
    ] = 50,
    seed: options.Seed = 1,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path("docs/validation"),
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 when a tested row fails.")] = False,
    workers: options.Workers = None,
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
    with messages():
        options.check_folder(out, "--out")
        import regions
        from experiments import validation, validation_report, validation_runs

        with progress() as moved:
            found = validation_runs.collect(draws, seed, regions.load(), workers=workers, progress=moved)
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
    seed: options.Seed = 1,
    data: options.Data = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the comparison goes.")] = Path("results/validation"),
    settings: options.Settings = None,
) -> None:
    """Hold the GP population against the national model; exit code 1 where they disagree.

    Example: gp-settlement validate national --replications 50
    """
    with messages():
        options.check_folder(out, "--out")
        import regions
        from experiments import validation_national

        loaded = regions.load(data)
        scenario = validation_national.checked(options.scenario("baseline", settings, None, loaded).scenario, loaded)
        with progress() as moved:
            comparison = validation_national.compare_national(scenario, loaded, replications, seed, moved)
        with progress() as moved:
            runs = min(replications, validation_national.ADVICE_REPLICATIONS)
            advice = validation_national.advice(scenario, loaded, runs, seed, moved)
        validation_national.write(comparison, advice, out)
        typer.echo(validation_national.page(comparison, advice))
        typer.echo(f"Every year and block: {out / 'national.csv'}")
    if len(comparison.failures) or not advice.agrees:
        raise typer.Exit(SOME_FAILED)
