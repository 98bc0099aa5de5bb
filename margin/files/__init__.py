"""Account files: reading and writing."""

from margin.files.errors import AccountFileError
from margin.files.loading import load, read
from margin.files.readers.frames import from_frame
from margin.files.readers.imported import Defaults, Imported
from margin.files.writer import write

__all__ = ["AccountFileError", "Defaults", "Imported", "from_frame", "load", "read", "write"]
