"""Options and arguments that several commands have, with their words of help."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from experiments.console import messages
from experiments.errors import InputError

if TYPE_CHECKING:
    from experiments.scenarios import NamedScenario
    from regions import Regions

IMAGES = (".png", ".svg", ".pdf")
MOST_RUNS = 100_000
"""Of a scenario: more is a slip of the finger, and would take hours."""

Language = Annotated[Literal["nl", "en"], typer.Option("--lang", help="Dutch or English.")]
MapLanguage = Annotated[Literal["nl", "en"], typer.Option("--lang", help="Of the map: Dutch or English.")]
ResultsFolder = Annotated[Path, typer.Argument(metavar="RESULTS", help="A results folder.")]
Replications = Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="Runs of each scenario, each with its own luck.")]
Seed = Annotated[int, typer.Option(min=0, help="What chance is drawn from: the same seed gives the same numbers.")]
Until = Annotated[int | None, typer.Option("--until", metavar="YEAR", help="Last year (1 January).")]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder.", show_default="the data that come along")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another value for a field, or LEVER.FIELD; repeatable."),
]
Ensemble = Annotated[
    bool, typer.Option("--ensemble", help="Let each run also draw what is not known, not chance alone.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace other results in the folder.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Processes at work.", show_default="as many as pay off"),
]
Cluster = Annotated[Literal["local"] | None, typer.Option("--cluster", help="On Dask: N processes of this machine.")]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="On the workers of a Dask scheduler, as tcp://127.0.0.1:8786."),
]


class WithSettings(TyperCommand):
    """A command with --set, which tells so to who gives a value of the scenario as an option of its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line."""
        known = {name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)}
        with messages():
            for word, after in pairwise([*args, ""]):
                option, equals, value = word.partition("=")
                if option.startswith("--") and option not in {"--", "--help", *known}:
                    _check_no_field(option, value if equals else after)
        return super().parse_args(ctx, args)


def _check_no_field(option: str, value: str) -> None:
    """Raise `InputError` for an option that is called as a value of the scenario, or of a lever."""
    import abm
    from experiments.scenario_faults import KINDS

    field = option.removeprefix("--").replace("-", "_")
    if field in abm.Scenario.model_fields or any(field in model.model_fields for model in KINDS.values()):
        allowed = f"--set {field}={'VALUE' if value.startswith('--') else value or 'VALUE'}"
        raise InputError(f"{option}: found as an option, but it is a value of the scenario; allowed: {allowed}")


def out(default: str) -> Any:
    """Return the option for a results folder; `default` tells which it is without the option."""
    return typer.Option("--out", metavar="DIR", help="Results folder.", show_default=default)


def scenario(name: str, settings: Sequence[str] | None, until: int | None, data: Regions) -> NamedScenario:
    """Return a scenario with the values that the options set."""
    from experiments import scenarios

    last = [] if until is None else [f"end_year={until}"]
    return scenarios.load(name, [*(settings or []), *last], data)


def check_suffix(file: Path, option: str, allowed: Sequence[str]) -> None:
    """Raise `InputError` for a file whose suffix is not one of those allowed."""
    if file.suffix.lower() not in allowed:
        raise InputError(f"{option} {file}: found {file.suffix or 'no suffix'}, allowed: {', '.join(allowed)}")


def check_file(file: Path, option: str = "") -> None:
    """Raise `InputError` where a file cannot be written; folders that are not there yet are no fault."""
    what = f"{option} {file}".lstrip()
    if file.is_dir():
        raise InputError(f"{what}: found a folder, allowed is a file")
    _check_writable(what, file.parent)


def check_folder(folder: Path, option: str = "") -> None:
    """Raise `InputError` where a folder is not there and cannot be made, or nothing can be written in it."""
    what = f"{option} {folder}".lstrip()
    if folder.is_file():
        raise InputError(f"{what}: found a file, allowed is a folder")
    _check_writable(what, folder)


def _check_writable(what: str, folder: Path) -> None:
    there = next((one for one in (folder, *folder.parents) if one.exists()), None)
    if there is None:
        raise InputError(f"{what}: cannot be written: {folder.anchor} is not there")
    if not there.is_dir():
        raise InputError(f"{what}: cannot be written: {there} is a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{what}: cannot be written: no leave to write in {there.absolute()}")


def check_one_of(options: Mapping[str, object]) -> None:
    """Raise `InputError` when more than one of some options is given."""
    given = [name for name, value in options.items() if value is not None]
    if len(given) > 1:
        both = "both" if len(given) == 2 else "all"
        raise InputError(f"{' and '.join(given)} exclude each other: found {both}, allowed is one of them")
