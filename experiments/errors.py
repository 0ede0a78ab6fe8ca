"""The error for what a user can put right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN_AT_MOST = 70  # characters of a value that was found
LINE_AT_MOST = 2000  # characters in a line of a message; lists of what is allowed are shorter


class InputError(ValueError):
    """A scenario, option or results folder that cannot be used; says what was found and what is allowed."""


def nearest(word: str, known: Iterable[str], told: Iterable[str] | None = None) -> str:
    """Return the end of a message about an unknown word: the known words nearest to it, else all or those `told`."""
    known = list(known)
    near = difflib.get_close_matches(word, known)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(told or known)}"


def shown(value: object) -> str:
    """Return a value that was found as a message shows it: on one line, and short."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python prints no whole number of thousands of digits
        return "a value too long to show"
    return text if len(text) <= SHOWN_AT_MOST else f"{text[:SHOWN_AT_MOST]}…"


def readable(message: str) -> str:
    """Return a message for a terminal: what was found in a file may be endless, or hold orders to the terminal."""
    lines = [line if len(line) <= LINE_AT_MOST else f"{line[:LINE_AT_MOST]}…" for line in message.split("\n")]
    return "\n".join("".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in lines)
