"""The command line. Commands import what they need when they run: help must come at once."""

from __future__ import annotations

import importlib.util
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import typer

from experiments import cli_inputs, cli_model, cli_results, cli_runs
from experiments.cli_options import WithSettings
from experiments.console import BAD_INPUT, tell

PACKAGES = ("abm", "regions", "experiments")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Where do Dutch general practitioners settle, region by region? A simulator for policy research.\n\n"
    "Example: gp-settlement run baseline",
)
app.command(cls=WithSettings)(cli_runs.run)
app.command(cls=WithSettings)(cli_runs.compare)
app.command()(cli_model.calibrate)
app.command(name="map")(cli_results.draw_map)
app.command()(cli_results.report)
app.command(name="national")(cli_model.national_model)
app.command(name="trace")(cli_model.tell_career)
app.add_typer(cli_model.validate_app, name="validate")
app.add_typer(cli_inputs.scenarios_app, name="scenarios")
app.add_typer(cli_inputs.data_app, name="data")


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
            tell(error)
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
