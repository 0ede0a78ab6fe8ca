"""How tables look in the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console

LOOK: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "caption_justify": "left"}


def screen(*, stderr: bool = False) -> Console:
    """Return the terminal, on which a text in [brackets] from a file is just that."""
    return Console(stderr=stderr, markup=False, emoji=False)
