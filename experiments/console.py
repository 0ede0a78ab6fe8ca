"""What the commands have in common in the terminal: exit codes, messages, progress, and how tables look."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich import box

from experiments.errors import InputError, readable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LOOK: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "caption_justify": "left"}
"""How tables look."""
SOME_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
"""Exit codes."""
LINE_SECONDS = 30
"""Where there is no terminal for a bar, how often a line tells how far it is."""
PACE_SECONDS = 3600
"""The time left is told from the pace of so long before."""


def screen(*, stderr: bool = False) -> Console:
    """Return the terminal, on which a text in [brackets] from a file is just that."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False)


def show(parts: Iterable[RenderableType]) -> None:
    """Print tables and texts."""
    console = screen()
    for part in parts:
        console.print(part)


def need(package: str, extra: str) -> None:
    """Raise `InputError` when a package of an extra is not installed."""
    if importlib.util.find_spec(package) is None:
        raise InputError(f"this command needs the extra {extra}; {_installing(extra)}")


def _installing(extra: str) -> str:
    """Return how to install an extra: into the environment at work, as the documentation has it."""
    python, checkout = Path(sys.executable), Path(__file__).parent.parent
    if not (checkout / "constraints.txt").exists():
        return f'with the file gp-settlement was installed from: {python} -m pip install "FILE.whl[{extra}]"'
    if python.is_relative_to(checkout):
        python = python.relative_to(checkout)
    return f'in {checkout}: {python} -m pip install -c constraints.txt -e ".[{extra}]"'


@contextmanager
def messages() -> Iterator[None]:
    """Turn what a user can put right into a message and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Interrupted. What is finished is kept: the same command again goes on from there.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise  # whoever reads what is printed has seen enough
    except OSError as error:
        tell(error)
        raise typer.Exit(BAD_INPUT) from None
    except ValueError as error:
        from regions import DataError

        if not isinstance(error, InputError | DataError):
            raise
        typer.echo(readable(f"Error: {error}"), err=True)
        raise typer.Exit(BAD_INPUT) from None


def tell(error: OSError) -> None:
    """Tell of a disk that is full, a file that may not be written and the like."""
    file = str(error.filename2 or error.filename or "what is written")  # the second is what the first was copied to
    file = re.sub(r"\.new-\d+-", "", file)  # what it is called until it is whole
    typer.echo(readable(f"Error: {file}: {error.strerror or error}"), err=True)


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """Show runs done, time gone and time left on the error stream: a bar, or a line now and then where it is a file.

    Gives the function that moves it.
    """
    from rich import progress as bars

    console = screen(stderr=True)
    gone, left = bars.TimeElapsedColumn(), bars.TimeRemainingColumn()
    columns = ("runs", bars.BarColumn(), bars.MofNCompleteColumn(), gone, "gone,", left, "left")
    with bars.Progress(
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
