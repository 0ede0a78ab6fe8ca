"""The shipped regions, and copies of the data folder to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import regions
from regions.tables import SHIPPED

Change = Callable[[pd.DataFrame], pd.DataFrame | None]


class Folder:
    """A copy of the shipped tables and boundaries that a test may change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        for file in (*SHIPPED.glob("*.csv"), SHIPPED / "boundaries.geojson"):
            shutil.copy(file, path)

    def file(self, table: str) -> Path:
        return self.path / f"{table}.csv"

    def change(self, table: str, change: Change) -> Path:
        """Rewrite one table; `change` gets the cells as text and edits them or returns other rows."""
        frame = pd.read_csv(self.file(table), dtype=str, keep_default_na=False)
        changed = change(frame)
        (frame if changed is None else changed).to_csv(self.file(table), index=False)
        return self.file(table)

    def put(self, table: str, row: int, column: str, value: str) -> Path:
        """Write one cell; `row` as a spreadsheet counts, the header being row 1."""

        def write(frame: pd.DataFrame) -> None:
            frame.loc[row - 2, column] = value

        return self.change(table, write)


@pytest.fixture(scope="session")
def data() -> regions.Regions:
    return regions.load()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")
