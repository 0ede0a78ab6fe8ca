"""Commands that run scenarios: one, or several against a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments import cli_options as options
from experiments.console import SOME_FAILED, messages, need, progress, show
from experiments.errors import InputError

if TYPE_CHECKING:
    from experiments.runner import Pool
    from experiments.scenarios import NamedScenario
    from experiments.store import Results
    from regions import Regions
    from regions.maps import Language


def run(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario of the library, or a file that ends in .toml.")
    ] = "baseline",
    replications: options.Replications = 10,
    seed: options.Seed = 1,
    until: options.Until = None,
    data: options.Data = None,
    out: Annotated[Path | None, options.out("results/<scenario>")] = None,
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    scheduler: options.Scheduler = None,
    settings: options.Settings = None,
    ensemble: options.Ensemble = False,
    force: options.Force = False,
    lang: options.MapLanguage = "nl",
) -> None:
    """Run a scenario, print a summary, and leave tables and a map in a results folder.

    The same command again goes on where it stopped; with more replications it adds those.

    Example: gp-settlement run baseline --replications 20 --set intake=900 --out results/intake-900
    """
    with messages():
        at_work = _at_work(workers, cluster, scheduler)
        from experiments import ensemble as ensembles
        from experiments import runner, scenarios
        from experiments.design import Design

        loaded = _loaded(data)
        named = options.scenario(scenario, settings, until, loaded)
        folder = out or Path("results", named.name)
        design = Design((named,), replications, seed, ensemble)
        for line in scenarios.late_lines(named.scenario, loaded):
            typer.echo(line)
        for line in (ensembles.attractiveness_line(loaded), ensembles.held_line(named.scenario)) if ensemble else ():
            if line:
                typer.echo(line)
        with progress() as moved:
            results = runner.run(design, folder, data=loaded, workers=at_work, force=force, progress=moved)
        if len(results.failed) < len(results.manifest["runs"]):
            _present(results, named, lang)
    _end(results)


def compare(
    baseline: Annotated[
        str,
        typer.Argument(metavar="BASELINE", help="What to compare with: a scenario of the library, or a .toml file."),
    ],
    others: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO...", help="One or more scenarios.", show_default="with --sweep, variants of the baseline"
        ),
    ] = None,
    replications: options.Replications = 10,
    seed: options.Seed = 1,
    until: options.Until = None,
    precision: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Add pairs of runs until the gain in the target regions in the last year is known to X fte (half the "
            "95% interval), or there are 1,000.",
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
    data: options.Data = None,
    out: Annotated[Path | None, options.out("results/<baseline>-vs-<scenario>")] = None,
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    scheduler: options.Scheduler = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another value for all, the baseline included; a lever's field for those that have it; repeatable.",
        ),
    ] = None,
    ensemble: options.Ensemble = False,
    force: options.Force = False,
    lang: options.Language = "nl",
) -> None:
    """Compare scenarios with a baseline, on the same luck: effect by region, displacement, cost, and how sure.

    Prints a table, and leaves comparison.md and comparison, displacement and costs .parquet in a results folder. The
    same command again goes on where it stopped; with more replications it adds those.

    Example: gp-settlement compare baseline bonus.toml --replications 50 --sweep euro_per_year=0:50000:10000
    """
    with messages():
        at_work = _at_work(workers, cluster, scheduler)
        from experiments import comparison

        loaded = _loaded(data)
        with progress() as moved:
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
                progress=moved,
            )
        from experiments import comparison_report, scenarios

        every = map(found.results.scenario, found.results.manifest["scenarios"])
        for line in dict.fromkeys(line for one in every for line in scenarios.late_lines(one, loaded)):
            typer.echo(line)
        show(comparison_report.tables(found, lang))
        typer.echo(f"{found.folder / comparison_report.FILE}")
    _end(found.results)


def _loaded(data: Path | None) -> Regions:
    """Return a data folder, and tell where the GPs of one's own differ from the plan."""
    import regions
    from experiments import data as folders

    loaded = regions.load(data)
    for line in folders.stock_lines(folders.stock_changes(loaded)):
        typer.echo(line)
    return loaded


def _at_work(workers: int | None, cluster: str | None, scheduler: str | None) -> int | Pool | None:
    """Return what `runner.run` takes as workers."""
    if cluster is None and scheduler is None:
        return workers
    if scheduler is not None and (cluster is not None or workers is not None):
        other = "--cluster" if cluster else "--workers"
        raise InputError(f"--scheduler goes without {other}: its workers are there already")
    need("distributed", "cluster")
    from experiments import cluster as dask

    return dask.local(workers) if scheduler is None else dask.connect(scheduler)


def _present(results: Results, named: NamedScenario, lang: Language) -> None:
    """Draw the map, and print the summary and where everything is."""
    from experiments import figures, summary
    from regions import maps

    show(summary.tables(results, named.name, named.heading))
    last = results.last_year
    file = results.folder / "maps" / f"vacancy_rate_{last}.png"
    maps.save(figures.region_map(results, "vacancy_rate", last, named.name, lang), file)
    typer.echo(f"Tables, map and manifest: {results.folder}")


def _end(results: Results) -> None:
    """End with another exit code where runs failed, and tell of the first."""
    if not results.failed:
        return
    first = results.failed[0]
    typer.echo(
        f"{len(results.failed)} of {len(results.manifest['runs'])} runs failed; see manifest.json. First: "
        f"replication {first['replication']}, seed {first['seed']}: {first['error']}: {first['message']}",
        err=True,
    )
    raise typer.Exit(SOME_FAILED)
