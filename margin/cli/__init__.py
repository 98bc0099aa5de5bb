"""The command ``margin``."""

from margin.cli.main import main

__all__ = ["main"]
