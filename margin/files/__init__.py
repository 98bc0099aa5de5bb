"""Account files: reading and writing."""

from margin.files.errors import AccountFileError
from margin.files.native import read
from margin.files.writer import write

__all__ = ["AccountFileError", "read", "write"]
