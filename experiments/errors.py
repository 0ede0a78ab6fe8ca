"""The error for what a user can put right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """A scenario, option or results folder that cannot be used; says what was found and what is allowed."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown word: the known words nearest to it, or else all."""
    known = list(known)
    near = difflib.get_close_matches(word, known)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(known)}"
