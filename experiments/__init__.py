"""What is asked of the model: scenarios, designs, runs, their results, and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.comparison import compare

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    """Import on first use: help on the command line must come at once."""
    if name == "compare":
        from experiments.comparison import compare

        return compare
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
