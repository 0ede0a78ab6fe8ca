"""What helps to write a scenario file: a JSON Schema, with which editors complete and check it, and a starter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

import abm
from abm.fixed import OVERRIDES
from abm.levers import Cost, SettlementBonus
from experiments import groups, scenarios
from experiments.errors import InputError, shown
from experiments.scenario_faults import KINDS
from experiments.scenario_files import FORMAT, LANGUAGES, NAME, NAME_ALLOWED, Heading, library, taken
from experiments.scenarios import NamedScenario
from regions import Regions, tables

SCHEMA_FILE = "gp-settlement.schema.json"
DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that Taplo reads."""
OFTEN_CHANGED = ("end_year", "intake_current", "intake", "demand_scenario", "demand_level")
NOT_IN_STARTER = ("kind", "name", "regions", "cost")  # of a lever, where the others are listed
WIDEST = 118


class _ScenarioFile(Heading, abm.Scenario):
    """A scenario file of gp-settlement. What it does not say is as in the scenario that it inherits from."""


def schema(data: Regions) -> dict[str, Any]:
    """Return the JSON Schema of scenario files; regions, groups and national parameters are those of the data."""
    found = _ScenarioFile.model_json_schema()
    for model in KINDS.values():
        lever = found["$defs"][model.__name__]
        lever["properties"]["regions"] = {"$ref": "#/$defs/Regions"}
        lever["required"] = ["kind", "regions"] if model.needs_regions else ["kind"]
    found["$defs"] |= {"Regions": _regions(data), "Worst": groups.Worst.model_json_schema()}
    found["properties"]["inherits"] |= {"anyOf": [{"enum": library()}, {"pattern": r"\.toml$"}]}
    for key in ("title", "description"):
        del found["properties"][key]["default"]
    names = dict.fromkeys(name for r in data.members for name in (r.code, r.name, r.name_nl, r.name_en))
    number = {"type": "number"}
    _only(found["properties"]["attractiveness"], dict.fromkeys(names, number))
    _only(found["properties"]["national"], {key: number | about for key, about in _national(data).items()})
    _tell(found)
    return {"$schema": DRAFT, **found, "title": "Scenario file of gp-settlement"}


def _regions(data: Regions) -> dict[str, Any]:
    """Return the schema of the regions of a lever, with the words that the data know."""
    found = TypeAdapter(groups.Choice).json_schema(ref_template="#/$defs/{model}")
    one, worst, several = found["anyOf"]
    one = one | {"enum": groups.words(data)}
    text = "codes, names or groups of regions; none is the whole country"
    return {"anyOf": [one, worst, several | {"items": {"anyOf": [one, worst]}}], "description": text}


def _national(data: Regions) -> dict[str, dict[str, str]]:
    """Return what is known of the national parameters that a scenario can replace."""
    table = tables.read(data.folder, "national_parameters").set_index("id")
    known = table[table.index.isin(OVERRIDES)]
    return {str(key): {"description": f"{row['meaning']} [{row['unit']}]"} for key, row in known.iterrows()}


def _only(node: dict[str, Any], keys: Mapping[str, Any]) -> None:
    node |= {"properties": dict(keys), "additionalProperties": False}


def _tell(node: Any) -> None:
    """Put unit and source into the descriptions: editors show those."""
    if isinstance(node, dict):
        about = [str(node[key]) for key in ("unit", "source") if isinstance(node.get(key), str) and node[key]]
        if about and isinstance(node.get("description"), str):
            node["description"] += f" [{'; '.join(about)}]"
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _tell(child)


def schema_text(data: Regions) -> str:
    """Return the JSON Schema as the text of a file."""
    return json.dumps(schema(data), indent=1, ensure_ascii=False) + "\n"


def write_starter(file: Path, base: str, data: Regions) -> Path:
    """Write a starter, and a schema beside it where there is none; return the file of the schema.

    `base` is a scenario of the library, or a file at or below the folder of the starter. Raises `InputError` for a
    file that is there already, for a name that is none, and for a base that cannot be used.
    """
    if file.suffix != ".toml":
        raise InputError(f"{file}: found {file.suffix or 'no suffix'}, allowed: .toml")
    if file.exists():
        raise InputError(f"{file} is there already; name a new file")
    if reason := taken(file.stem) if NAME.fullmatch(file.stem) else NAME_ALLOWED:
        raise InputError(f"{file}: found {shown(file.stem)}, {reason}; give another name")
    inherits = base
    if base not in library():
        named = Path(base).resolve()
        if named.suffix == ".toml" and not named.is_relative_to(file.parent.resolve()):
            raise InputError(f"--from {base}: found a file elsewhere, allowed: one at or below {file.parent.resolve()}")
        inherits = named.relative_to(file.parent.resolve()).as_posix() if named.suffix == ".toml" else base
    text = starter(file.stem, scenarios.load(base, (), data), inherits)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8", newline="\n") as target:
        target.write(text)
    beside = file.with_name(SCHEMA_FILE)
    if not beside.exists():
        beside.write_text(schema_text(data), encoding="utf-8", newline="\n")
    return beside


def starter(name: str, base: NamedScenario, inherits: str) -> str:
    """Return the text of a scenario file that loads at once; lines to use are there behind a #."""
    return "\n".join([*_head(name, base, inherits), *_levers(base)]) + "\n"


def _head(name: str, base: NamedScenario, inherits: str) -> Iterator[str]:
    yield f"#:schema ./{SCHEMA_FILE}"
    yield from _told(
        f"A scenario of gp-settlement: what differs from {inherits}. Lines that begin with # are comments; to use a "
        "line such as #intake = 720.0, take the # away. All that a file may hold is in the schema named above: an "
        "editor that knows it (VS Code with Even Better TOML, or Taplo) completes and checks what you write."
    )
    yield f"#   gp-settlement scenarios show {name}.toml   tells what it says, and where each value comes from"
    yield f"#   gp-settlement run {name}.toml              runs it"
    yield from ("", f"format = {FORMAT}", f"inherits = {toml(inherits)}", "")
    yield "# Parameters: above the first line in [brackets]."
    for key, field in abm.Scenario.model_fields.items():
        value = getattr(base.scenario, key)
        if key in OFTEN_CHANGED or (
            key not in ("name", "levers") and value != field.get_default(call_default_factory=True)
        ):
            yield from _line(key, value, field)
    yield from ("", "[title]")
    for language, copy_of in zip(LANGUAGES, ("kopie van", "copy of"), strict=True):
        yield f"{language} = {toml(f'{name}: {copy_of} {base.title.get(language, inherits)}')}"
    yield from (
        "",
        "#[description]",
        '#nl = "Wat er wordt aangenomen, en waarom."',
        '#en = "What is assumed, and why."',
    )
    yield from ("", "# Where your values come from, by parameter or lever.field; shown with them.")
    yield from ("#[sources]", '#intake = "E006"', "")


def _levers(base: NamedScenario) -> Iterator[str]:
    yield from _told(f"Levers: a block for each. Kinds: {', '.join(KINDS)}.")
    yield from _told(
        f'regions: codes, names, a province, "{groups.SHORTAGE}" (the five of 2018), "{groups.RANDSTAD}", '
        f'"{groups.ALL}", or the worst of the base year: {{worst = 5, indicator = "vacancy_rate"}}; or a list of these.'
    )
    yield from _told("A lever replaces that of the same name in the scenario that is inherited from.")
    example = SettlementBonus(name="bonus", regions=(groups.SHORTAGE,))
    for lever in base.scenario.levers or (example,):
        yield from ("", "#[[levers]]", f"#kind = {toml(lever.kind)}", f"#name = {toml(lever.name)}")
        if lever.regions:
            yield f"#regions = {toml(base.choices.get(lever.name, lever.regions))}"
        for key, field in type(lever).model_fields.items():
            if key not in NOT_IN_STARTER:
                yield from _line(key, getattr(lever, key), field)
        yield "#[levers.cost]"
        for key, field in Cost.model_fields.items():
            yield from _line(key, getattr(lever.cost, key), field)


def _told(text: str) -> list[str]:
    return wrap(text, WIDEST, initial_indent="# ", subsequent_indent="# ")


def _line(key: str, value: object, field: FieldInfo) -> Iterator[str]:
    """Yield a line to use, with what it is."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    low, high = (
        [f"{bound:g}" for rule in field.metadata if (bound := getattr(rule, end, None)) is not None]
        for end in ("ge", "le")
    )
    bounds = " to ".join(low + high) if high else "".join(f"{bound} and more" for bound in low)
    source = extra.get("source")
    about = [field.description, extra.get("unit"), bounds, "" if source == "user" else source]
    text = "; ".join(str(part) for part in about if part)
    line = f"#{key} = {toml(value)}  # {text}"
    if len(line) <= WIDEST:
        yield line
    else:
        yield from _told(text)
        yield f"#{key} = {toml(value)}"


def toml(value: object) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{toml(str(key))} = {toml(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
