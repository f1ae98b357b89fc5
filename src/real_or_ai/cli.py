"""The command line: `real-or-ai`."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.exits import STOPPED, told_in_one_sentence

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Tells real pictures from AI-generated ones; the pipeline itself runs with dvc repro.",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        print(f"real-or-ai {metadata.version('real-or-ai')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit."),
    ] = False,
) -> None:
    pass


Sets = Annotated[list[str] | None, typer.Option("--set", "-S", help="A change to try: key=value.")]
Format = Literal["table", "csv", "json", "jsonl"]
EXPERIMENTS = Path("plots/experiments")  # of params.yaml as it is


@app.command()
def check(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    detector: Annotated[
        str | None,
        typer.Option(
            help="A file, starter, or a name of this project's; default: its choice, or starter."
        ),
    ] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="Default: table to a terminal, csv to a pipe.")
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Draw where the score of one picture comes from."),
    ] = None,
    toy: Annotated[
        bool, typer.Option("--toy", help="Verdicts even of a detector trained on drawn pictures.")
    ] = False,
) -> None:
    """Say of pictures: real, AI or unsure, and what their own files claim.

    Exit code: 0 if all were checked, 1 if some could not be read, 2 if the command is wrong.
    """
    from real_or_ai.check import listing
    from real_or_ai.check.detector import Detector
    from real_or_ai.check.project import find_detector

    loaded = Detector.load(find_detector(detector, toy=toy), toy=toy)
    if explain is not None:
        listing.explain(loaded, paths, explain)
    if sys.stdout is None:
        raise UserError("standard output is closed; send it to a file or a program")
    form = form or ("table" if sys.stdout.isatty() else "csv")
    try:
        raise typer.Exit(listing.check(loaded, paths, form, sys.stdout))
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None


@app.command()
def info(
    detector: Annotated[
        str | None,
        typer.Argument(
            help="A file, starter, or a name of this project's; default: its choice, or starter."
        ),
    ] = None,
) -> None:
    """Print a detector's model card and what its file says of itself."""
    from real_or_ai import card_text
    from real_or_ai.check import about
    from real_or_ai.check.detector import Detector
    from real_or_ai.check.project import find_detector

    loaded = Detector.load(find_detector(detector))
    if loaded.card is None:
        print(
            f"# {loaded.description.model}\n\nNo model card: the stage release has not written it."
        )
        if loaded.caution:
            print(f"\n{loaded.caution}.")
    else:
        print(*card_text.lines(loaded.card), sep="\n")
    print("", *about.lines(loaded.description, loaded.card), sep="\n")


@app.command()
def serve(
    detector: Annotated[
        str | None,
        typer.Option(
            help="A file, starter, or a name of this project's; default: its choice, or starter."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Others than 127.0.0.1 let the network in.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="0 for any that is free.")] = 7860,
    toy: Annotated[
        bool, typer.Option("--toy", help="Verdicts even of a detector trained on drawn pictures.")
    ] = False,
) -> None:
    """Serve a page, and the same as an HTTP API, for looking at one picture after another."""
    from real_or_ai.check.project import find_detector

    found = find_detector(detector, toy=toy)
    with _installed_by("web"):
        from real_or_ai.web import server

        server.serve(found, toy=toy, host=host, port=port)


@app.command()
def doctor(
    set_: Sets = None,
) -> None:
    """Check params.yaml and the raw folder before DVC does."""
    from real_or_ai.conventions.params import read
    from real_or_ai.experiments import alone, doctor, running, set_params

    values, asked = read(), _changes(set_)
    if asked:  # about to be run
        alone.demand_idle()
    try:
        for changed in set_params.alternatives(values, asked):
            print(doctor.check(changed, asked=asked))
    except UserError as error:
        blamed = not asked or not doctor.is_valid(values)
        raise UserError(f"{error}{running.uncommitted(values) if blamed else ''}") from error


@app.command()
def download(
    what: Annotated[
        Literal["report", "kaggle", "collection"],
        typer.Argument(
            help="report: its author's pictures, second test set too; kaggle: the set; "
            "collection: pictures of free licences, by data/collection.csv."
        ),
    ],
    into: Annotated[Path | None, typer.Option(help="Default: a folder of that name in data.")] = (
        None
    ),
    originals: Annotated[
        bool,
        typer.Option("--originals", help="The collection's as they are, not reduced to 320 px."),
    ] = False,
) -> None:
    """Fetch the course report's pictures, or a collection of free licences."""
    from importlib import import_module

    from real_or_ai.experiments import set_params

    if originals and what != "collection":
        raise UserError(f"--originals: {what} is never reduced; leave the option out")
    folder = into or Path("data", f"{what}-originals" if originals else what)
    module = "repository" if what == "report" else what
    fetch = import_module(f"real_or_ai.download.{module}").fetch
    missing = fetch(folder, originals=True) if originals else fetch(folder)
    if missing:
        print(f"{missing} files are gone or have changed: {folder / 'missing.csv'}")
    quoted, pointer = shlex.quote(str(folder)), shlex.quote(f"{folder}.dvc")
    print(f"{folder}: downloaded; to track it: dvc add {quoted} && git add {pointer}")
    if folder == Path("data/collection"):  # which a named experiment knows
        print("to use it: make experiment NAME=collection")
    else:
        print(f"to use it: dvc exp run -S {set_params.assigned('prepare.raw', str(folder))}")


@app.command()
def experiment(
    name: Annotated[str, typer.Argument(help="A file in experiments/, without .txt.")],
    set_: Sets = None,
) -> None:
    """Run a named experiment, print its numbers beside the last run's, leave all as it was."""
    from real_or_ai.experiments import running

    running.run(name, _changes(set_))


@app.command()
def results() -> None:
    """Print the headline numbers of the run in the workspace."""
    from real_or_ai.experiments import headlines

    print(*headlines.summary(), sep="\n")


@app.command()
def keep() -> None:
    """Keep the run in the workspace, as `make repro` does, for `undo` to come back to."""
    from real_or_ai.experiments import keeping

    keeping.keep()


@app.command()
def undo() -> None:
    """Put back the run that was kept last: parameters, numbers, plots and all that DVC holds."""
    from real_or_ai.experiments import keeping

    print(keeping.undo())


@app.command()
def campaign(
    set_: Sets = None,
    into: Annotated[Path, typer.Option(help="The folder of the tables and plots.")] = EXPERIMENTS,
) -> None:
    """Compare leaky with grouped, as found with delivered, and leave one source out."""
    changes = _changes(set_)
    if changes and into == EXPERIMENTS:
        raise UserError(
            f"--set {' --set '.join(set_ or [])}: {into} holds the results of params.yaml as it "
            "is; give another folder with --into"
        )
    from real_or_ai.experiments.campaign import run  # pandas and matplotlib are slow to import

    run(changes, into)


@app.command()
def review(
    into: Annotated[Path, typer.Option(help="The page; further ones get numbers.")] = Path(
        "review.html"
    ),
) -> None:
    """Show what preparation rejected, split and cropped, before and after."""
    from real_or_ai.conventions.params import load
    from real_or_ai.review import overview  # pandas is slow to import
    from real_or_ai.stages.prepare import PrepareParams

    print(overview.write(overview.PREPARED, into, load(PrepareParams, "prepare")))


def _changes(sets: list[str] | None) -> dict[str, str]:
    """key -> value of the --set options."""
    changes = {}
    for change in sets or []:
        key, equals, value = change.partition("=")
        if not equals and not key.startswith("~"):
            raise UserError(f"--set {change}: expected key=value")
        changes[key] = value
    return changes


def main() -> None:
    """The entry point: an error that a person can fix is one sentence and exit code 2."""
    # Else pydantic looks for plugins in every package there is: a twentieth of the time of `check`.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with told_in_one_sentence(), _installed_by("train"):
        app()


@contextmanager
def _installed_by(extra: str) -> Iterator[None]:
    """A package that is missing ends in the sentence that tells how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", __package__):
            raise
        raise UserError(
            f"{missing} is not installed, which this command needs beyond the plain install: "
            f"pip install 'real-or-ai[{extra}]'"
        ) from error
