"""Where the command starts. Nothing is imported before an interrupt can be answered in a few words."""

from __future__ import annotations

INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        from experiments import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
