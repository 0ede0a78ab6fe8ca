"""Commands about what goes into a run: scenario files and data folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments import cli_options as options
from experiments.console import messages, show

scenarios_app = typer.Typer(
    no_args_is_help=True,
    help="Scenarios: list, show, start a file of your own.\n\nExample: gp-settlement scenarios list",
)


@scenarios_app.command(name="list")
def list_scenarios(lang: options.Language = "nl", data: options.Data = None) -> None:
    """List the scenarios of the library: name, title and what each changes.

    Example: gp-settlement scenarios list --lang en
    """
    with messages():
        import regions
        from experiments import describe, scenario_files, scenarios

        loaded = regions.load(data)
        show([describe.catalogue([scenarios.load(name, (), loaded) for name in scenario_files.library()], lang)])


@scenarios_app.command(name="show")
def show_scenario(
    scenario: Annotated[
        str, typer.Argument(metavar="NAME", help="A scenario of the library, or a file that ends in .toml.")
    ],
    lang: options.Language = "nl",
    data: options.Data = None,
) -> None:
    """Show what a scenario assumes: every value that differs from the baseline, and every lever, with sources.

    Example: gp-settlement scenarios show my-scenario.toml --lang en
    """
    with messages():
        import regions
        from experiments import describe, scenarios

        loaded = regions.load(data)
        show(describe.page(scenarios.load(scenario, (), loaded), loaded, lang))


@scenarios_app.command(name="new")
def new_scenario(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet, ending in .toml.")],
    base: Annotated[
        str, typer.Option("--from", metavar="NAME", help="A scenario of the library, or a file in FILE's folder.")
    ] = "baseline",
    data: options.Data = None,
) -> None:
    """Write a scenario file to fill in, and beside it the schema with which an editor completes and checks it.

    Example: gp-settlement scenarios new my-scenario.toml --from baseline
    """
    with messages():
        options.check_file(file)
        import regions
        from experiments import editing

        schema = editing.write_starter(file, base, regions.load(data))
    typer.echo(f"{file} and {schema.name}; gp-settlement scenarios show {file} tells what it says")


@scenarios_app.command(name="schema")
def scenario_schema(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to write it.", show_default="the screen")
    ] = None,
    data: options.Data = None,
) -> None:
    """Write the JSON Schema of scenario files, with which editors complete and check them.

    A scenario file names its schema in its first line, by a path from its own folder: #:schema ./FILE
    VS Code reads that line with the extension Even Better TOML, other editors through Taplo. With --data, the regions
    and groups are those of your own data.

    Example: gp-settlement scenarios schema gp-settlement.schema.json
    """
    with messages():
        if file is not None:
            options.check_file(file)
        import regions
        from experiments import editing

        text = editing.schema_text(regions.load(data))
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(text if file is None else file)


data_app = typer.Typer(
    no_args_is_help=True,
    help="Data folders: look, copy, check, regroup.\n\nExample: gp-settlement data show",
)


@data_app.command(name="show")
def show_data(data: options.Data = None) -> None:
    """Show the tables of a data folder: years, quality, totals, and what is assumed by its weight in the results.

    Example: gp-settlement data show
    """
    with messages():
        import regions
        from experiments import data as folders

        folder = folders.folder_of(data)
        regions.load(folder)  # tells what is wrong with it
        show(folders.described(folder))


@data_app.command(name="export")
def export_data(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    data: options.Data = None,
) -> None:
    """Copy a data folder, to put figures of your own into it.

    Example: gp-settlement data export my-data
    """
    with messages():
        options.check_folder(target)
        from experiments import data as folders

        files = folders.export(target, data)
    typer.echo(f"{len(files)} files in {target}; after editing: gp-settlement data check {target}")


@data_app.command(name="check")
def check_data(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data folder.")]) -> None:
    """Tell everything that is wrong with a data folder at once.

    Example: gp-settlement data check my-data
    """
    with messages():
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
    data: options.Data = None,
) -> None:
    """Make a data folder of other regions, such as provinces, from municipalities.

    Example: gp-settlement data regroup provinces --by docs/examples/provinces.csv
    """
    with messages():
        options.check_folder(target)
        from experiments import data as folders

        made = folders.regroup(by, target, data)
        typer.echo(f"{target}: {len(made)} regions; gp-settlement run --data {target} runs on them")
