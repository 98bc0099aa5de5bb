"""Exit codes of the command, and what becomes of an error."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import click

from margin.files import AccountFileError

__all__ = ["Exit", "Failure", "reported"]


class Exit(IntEnum):
    """What the exit code of the command says."""

    FINE = 0
    BELOW_MAINTENANCE = 1
    BAD_USAGE = 2
    BAD_FILE = 3
    NUMERICAL_FAILURE = 4


class Failure(click.ClickException):
    """The end of a command: a message for standard error, and the exit code."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]

    def show(self, file: object = None) -> None:
        """Write the message to standard error."""
        click.echo(self.message, err=True)


@contextmanager
def reported(source: str, code: Exit = Exit.BAD_FILE) -> Iterator[None]:
    """Turn what a library raises into the end of the command.

    Parameters
    ----------
    source : str
        The file or the option that is to blame for a ValueError.
    code : Exit
        The exit code of a ValueError.

    Raises
    ------
    Failure
        In place of an error in a file or in the numbers, a computation that failed, or an extra
        that is not installed.
    """
    try:
        yield
    except AccountFileError as error:
        raise Failure(str(error), Exit.BAD_FILE) from error
    except ArithmeticError as error:
        raise Failure(f"{source}: {error}", Exit.NUMERICAL_FAILURE) from error
    except ValueError as error:
        raise Failure(f"{source}: {error}", code) from error
    except BrokenPipeError:
        raise
    except (ImportError, OSError) as error:
        raise Failure(str(error), Exit.BAD_USAGE) from error
