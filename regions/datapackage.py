"""The description of a data folder for other programs: `datapackage.json`, made from the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from regions import schema


def dump_datapackage(folder: Path) -> None:
    """Write `datapackage.json`: per table and column the unit, source, year, quality and meaning."""
    resources = [
        {
            "name": table.name,
            "path": table.file,
            "title": table.title,
            "schema": {
                "primaryKey": list(table.key),
                "fields": [_field(column) for column in table.columns],
            },
        }
        for table in schema.TABLES
    ]
    boundaries = {
        "name": "boundaries",
        "path": "boundaries.geojson",
        "title": "Boundaries of the regions",
        "licenses": [{"name": "CC-BY-4.0"}],
        "sources": [{"title": schema.KADASTER}],
    }
    package = {"name": "gp-settlement-regions", "resources": [*resources, boundaries]}
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


def _field(column: schema.Column) -> dict[str, Any]:
    kinds = {"text": "string", "whole": "integer", "number": "number"}
    field = {
        "name": column.name,
        "type": kinds[column.kind],
        "description": column.description,
        "unit": column.unit,
        "source": column.source,
        "licence": column.licence,
        "year": column.year,
        "quality": column.quality,
    }
    limits = {"minimum": column.minimum, "exclusiveMinimum": column.above, "maximum": column.maximum}
    constraints: dict[str, Any] = {k: v for k, v in limits.items() if v is not None}
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    field = {k: v for k, v in field.items() if v}
    return field | ({"constraints": constraints} if constraints else {})
