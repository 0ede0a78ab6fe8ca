"""What goes wrong with a data folder."""

from __future__ import annotations

from dataclasses import dataclass


class DataError(ValueError):
    """A fault in a data folder: the message names file, row and column, what was found and what is allowed."""


@dataclass(frozen=True)
class Fault:
    """One fault: what is wrong with which file, on which line of it (the header is 1) and in which column."""

    file: str
    text: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return the line that people read."""
        return self.line()

    def line(self, more_rows: int = 0) -> str:
        """Return the line that people read about this fault in this row and in `more_rows` others."""
        row = [f"row {self.row}" + (f" and {more_rows} more" if more_rows else "")] if self.row else []
        column = [f"column {self.column}"] if self.column else []
        place = ", ".join(row + column)
        return ": ".join(part for part in (self.file, place, self.text) if part)
