"""``scrapy export``: the stored titles as JSON Lines or CSV."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from moviesync.basecommand import ReadingCommand, leave
from moviesync.core.exitcodes import CANNOT_WORK
from moviesync.kinds import COLLECTIONS
from moviesync.output import OutputLost, replacing, write_out
from moviesync.reports.export import FORMATS, export

STATES = ("available", "unavailable", "unchecked")
STANDARD_OUTPUT = "-"


class Command(ReadingCommand):
    """To standard output, or to a file that appears when it is complete."""

    def syntax(self) -> str:
        return f"[options] [{'|'.join(COLLECTIONS)}]"

    def short_desc(self) -> str:
        return "Write the stored titles as JSON Lines or CSV"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        # Optional values, so that a missing one is reported like any other mistake.
        parser.add_argument(
            "-o",
            "--output",
            nargs="?",
            default=STANDARD_OUTPUT,
            const="",
            metavar="FILE",
            help="file to write or replace (default: standard output)",
        )
        parser.add_argument(
            "--format",
            nargs="?",
            const="",
            metavar="|".join(FORMATS),
            help="JSON Lines: whole documents; CSV: for spreadsheets (default: as the file's name ends, or JSON Lines)",
        )
        for state in STATES:
            parser.add_argument(f"--{state}", action="store_true", help=f"only the {state} titles")

    def problems(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        options = [arg for arg in args if arg.startswith("-")]
        names = [arg for arg in args if arg not in options]
        problems = super().problems([*options, *names[1:]], opts)
        if names and names[0] not in COLLECTIONS:
            problems.append(f"{names[0]}: there are {' and '.join(COLLECTIONS)}")
        if _form(opts) not in FORMATS:
            problems.append(f"--format {opts.format}: there are {' and '.join(FORMATS)}")
        if len(_states(opts)) > 1:
            problems.append(
                f"{' '.join(f'--{state}' for state in _states(opts))}: choose one, or none for all"
            )
        if not opts.output:
            problems.append("-o: name a file")
        elif self._is_the_store(opts.output):
            problems.append(f"-o {opts.output}: that is the database")
        return problems

    def _is_the_store(self, path: str) -> bool:
        assert self.settings
        try:
            return Path(path).samefile(self.settings["SQLITE_PATH"])
        except OSError:
            return False

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        collection, form = (args or COLLECTIONS)[0], FORMATS[_form(opts)]
        state = next(iter(_states(opts)), None)
        to_file = opts.output != STANDARD_OUTPUT
        try:
            with replacing(Path(opts.output)) if to_file else nullcontext(write_out) as write:
                number = self.read(
                    lambda store: export(store, collection, state=state, form=form, write=write)
                )
        except OutputLost as error:
            leave(CANNOT_WORK, [str(error)])
        what = " ".join(filter(None, [f"{number:,}", state, collection, f"to {opts.output}" * to_file]))
        print(f"moviesync: exported {what}", file=sys.stderr)


def _form(opts: argparse.Namespace) -> str:
    """The format that ``--format`` names, else the file's ending, else JSON Lines."""
    if opts.format is not None:
        return str(opts.format)
    ending = Path(opts.output).suffix.removeprefix(".")
    return ending if ending in FORMATS else "jsonl"


def _states(opts: argparse.Namespace) -> list[str]:
    return [state for state in STATES if getattr(opts, state)]
