"""The command line: one file per command, one boundary where errors become a line and an exit code.

Only the standard library and typer are imported here; the body of a command imports what it needs.
"""

from __future__ import annotations

import codecs
import gc
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from dsaudit.cli import (
    accept,
    apart,
    apply,
    audit,
    browse,
    compare,
    demo,
    doctor,
    drift,
    exchange,
    expect,
    gallery,
    gate,
    inspect,
    ledger,
    next,
    pilot,
    predict,
    prelabel,
    relabel,
    remap,
    report,
    rules,
    schema,
    status,
    train,
    undo,
)
from dsaudit.cli.options import add
from dsaudit.errors import DsauditError
from dsaudit.settings import ignored_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED = 130
_SPELT_OUT = "dsaudit.spelt-out"
_SIGNS = {"■": "#", "▲": "!", "●": "*", "✓": "+", "✗": "x", "…": "...", "–": "-", "→": "->", "·": ".", "\u00a0": " "}

COMMANDS: dict[str, Callable[..., Any]] = {
    "audit": audit.audit,
    "gate": gate.gate,
    "accept": accept.accept,
    "inspect": inspect.inspect,
    "browse": browse.browse,
    "relabel": relabel.relabel,
    "remap": remap.remap,
    "apart": apart.apart,
    "apply": apply.apply,
    "compare": compare.compare,
    "drift": drift.drift,
    "expect": expect.expect,
    "undo": undo.undo,
    "export": exchange.export,
    "import": exchange.import_,
    "prelabel": prelabel.prelabel,
    "next": next.next_,
    "pilot": pilot.pilot,
    "train": train.train,
    "predict": predict.predict,
    "report": report.report,
    "rules": rules.rules,
    "rule": rules.rule,
    "schema": schema.schema,
    "status": status.status,
    "demo": demo.demo,
    "doctor": doctor.doctor,
}
GROUPS: dict[str, tuple[str, dict[str, Callable[..., Any]]]] = {
    "gallery": (
        "Remember errors that must not come back, and ask models about them.",
        {"add": gallery.add, "check": gallery.check},
    ),
    "ledger": (
        "Read, check and carry what people have decided.",
        {"log": ledger.log, "verify": ledger.verify, "export": ledger.export, "import": ledger.import_},
    ),
}


def build(first: str = "") -> typer.Typer:
    """The command line, with the options of the kinds of data that are installed now.

    Parameters
    ----------
    first : str
        What was typed first: the name of a command has that one alone, as all of them take a tenth of a second.

    Raises
    ------
    ConfigError
        Where one of them cannot be loaded.
    """
    app = typer.Typer(
        name="dsaudit",
        help="Find what is wrong with a labelled dataset, review the doubtful items, decide, and prove that it helped.",
        epilog="Start with: dsaudit demo, then: dsaudit audit DIR, dsaudit relabel DIR. Exit codes: 0 clean or passed,"
        " 1 findings at or above --fail-on or a gate failed, 2 bad usage or unreadable dataset, 3 nothing measured or"
        " a gate inconclusive, 4 internal error, 130 interrupted.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    known = {*COMMANDS, *GROUPS}
    wanted = {first} & known or known
    for name, command in COMMANDS.items():
        if name in wanted:
            add(app, name, command)
    for group, (help, commands) in GROUPS.items():
        if group in wanted:
            below = typer.Typer(help=help)
            for name, command in commands.items():
                add(below, name, command)
            app.add_typer(below, name=group)
    return app


def _root(version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
    if version:
        from dsaudit import __version__

        typer.echo(f"dsaudit {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point of the ``dsaudit`` script."""
    gc.set_threshold(50_000)  # what a start loads stays: to look through it over and over takes a tenth of the start
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Returns
    -------
    int
        Exit code: 0 clean, 1 findings, 2 usage or dataset, 3 inconclusive, 4 internal error, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and "utf" not in stream.encoding.lower():
            codecs.register_error(_SPELT_OUT, _spelt_out)
            stream.reconfigure(errors=_SPELT_OUT)
    for line in ignored_variables():
        _say(line)
    try:
        code = build(*arguments[:1])(args=list(arguments) or ["--help"], prog_name="dsaudit", standalone_mode=False)
        if code == INTERRUPTED:  # typer turns Ctrl-C into this
            _say("interrupted; what was measured so far is kept in the cache")
        return code if isinstance(code, int) else 0
    except DsauditError as error:
        _say(error.message, error.hint)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted; what was measured so far is kept in the cache")
        return INTERRUPTED
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        # the reader of our output has left, as `| head` does; nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except SystemExit as stop:  # typer's way out when the reader of our output has left
        return 0 if type(sys.stdout).__name__ == "PacifyFlushWrapper" else int(stop.code or 0)
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own words on bad usage
            asked = getattr(getattr(error, "ctx", None), "command_path", "dsaudit")
            _say(error.format_message(), f"see: {asked} --help")
            return 2
        from dsaudit.cli.crash import write_crash_log

        _say(f"internal error: {type(error).__name__}: {error}", f"please report it with {write_crash_log(arguments)}")
        return 4


def _spelt_out(error: UnicodeError) -> tuple[str, int]:
    """Signs that the terminal cannot show, as near as it can come."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(_SIGNS.get(sign, "?") for sign in found), error.end


def _say(message: str, hint: str = "") -> None:
    one_line = " ".join(message.split())
    print(f"dsaudit: {one_line}", file=sys.stderr)  # noqa: T201 - this is the boundary
    if hint:
        print(f"  hint: {' '.join(hint.split())}", file=sys.stderr)  # noqa: T201
