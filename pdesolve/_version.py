"""The version of the distribution, readable without its metadata."""

__version__ = "0.1.0"
