"""The command ``margin`` and the names of its parts.

Nothing but click is imported here, so that the help shows at once; a part is imported when it is
called.
"""

import os
import sys
import traceback
from importlib import import_module

import click

__all__ = ["main"]

COMMANDS = {
    "compare": "Requirements under all margin systems, side by side.",
    "convert": "The file of a broker as a native account file.",
    "doctor": "Versions, settings, extras, and whether all is well.",
    "greeks": "Derivatives of the requirement by spot, volatility and holdings.",
    "price": "Price and Greeks of one option.",
    "report": "One page on an account, with figures, to keep and to print.",
    "rules": "Margin rules there are, and their parameters.",
    "run": "Requirement, excess and thresholds of accounts.",
    "table": "Excess over spots, volatility moves and dates.",
    "threshold": "All spots at which an account is liquidated.",
    "validate": "Check account files and say all that is wrong.",
    "warmup": "Compile everything once, for containers and clusters.",
}

UNFORESEEN = 4
# As the shell counts a process that a signal has ended.
INTERRUPTED, PIPE_CLOSED = 130, 141


class Commands(click.Group):
    """The parts of the command, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the parts."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A part by its name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"margin.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a part; what goes wrong unforeseen must not read as "below maintenance"."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BrokenPipeError:  # the reader of our output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except Exception:
            click.echo(traceback.format_exc(), err=True)
            ctx.exit(UNFORESEEN)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the parts without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"margin {import_module('pdesolve._version').__version__}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Margin requirements and liquidation thresholds of accounts with options.

    Accounts are native account files (YAML, JSON or TOML); a dash reads one from standard input.
    Numbers go to standard output, messages to standard error.

    The exit code is 0 if all is well, 1 if an account is below maintenance, 2 for bad usage, 3
    for a bad account file, 4 if a computation failed.
    """
