"""How tables look in the terminal."""

from __future__ import annotations

from typing import Any

from rich import box

LOOK: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "caption_justify": "left"}
