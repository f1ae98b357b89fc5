"""The command line: `real-or-ai`."""

from pathlib import Path
from typing import Annotated

import typer

from real_or_ai.errors import UserError, told_in_one_sentence

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Tells real pictures from AI-generated ones; the pipeline itself runs with dvc repro.",
)


Sets = Annotated[list[str] | None, typer.Option("--set", "-S", help="A change to try: key=value.")]
EXPERIMENTS = Path("plots/experiments")  # of params.yaml as it is


@app.command()
def doctor(
    set_: Sets = None,
) -> None:
    """Check params.yaml and the raw folder before DVC does."""
    from real_or_ai import doctor, experiment
    from real_or_ai.params.base import read

    print(doctor.check(experiment.changed(read(), _changes(set_))))


@app.command()
def download(
    what: Annotated[str, typer.Argument(help="kaggle: the report's data set.")],
    into: Annotated[Path, typer.Option(help="The folder it goes into.")] = Path("data/kaggle"),
) -> None:
    """Fetch the report's data set."""
    if what != "kaggle":
        raise UserError(f"download {what}: not known; there is kaggle")
    from real_or_ai import download  # kagglehub is slow to import

    download.kaggle(into)
    print(f"{into}: downloaded; to track it: dvc add {into} && git add {into}.dvc")
    print(f"to use it: dvc exp run -S prepare.raw={into}")


@app.command()
def experiment(
    name: Annotated[str, typer.Argument(help="A file in experiments/, without .txt.")],
) -> None:
    """Run a named experiment, print its diff, leave the workspace as it was."""
    from real_or_ai import experiment

    experiment.run(name)


@app.command()
def experiments(
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
    from real_or_ai import campaign  # pandas and matplotlib are slow to import

    campaign.run(changes, into)


@app.command()
def review(
    into: Annotated[Path, typer.Option(help="The page; further ones get numbers.")] = Path(
        "review.html"
    ),
) -> None:
    """Show what preparation rejected, split and cropped, before and after."""
    from real_or_ai import review  # pandas is slow to import
    from real_or_ai.params.base import load
    from real_or_ai.params.prepare import PrepareParams

    print(review.write(review.PREPARED, into, load(PrepareParams, "prepare")))


def _changes(sets: list[str] | None) -> dict[str, str]:
    """key -> value of the --set options."""
    changes = {}
    for change in sets or []:
        key, equals, value = change.partition("=")
        if not equals:
            raise UserError(f"--set {change}: expected key=value")
        changes[key] = value
    return changes


def main() -> None:
    """The entry point: an error that a person can fix is one sentence and exit code 2."""
    with told_in_one_sentence():
        app()
