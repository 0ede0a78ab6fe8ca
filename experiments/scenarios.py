"""Scenario files: TOML, from the library or from a path, with settings given on the command line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

import abm
from abm.model import OF_THE_DATA, OVERRIDES
from experiments.errors import InputError, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LIBRARY = Path(__file__).parent / "library"
LANGUAGES = ("nl", "en")
TABLES = ("national", "attractiveness")
"""Scenario fields that hold a value by name."""


@dataclass(frozen=True)
class NamedScenario:
    """A scenario with a title and a description for people, by language (nl, en)."""

    scenario: abm.Scenario
    title: Mapping[str, str]
    description: Mapping[str, str]

    @property
    def name(self) -> str:
        """The scenario's name, also that of its results folder."""
        return self.scenario.name


def library() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(file.stem for file in LIBRARY.glob("*.toml"))


def load(name_or_path: str | Path, settings: Iterable[str] = ()) -> NamedScenario:
    """Read a scenario of the library, or a scenario file (a path that ends in .toml).

    `settings` are texts KEY=VALUE that replace the file's values: VALUE as in TOML, KEY a scenario field,
    national.ID or attractiveness.REGION.

    Raises `InputError`, with a line for each fault.
    """
    file = _find(name_or_path)
    values = _read(file)
    texts = {key: _texts(file, key, values.pop(key, {})) for key in ("title", "description")}
    values = {"name": file.stem} | values
    settings = list(settings)
    for setting in settings:
        _set(values, setting)
    try:
        scenario = abm.Scenario.model_validate(values)
    except ValidationError as error:
        raise InputError("\n".join(f"{name_or_path}: {line}" for line in _explain(values, error))) from None
    for key in scenario.national.keys() - set(OVERRIDES) - set(OF_THE_DATA):
        raise InputError(f"{name_or_path}: national.{key}: no such parameter{nearest(key, OVERRIDES)}")
    # A map of a changed baseline must not be titled as the baseline.
    changed = ", ".join(setting for setting in settings if not setting.startswith("end_year="))
    if changed:
        texts["title"] = {language: f"{text}; {changed}" for language, text in texts["title"].items()}
    return NamedScenario(scenario, **texts)


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    if str(name_or_path) not in library():
        raise InputError(
            f"scenario {name_or_path}: not in the library, nor a file that ends in .toml"
            f"{nearest(str(name_or_path), library())}"
        )
    return LIBRARY / f"{name_or_path}.toml"


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: is not TOML in UTF-8: {error}") from None


def _texts(file: Path, key: str, found: object) -> dict[str, str]:
    if isinstance(found, dict) and found.keys() <= set(LANGUAGES):
        return {language: str(text) for language, text in found.items()}
    raise InputError(f"{file}: {key}: found {found!r}, allowed: a text for each of nl and en")


def _set(values: dict[str, Any], setting: str) -> None:
    """Put a setting KEY=VALUE among the values."""
    key, equals, text = (piece.strip() for piece in setting.partition("="))
    if not (key and equals and text):
        raise InputError(f"--set {setting}: found no KEY=VALUE, allowed: for instance intake=900")
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        # A bare word is a text: shells eat the quotes that TOML wants.
        parsed = {"value": text} if re.fullmatch(r"[A-Za-z][\w-]*", text) else {}
    if parsed.keys() != {"value"}:
        raise InputError(f"--set {setting}: {text!r} is no TOML value; some are 900, 0.5, reference, {{2030=900}}")
    table, dot, name = key.partition(".")
    if dot and table in TABLES:
        values[table] = {**values.get(table, {}), name: parsed["value"]}
    else:
        values[key] = parsed["value"]


def _explain(values: Mapping[str, Any], error: ValidationError) -> list[str]:
    """Return a line for each fault: the key, what was found, what is allowed."""
    faults: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for fault in error.errors():
        faults.setdefault(_path(values, fault["loc"]), []).append(fault)
    lines = []
    for path, group in faults.items():
        if any(other != path and other[: len(path)] == path for other in faults):
            continue  # of a field with several types, the fault that lies deepest tells most
        key, kind = ".".join(path), group[0]["type"]
        if kind == "extra_forbidden":
            lines.append(f"{key}: no such parameter{nearest(key, abm.Scenario.model_fields)}")
        elif kind == "value_error":
            lines.append(f"{key}: {group[0]['ctx']['error']}")
        else:
            allowed = [re.sub("^(Input|String) should (be )?", "", fault["msg"]) for fault in group]
            lines.append(f"{key}: found {group[0]['input']!r}, allowed: {', or '.join(allowed)}")
    return lines


def _path(values: object, loc: Iterable[int | str]) -> tuple[str, ...]:
    """Return the part of a fault's location that is in the values, without the names of types in between."""
    path = []
    for part in map(str, loc):
        if isinstance(values, Mapping) and part in values:
            values = values[part]
            path.append(part)
    return tuple(path)
