"""Scenario files: what may stand in one, where they are found, and what they inherit from.

A file holds what differs from the scenario it inherits from, and that from its own base, down to the defaults.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from experiments.errors import InputError, nearest, shown
from regions.schema import GROUPED

LIBRARY = Path(__file__).parent / "library"
LANGUAGES = ("nl", "en")
FORMAT = 1
"""Version of the format of scenario files."""
MOST_BYTES = 200_000  # of a file; those of the library have 3,000
LINES_AT_MOST = 1000  # of a file in which faults are told by line
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NAME_ALLOWED = "allowed are letters, digits, _ . and -, a letter or digit first"
NO_FOLDER = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.", re.IGNORECASE)
"""Names that Windows keeps for itself or cuts short; a scenario's is also that of its results folder."""

AT_FAULT = re.compile(r" \(at line (\d+), column (\d+)\)$")
"""Where Python says that a text is not TOML."""

Keys = tuple[str | int, ...]
"""Where a value is: keys, and places in a list."""


class Grouped(float):
    """A number with three decimals, which in Dutch would be thousands; `text` is how it was written."""

    text: str


def taken(name: str) -> str:
    """Return why a scenario of one's own cannot have this name; empty if it can."""
    if name.casefold() in library():
        return "which is a scenario of the library"
    return "which is no name of a folder on Windows" if NO_FOLDER.fullmatch(name) else ""


def read_number(text: str) -> float:
    """Return a number of TOML; one that may be meant as thousands remembers how it was written."""
    if not GROUPED.fullmatch(text):
        return float(text)
    number = Grouped(text)
    number.text = text
    return number


def _readable(text: str) -> str:
    if not text.strip() or not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError(f"found {shown(text)}, allowed is text that can be read")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_readable)]


class Texts(BaseModel):
    """A text for people in Dutch and in English."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    nl: Text = Field("", description="in Dutch")
    en: Text = Field("", description="in English")


class Heading(BaseModel):
    """What a scenario file holds beside the parameters of the scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int = Field(FORMAT, ge=FORMAT, le=FORMAT, description="version of the format of this file")
    inherits: Text = Field(
        "", description="what it starts from: a scenario of the library, or a file at or below the folder of this one"
    )
    title: Texts = Field(Texts(), description="a line for above a map or table")
    description: Texts = Field(Texts(), description="what is assumed, and why")
    sources: dict[str, Text] = Field(
        default_factory=dict, description="where values of this file come from, by parameter or lever.field"
    )


def library() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(file.stem for file in LIBRARY.glob("*.toml"))


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file as it stands; `label` is what the user knows it by."""

    path: Path
    label: str
    text: str
    values: dict[str, Any]

    def place(self, path: Keys) -> str:
        """Return the file and the line where a value is, or the table it would be in."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.label}, line {self.lines[path]}" if path else self.label

    @functools.cached_property
    def lines(self) -> Mapping[Keys, int]:
        """The line on which each value begins: that after the last line up to which the text is whole without it."""
        found: dict[Keys, int] = {}
        lines, begin = self.text.split("\n")[:LINES_AT_MOST], 1
        for end in range(1, len(lines) + 1):
            try:
                values = tomllib.loads("\n".join(lines[:end]))
            except ValueError:
                continue  # in the middle of a value
            for path in _paths(values):
                found.setdefault(path, begin)
            begin = end + 1
        return found


def _paths(values: object, path: Keys = ()) -> Iterable[Keys]:
    if path:
        yield path
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        yield from _paths(value, (*path, key))


def find(name_or_path: str | Path) -> ScenarioFile:
    """Return a scenario of the library, or a file (a path that ends in .toml); raises `InputError`."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return _read(path, str(name_or_path))
    if str(name_or_path) not in library():
        if (file := Path(f"{name_or_path}.toml")).is_file():
            raise InputError(f"scenario {name_or_path}: not in the library; a file is named in full: {file}")
        raise InputError(
            f"scenario {name_or_path}: not in the library, nor a file that ends in .toml"
            f"{nearest(str(name_or_path), library())}"
        )
    return _read(LIBRARY / f"{name_or_path}.toml", str(name_or_path))


def _content(path: Path, label: str) -> bytes:
    """Return what is in a file that may be a scenario; a pipe would be waited for, and a device has no end."""
    if path.exists() and not path.is_file():
        raise InputError(f"{label}: is no file")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{label}: cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{label}: found more than {MOST_BYTES:,} bytes, which is no scenario file")
    return content


def _read(path: Path, label: str) -> ScenarioFile:
    content = _content(path, label)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line, byte = error.object.count(b"\n", 0, error.start) + 1, error.object[error.start]
        raise InputError(f"{label}, line {line}: found byte {byte:#x}, allowed is text in UTF-8: save it so") from None
    try:
        values = tomllib.loads(text, parse_float=read_number)
    except (ValueError, RecursionError) as error:  # also numbers and nesting that are too long for Python
        raise InputError(f"{label}{_no_toml(text, str(error))}") from None
    found = values.get("format", FORMAT)
    if isinstance(found, int) and found > FORMAT:
        raise InputError(
            f"{label}: format: found {shown(found)}, allowed is {FORMAT}: the file is for a newer gp-settlement"
        )
    return ScenarioFile(path, label, text, values)


def _no_toml(text: str, error: str) -> str:
    """Return where a text is not TOML, what was found there, and what is allowed."""
    place = AT_FAULT.search(error)
    if place is None:
        return f": is not TOML: {error}"
    number, column = map(int, place.groups())
    line = text.split("\n")[number - 1]
    wrong = shown(line[column - 1 :]) if line[column - 1 :] else "its end"
    told = f", line {number}: found {shown(line.strip())}, in which {wrong} is not TOML ({error[: place.start()]})"
    return f'{told}; allowed: KEY = VALUE, with values such as 900, 0.5, "text", ["text", "text"] or true'


def chain(file: ScenarioFile) -> tuple[list[ScenarioFile], list[str]]:
    """Return a file, its base, the base of that and so on, and what is wrong with these."""
    chain = [file]
    while (name := chain[-1].values.get("inherits")) is not None:
        file = chain[-1]
        try:
            base = _base(file, name)
            if base.path.resolve() in [one.path.resolve() for one in chain]:
                round_ = ", ".join(one.label for one in (*chain, base))
                raise InputError(f"goes round in a circle: {round_}")
        except (InputError, RuntimeError) as error:  # Python 3.11 has the latter for links in a circle
            return chain, [f"{file.place(('inherits',))}: inherits: {error}"]
        chain.append(base)
    return chain, []


def _base(file: ScenarioFile, name: object) -> ScenarioFile:
    """Return the file that a file inherits from."""
    allowed = "a scenario of the library, or a .toml file at or below the folder of this one, with / between folders"
    if not isinstance(name, str) or not name.isprintable():
        raise InputError(f"found {shown(name)}, allowed is {allowed}")
    if not name.endswith(".toml"):
        if name not in library():
            raise InputError(f"found {shown(name)}, which the library does not have{nearest(name, library())}")
        return _read(LIBRARY / f"{name}.toml", name)
    path = file.path.parent / name
    escapes = "\\" in name or PureWindowsPath(name).anchor or ".." in PurePosixPath(name).parts
    if escapes or not path.resolve().is_relative_to(file.path.parent.resolve()):
        raise InputError(f"found {shown(name)}, allowed is {allowed}: no absolute path, no ..")
    if not path.is_file():
        others = sorted(one.name for one in path.parent.glob("*.toml") if one != file.path)
        raise InputError(f"found {shown(name)}, which is not there{nearest(path.name, [*others, *library()])}")
    return _read(path, str(Path(file.label).parent / name))


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said about a file and what its scenario holds."""
    own, rest = dict[str, Any](), dict[str, Any]()
    for key, value in values.items():
        (own if key in Heading.model_fields else rest)[key] = value
    return own, rest
