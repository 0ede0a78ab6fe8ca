"""Scenario files: TOML, from the library or from a path, with settings given on the command line.

A file holds what differs from the scenario it inherits from, and that from its own base, down to the defaults.
"""

from __future__ import annotations

import copy
import functools
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Any, get_args

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

import abm
import regions
from abm import levers, national
from abm.fixed import OF_THE_DATA, OVERRIDES, national_table, prepare
from experiments import groups
from experiments.errors import InputError, nearest, shown
from regions.schema import GROUPED

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

LIBRARY = Path(__file__).parent / "library"
LANGUAGES = ("nl", "en")
FORMAT = 1
"""Version of the format of scenario files."""
TABLES = ("national", "attractiveness")
"""Scenario fields that hold a value by name."""
KINDS: Mapping[str, type[levers.Lever]] = {
    model.model_fields["kind"].default: model for model in get_args(get_args(levers.AnyLever)[0])
}
"""The class of each kind of lever."""
MOST_BYTES = 200_000  # of a file; those of the library have 3,000
LINES_AT_MOST = 1000  # of a file in which faults are told by line
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NAME_ALLOWED = "allowed are letters, digits, _ . and -, a letter or digit first"
NO_FILE_NAME = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.", re.IGNORECASE)
"""Names that Windows keeps for itself or cuts short; the name is also that of the results folder."""
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

COUNTED = ("euro", "persons", "places", "patients")
"""Units of which nobody gives thousandths."""

Keys = tuple[str | int, ...]
"""Where a value is: keys, and places in a list."""
Fault = tuple[Keys, str]
TOO_LARGE: Fault = ((), "a number in it is too large, or too near 0, to work with")


class _Grouped(float):
    """A number with three decimals, which in Dutch would be thousands; `text` is how it was written."""

    text: str


def _number(text: str) -> float:
    """Return a number of TOML; one that may be meant as thousands remembers how it was written."""
    if not GROUPED.fullmatch(text):
        return float(text)
    number = _Grouped(text)
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


@dataclass(frozen=True)
class NamedScenario:
    """A scenario with a title and a description for people, by language (nl, en).

    `sources` tells where values come from, by parameter or lever.field; `choices` what the file says of the regions of
    each lever, by the lever's name.
    """

    scenario: abm.Scenario
    title: Mapping[str, str]
    description: Mapping[str, str]
    sources: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The scenario's name, also that of its results folder."""
        return self.scenario.name


def late_lines(scenario: abm.Scenario, data: regions.Regions) -> Iterator[str]:
    """Yield a sentence for people on each lever of which no GP comes before the run ends."""
    training = int(national.NationalParameters.from_table(national_table(scenario, data)).duration[0])
    for lever in scenario.levers:
        if lever.first_trainees is not None and (year := lever.first_trainees + training) >= scenario.end_year:
            yield (
                f"Too late for this run: the first GPs of {lever.name} come in {year}, "
                f"and the run ends on 1 January {scenario.end_year}."
            )


def library() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(file.stem for file in LIBRARY.glob("*.toml"))


def load(name_or_path: str | Path, settings: Iterable[str] = (), data: regions.Regions | None = None) -> NamedScenario:
    """Read a scenario of the library, or a scenario file (a path that ends in .toml).

    Args:
        name_or_path: the scenario.
        settings: texts KEY=VALUE that replace the file's values: VALUE as in TOML, KEY a scenario field, national.ID,
            attractiveness.REGION, LEVER.FIELD by the lever's name, or the field alone where one lever has it.
        data: the regions that it is for; those that come along if None. Groups of regions become their codes.

    Raises:
        InputError: a line for each fault: file and line, key, what was found, what is allowed.
    """
    data = _shipped() if data is None else data
    chain, faults = _chain(_find(name_or_path))
    file = chain[0]
    faults += [line for one in chain for line in _heading_faults(one)]
    draft = _merged(chain)
    faults += draft.told(_faults(draft.values, data))
    if file.path.resolve().parent != LIBRARY.resolve() and (taken := _taken(str(draft.values["name"]))):
        faults += draft.told([(("name",), f"found {shown(draft.values['name'])}, {taken}; give another name")])
    faults += _source_faults(chain, draft)
    if faults:
        raise InputError("\n".join(faults))
    settings = list(settings)
    if settings:
        faults = [fault for setting in settings for fault in _set(draft, setting)]
        if faults := faults or draft.told(_faults(draft.values, data)):
            raise InputError("\n".join(faults))
    scenario = abm.Scenario.model_validate(_with_codes(draft.values, data)[0])
    if faults := draft.told(_contradictions(scenario, data)):
        raise InputError("\n".join(faults))
    heading = Heading.model_validate(_split(file.values)[0])
    title, description = (text.model_dump(exclude_defaults=True) for text in (heading.title, heading.description))
    # A map of a changed baseline must not be titled as the baseline.
    changed = ", ".join(setting for setting in settings if not setting.startswith("end_year="))
    if changed:
        title = {language: f"{text}; {changed}" for language, text in title.items()}
    choices = {name: lever["regions"] for name, lever in draft.levers().items() if "regions" in lever}
    return NamedScenario(scenario, title, description, draft.sources, choices)


def _taken(name: str) -> str:
    """Return why a scenario of one's own cannot have this name; empty if it can."""
    if name.casefold() in library():
        return "which is a scenario of the library"
    return "which is no name of a folder on Windows" if NO_FILE_NAME.fullmatch(name) else ""


def check_name(file: Path) -> None:
    """Raise `InputError` for a file after which no scenario of one's own can be called."""
    reason = _taken(file.stem) if NAME.fullmatch(file.stem) else NAME_ALLOWED
    if reason:
        raise InputError(f"{file}: found {shown(file.stem)}, {reason}; give another name")


@functools.cache
def _shipped() -> regions.Regions:
    return regions.load()


# Files ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
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


def _find(name_or_path: str | Path) -> _File:
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return _read(path, str(name_or_path))
    if str(name_or_path) not in library():
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


def _read(path: Path, label: str) -> _File:
    content = _content(path, label)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        values = tomllib.loads(text, parse_float=_number)
    except (ValueError, RecursionError) as error:  # also numbers and nesting that are too long for Python
        raise InputError(f"{label}: is not TOML in UTF-8: {error}") from None
    found = values.get("format", FORMAT)
    if isinstance(found, int) and found > FORMAT:
        raise InputError(
            f"{label}: format: found {shown(found)}, allowed is {FORMAT}: the file is for a newer gp-settlement"
        )
    return _File(path, label, text, values)


def _chain(file: _File) -> tuple[list[_File], list[str]]:
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


def _base(file: _File, name: object) -> _File:
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


def _split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said about a file and what its scenario holds."""
    own, rest = dict[str, Any](), dict[str, Any]()
    for key, value in values.items():
        (own if key in Heading.model_fields else rest)[key] = value
    return own, rest


def _heading_faults(file: _File) -> list[str]:
    own, _ = _split(file.values)
    own.pop("inherits", None)  # told where the base is looked for
    try:
        Heading.model_validate(own)
    except ValidationError as error:
        return [f"{file.place(path)}: {_key(own, path)}: {text}" for path, text in _explain(own, error)]
    return []


# From files to one scenario ------------------------------------------------------------------------------------------


@dataclass
class _Draft:
    """The values of a scenario and of those it inherits from, with the file that each value comes from."""

    label: str
    values: dict[str, Any] = field(default_factory=dict)
    origin: dict[Keys, tuple[_File, Keys] | None] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def told(self, faults: Iterable[Fault]) -> list[str]:
        """Return a line for each fault."""
        lines = [(self.place(path), _key(self.values, path), text) for path, text in faults]
        return [": ".join(part for part in line if part) for line in lines]

    def place(self, path: Keys) -> str:
        """Return file and line of a value, or that it was set."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origin:
                found = self.origin[path[:length]]
                return f"{self.label}, settings" if found is None else found[0].place(found[1] + path[length:])
        return self.label

    def levers(self) -> dict[str, dict[str, Any]]:
        """Return the levers that have a name, by it."""
        found = self.values.get("levers")
        items = found if isinstance(found, list) else []
        return {name: lever for lever in items if (name := _lever_name(lever)) is not None}

    def say(self, path: Keys, value: object, origin: tuple[_File, Keys] | None) -> None:
        """Put a value in its place; where it comes from replaces what was known of the old one.

        Raises `InputError` where there is no such place.
        """
        at: Any = self.values
        for part in path[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
            if not isinstance(at, dict | list):
                raise InputError(f"{part} is {shown(at)}, which has no parts")
        if isinstance(at, list) and not isinstance(path[-1], int):
            raise InputError(f"{path[-2]} is {shown(at)}, which has no parts with a name")
        if isinstance(at, list) and path[-1] == len(at):
            at.append(value)
        else:
            at[path[-1]] = value
        self.origin = {known: file for known, file in self.origin.items() if known[: len(path)] != path}
        self.origin[path] = origin
        key = _key(self.values, path).removeprefix("levers.")
        self.sources = {k: v for k, v in self.sources.items() if k != key and not k.startswith(f"{key}.")}


def _lever_name(lever: object) -> str | None:
    """Return the name of a lever as it stands in a file."""
    name = lever.get("name") or lever.get("kind") if isinstance(lever, dict) else None
    return name if isinstance(name, str) else None


def _merged(chain: Sequence[_File]) -> _Draft:
    """Return a scenario with what it inherits: its own values replace those, a lever that of the same name."""
    draft = _Draft(chain[0].label)
    for file in reversed(chain):
        own, rest = _split(file.values)
        rest.pop("name", None)
        for key, value in rest.items():
            there = draft.values.get(key)
            if key == "levers" and isinstance(value, list):
                _add_levers(draft, file, value)
            elif key in TABLES and isinstance(value, dict) and isinstance(there, dict):
                for name, figure in value.items():
                    draft.say((key, name), figure, (file, (key, name)))
            else:
                draft.say((key,), copy.deepcopy(value), (file, (key,)))
        if isinstance(sources := own.get("sources"), dict):
            draft.sources |= sources
    first = chain[0]
    name = first.values.get("name", first.path.stem)
    draft.say(("name",), name, (first, ("name",)))
    return draft


def _add_levers(draft: _Draft, file: _File, items: list[Any]) -> None:
    """Put the levers of a file into the places of those of the same name, or after the others."""
    there = draft.values.get("levers")
    if not isinstance(there, list):
        draft.say(("levers",), [], (file, ("levers",)))
        there = draft.values["levers"]
    places: dict[str | None, int] = {_lever_name(lever): i for i, lever in enumerate(there)}
    places.pop(None, None)
    for number, lever in enumerate(items):
        at = places.pop(_lever_name(lever), len(there))
        draft.say(("levers", at), copy.deepcopy(lever), (file, ("levers", number)))


def _with_codes(values: Mapping[str, Any], data: regions.Regions) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values with the regions of levers as codes, and what is wrong with regions."""
    found = values.get("levers")
    if not isinstance(found, list):
        return dict(values), []
    items, faults = [], list[Fault]()
    for number, lever in enumerate(found):
        if isinstance(lever, dict) and "regions" in lever:
            try:
                lever = {**lever, "regions": groups.codes(lever["regions"], data)}
            except InputError as error:
                faults += [(("levers", number, "regions"), line) for line in str(error).splitlines()]
                lever = {key: value for key, value in lever.items() if key != "regions"}
        items.append(lever)
    return {**values, "levers": items}, faults


def _faults(values: Mapping[str, Any], data: regions.Regions) -> list[Fault]:
    """Return what is wrong with values, each for itself."""
    resolved, faults = _with_codes(values, data)
    unclear = {path[:-1] for path, _ in faults}
    grouped = dict(_all_thousands(values))
    faults += grouped.items()
    try:
        abm.Scenario.model_validate(resolved)
    except ValidationError as error:
        # What is wrong with a lever as a whole may be so because its regions are.
        faults += [fault for fault in _explain(values, error) if fault[0] not in {*unclear, *grouped}]
    except OverflowError:
        faults.append(TOO_LARGE)
    if isinstance(ids := values.get("national"), dict):
        for key in ids:
            if key in OF_THE_DATA:
                faults.append((("national", key), "is fixed by the data folder; change it there"))
            elif key not in national.REQUIRED_IDS:  # of these the scenario itself refuses some
                faults.append((("national", key), f"no such parameter{nearest(key, OVERRIDES)}"))
    if isinstance(places := values.get("attractiveness"), dict):
        named: dict[int, str] = {}
        for key in places:
            try:
                first = named.setdefault(data.index(key), key)
            except regions.DataError as error:
                faults.append((("attractiveness", key), str(error)))
            else:
                if first != key:
                    faults.append((("attractiveness", key), f"is the same region as {first}, allowed is once"))
    return faults


def _all_thousands(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield each count or amount in euro, of scenario or lever, that may be meant as thousands."""
    yield from _thousands(values, abm.Scenario.model_fields)
    items = values.get("levers")
    for number, lever in enumerate(items if isinstance(items, list) else ()):
        if isinstance(lever, dict) and lever.get("kind") in list(KINDS):
            yield from _thousands(lever, KINDS[lever["kind"]].model_fields, ("levers", number))
            yield from _thousands(lever.get("cost"), levers.Cost.model_fields, ("levers", number, "cost"))


def _thousands(values: object, fields: Mapping[str, FieldInfo], path: Keys = ()) -> Iterator[Fault]:
    """Yield each count or amount among values that was written with three decimals, at `path` and below."""
    for key, value in values.items() if isinstance(values, dict) else ():
        about = fields[key].json_schema_extra if key in fields else None
        counted = isinstance(about, dict) and str(about.get("unit")).startswith(COUNTED)
        parts = value.items() if isinstance(value, dict) else [(None, value)]
        for part, one in parts if counted else ():
            if isinstance(one, _Grouped):
                where = (*path, key) if part is None else (*path, key, part)
                whole = one.text.replace(".", "")
                yield (
                    where,
                    (
                        f"found {one.text}, which TOML reads as {one:g}; write {whole}.0 for {int(whole):,}, "
                        f"or {one.text}0 for {one:g}"
                    ),
                )


def _contradictions(scenario: abm.Scenario, data: regions.Regions) -> list[Fault]:
    """Return what of a scenario contradicts itself or the data."""
    faults, kept = list[Fault](), list[levers.AnyLever]()
    with_sites = levers.with_sites(scenario, data)
    first = int(data.base_year)
    if not first < scenario.end_year <= first + national.HORIZON:
        allowed = f"{first + 1} to {first + national.HORIZON}"
        return [(("end_year",), f"found {scenario.end_year}, allowed with these data is {allowed}")]
    adjustment = int(scenario.national.get("bijsturingsjaar", data.national["bijsturingsjaar"]))
    for number, lever in enumerate(scenario.levers):
        some = scenario.model_copy(update={"levers": (*kept, lever)})
        try:
            levers.effects(some, with_sites, adjustment)
        except ValueError as error:
            faults.append(_at_lever(number, lever, str(error)))
        else:
            kept.append(lever)
    if faults:
        return faults
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            prepare(scenario, data)
    except ValueError as error:
        heading, *lines = str(error).splitlines()  # with lines below it if it is of the national model's table
        told = [f"national.{line}" for line in lines] or [heading]
        return [(tuple(key.split(".")), text) for key, _, text in (line.partition(": ") for line in told)]
    except (OverflowError, FloatingPointError):
        return [TOO_LARGE]
    return []


def _at_lever(number: int, lever: levers.AnyLever, message: str) -> Fault:
    """Return the fault of a lever from the message of the model."""
    key, _, text = message.partition(": ")
    fields = key.removeprefix(f"levers.{lever.name}").strip(".") if key != "levers" else ""
    return ("levers", number, *fields.split(".")) if fields else ("levers", number), text


def _source_faults(chain: Iterable[_File], draft: _Draft) -> list[str]:
    """Return what is wrong with the keys of sources: they name a parameter, or a lever and its field."""
    by_name = {name: KINDS.get(str(lever.get("kind"))) for name, lever in draft.levers().items()}
    known = [key for key in abm.Scenario.model_fields if key not in ("name", "levers")]
    known += [f"{name}.{key}" for name, model in by_name.items() if model for key in _lever_fields(model)]
    faults = []
    for file in chain:
        sources = file.values.get("sources")
        for key in sources if isinstance(sources, dict) else ():
            if key not in known and key.partition(".")[0] not in TABLES:
                place = file.place(("sources", key))
                faults.append(f"{place}: {_key({}, ('sources', key))}: no such parameter{nearest(key, known)}")
    return faults


def _lever_fields(model: type[levers.Lever]) -> list[str]:
    """Return the keys of a lever's values, those of its cost with a point."""
    return [*model.model_fields, *(f"cost.{name}" for name in levers.Cost.model_fields)]


# Settings ------------------------------------------------------------------------------------------------------------


def _set(draft: _Draft, setting: str) -> list[str]:
    """Put a setting KEY=VALUE among the values; return what is wrong with it."""
    key, equals, text = (piece.strip() for piece in setting.partition("="))
    if not (key and equals and text):
        return [f"--set {setting}: found no KEY=VALUE, allowed: for instance intake=900"]
    try:
        parsed = tomllib.loads(f"value = {text}", parse_float=_number)
    except (ValueError, RecursionError):
        # A bare word is a text: shells eat the quotes that TOML wants.
        parsed = {"value": text} if re.fullmatch(r"[A-Za-z][\w-]*", text) else {}
    if parsed.keys() != {"value"}:
        return [f"--set {setting}: {text!r} is no TOML value; some are 900, 0.5, reference, {{2030=900}}"]
    try:
        draft.say(_target(draft, key), parsed["value"], None)
    except InputError as error:
        return [f"{draft.label}, settings: {key}: {error}"]
    return []


def _target(draft: _Draft, key: str) -> Keys:
    """Return which value the key of a setting means."""
    head, *rest = key.split(".")
    if head in TABLES and rest:
        return head, key.removeprefix(f"{head}.")
    if key in abm.Scenario.model_fields:
        return (key,)
    kinds = {name: lever.get("kind") for name, lever in draft.levers().items()}
    models = {name: KINDS[str(kind)] for name, kind in kinds.items() if str(kind) in KINDS}
    if head in models and rest:
        owners, keys = [head], rest
    else:
        owners, keys = [name for name, model in models.items() if head in model.model_fields], [head, *rest]
    if len(owners) > 1:
        raise InputError(f"several levers have it; say {' or '.join(f'{owner}.{key}' for owner in owners)}")
    if not owners:
        fields = [f"{name}.{one}" for name, model in models.items() for one in _lever_fields(model)]
        known = [*abm.Scenario.model_fields, *fields]
        raise InputError(f"no such parameter{nearest(key, known)}")
    number = [_lever_name(lever) for lever in draft.values["levers"]].index(owners[0])
    return "levers", number, *keys


# Messages ------------------------------------------------------------------------------------------------------------


def _explain(values: Mapping[str, Any], error: ValidationError) -> list[Fault]:
    """Return what is wrong with which value: what was found and what is allowed."""
    faults: dict[Keys, list[ErrorDetails]] = {}
    for fault in error.errors():
        faults.setdefault(_path(values, fault["loc"]), []).append(fault)
    # Of a field with several types, the fault that lies deepest tells most.
    deepest = {
        path: found
        for path, found in faults.items()
        if not any(other != path and other[: len(path)] == path for other in faults) or _is_lever(path)
    }
    return [(path, _text(values, path, found)) for path, found in deepest.items()]


def _is_lever(path: Keys) -> bool:
    return len(path) == 2 and path[0] == "levers"


def _text(values: Mapping[str, Any], path: Keys, faults: Sequence[ErrorDetails]) -> str:
    kind = faults[0]["type"]
    if path == ("name",):
        return f"found {shown(faults[0]['input'])}, {NAME_ALLOWED}; rename the file, or set name in it"
    if kind == "extra_forbidden":
        noun = "language" if path[0] in ("title", "description") else "parameter"
        return f"no such {noun}{_known(values, path)}"
    if kind == "value_error":
        return str(faults[0]["ctx"]["error"])
    if kind == "union_tag_not_found":
        return f"found no kind; there are {', '.join(KINDS)}"
    if kind == "union_tag_invalid":
        found = _value(values, (*path, "kind"))
        return f"kind: found {shown(found)}{nearest(str(found), KINDS)}"
    allowed = dict.fromkeys(_allowed(fault["msg"]) for fault in faults)
    return f"found {shown(faults[0]['input'])}, allowed: {', or '.join(allowed)}"


def _allowed(message: str) -> str:
    """Return what is allowed, in the words of TOML."""
    text = re.sub("^(Input|String|Value) should (be )?", "", message)
    text = re.sub("^match pattern", "text that matches", text)
    text = re.sub("^have", "text that has", text)
    text = re.sub("a valid dictionary or instance of Texts", "a table with nl and en", text)
    text = re.sub("a valid dictionary or .*", "a table", text)
    for ours, theirs in {"table": "valid dictionary", "list": "valid tuple", "whole number": "valid integer"}.items():
        text = text.replace(theirs, ours)
    return text.replace("a valid string", "text")


def _known(values: Mapping[str, Any], path: Keys) -> str:
    """Return the end of the message about a key that is not known."""
    key = str(path[-1])
    if path[0] in ("title", "description"):
        misplaced = key in abm.Scenario.model_fields or key in Heading.model_fields
        return "; it belongs above the first line in [brackets]" if misplaced else f"; there are {', '.join(LANGUAGES)}"
    if path[0] == "levers" and len(path) > 2:
        model = KINDS[_value(values, (*path[:2], "kind"))]
        return nearest(key, levers.Cost.model_fields if path[2] == "cost" and len(path) > 3 else model.model_fields)
    if kinds := [kind for kind, model in KINDS.items() if key in model.model_fields]:
        where = "a lever" if len(kinds) == len(KINDS) else f"a lever of kind {' or '.join(kinds)}"
        return f"; it belongs to {where}, below [[levers]]"
    return nearest(key, [*abm.Scenario.model_fields, *Heading.model_fields], abm.Scenario.model_fields)


def _value(values: Any, path: Keys) -> Any:
    for key in path:
        values = values[key]
    return values


def _path(values: Any, loc: Sequence[int | str]) -> Keys:
    """Return the part of a fault's location that is in the values, without the names of types in between."""
    if loc[0] == "levers":
        loc = (*loc[:2], *loc[3:])  # the third is the kind
    path: list[str | int] = []
    for part in loc:
        key = str(part) if isinstance(values, Mapping) else part  # the model may have made a number of a key
        here = isinstance(values, Mapping) and key in values
        if here or (isinstance(values, list) and isinstance(key, int) and key < len(values)):
            values = values[key]
            path.append(key)
    return tuple(path) or (loc[0],)


def _key(values: Mapping[str, Any], path: Keys) -> str:
    """Return a key as people write it, a lever by its name."""
    parts = [str(part) if BARE_KEY.fullmatch(str(part)) else json.dumps(part, ensure_ascii=False) for part in path]
    if len(path) > 1 and path[0] == "levers":
        number = int(path[1])
        name = _lever_name(values["levers"][number])
        parts[:2] = [f"levers.{name}" if name and BARE_KEY.fullmatch(name) else f"levers[{number + 1}]"]
    return ".".join(parts)
