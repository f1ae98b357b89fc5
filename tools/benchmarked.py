"""What the pages say of benchmarks/*.json: tables and paragraphs, as Markdown."""

import json
from collections.abc import Callable
from typing import Any

from real_or_ai.drawing.markdown import table
from real_or_ai.registry import TITLES
from real_or_ai.statistics.figure import Figure

Read = Callable[[str], str]  # path below the repository -> its text

WAYS = ("loop", "usual", "ceiling", "network")  # of training, as benchmarks/training.py times


def speed(read: Read, _: str) -> str:
    """The table of benchmarks/repro.json."""
    measured = json.loads(read("benchmarks/repro.json"))
    rows = (
        (row["what"], f"{row['seconds']:.1f} s", f"{row['peak_mb']:.0f} MB")
        for row in measured["rows"]
    )
    return (
        f"{table(('what', 'time', 'peak memory'), rows)}\n\n"
        f"Measured once {_when(measured)} by "
        "`python -m benchmarks.repro`, embedded sample (a toy)."
    )


def cleaning(read: Read, _: str) -> str:
    """The table of benchmarks/cleaning.json."""
    measured = json.loads(read("benchmarks/cleaning.json"))
    rows = ((row["what"], row["recall"], row.get("precision", "")) for row in measured["rows"])
    return (
        f"{table(('what', 'recall [95 %]', 'precision [95 %]'), rows)}\n\n"
        f"{measured['pictures']} files of public collections, photographs and AI pictures, "
        "labelled by eye (they are not part of this repository; the thresholds were chosen on "
        "them), by `python -m benchmarks.cleaning FOLDER` on "
        f"{measured['date']}. Of {measured['plain_photographs']} photographs labelled as plain "
        f"{measured['plain_touched']} were cropped; "
        f"{measured['plain_touched_that_bear_a_credential']} of these bear a credential after all."
    )


def learning(read: Read, _: str) -> str:
    """The table of benchmarks/learning_curve.json."""
    measured = json.loads(read("benchmarks/learning_curve.json"))

    def told(where: str, row: dict[str, Any]) -> str:
        """How many repeats' intervals lie above a coin's 0.5."""
        own = [
            run for run in measured["runs"] if (run["model"], run["n"]) == (row["model"], row["n"])
        ]
        return f"{sum(run['auc'][where][1] > 0.5 for run in own)} of {len(own)}"

    lines = [
        (
            TITLES[row["model"]],
            row["n"],
            Figure(*row["test"]["middle"]).text(2),
            f"{row['test']['lowest']:.2f} to {row['test']['highest']:.2f}",
            *(told(where, row) for where in ("test", "few", "elsewhere")),
        )
        for row in sorted(measured["rows"], key=lambda row: list(TITLES).index(row["model"]))
    ]
    headings = (
        *("model", "learnt from, of each class", "ROC AUC [95 %]", "repeats"),
        *(f"told from guessing by {measured[name]} of each" for name in ("tested", "few")),
        "told from guessing elsewhere",
    )
    home, away = (
        f"{measured[name]['real']} photographs and {measured[name]['ai']} AI pictures"
        for name in ("home", "elsewhere")
    )
    return (
        f"{table(headings, lines)}\n\n"
        f"The middle of {measured['repeats']} repeats, each of other pictures of one source "
        f"({home}), tested on {measured['tested']} of each class; elsewhere: {away} of another. "
        f"{measured['val']:.0%} of the pictures learnt from are val's; the ResNet-18's weights are "
        f"random. {_about(measured)}"
    )


def composed(read: Read, _: str) -> str:
    """The table of benchmarks/composed.json."""
    measured = json.loads(read("benchmarks/composed.json"))
    rows = ((row["what"], row["found"], row["exact"]) for row in measured["rows"])
    return (
        f"{table(('tiles', 'found [95 %]', 'every edge within 2 px [95 %]'), rows)}\n\n"
        f"{measured['grids']} grids. "
        f"Of the {measured['single']:,} pictures themselves {measured['single_split']} were taken "
        f"for grids. {_about(measured)}"
    )


def preparing(read: Read, _: str) -> str:
    """A paragraph from benchmarks/prepare.json and benchmarks/near_duplicates.json."""
    measured = json.loads(read("benchmarks/prepare.json"))
    speed = measured["speed"]
    memory = ", ".join(
        f"{row['what'].removeprefix('prepare, ')} {row['peak_mb']:.0f} MB"
        for row in measured["memory"]
    )
    duplicates = json.loads(read("benchmarks/near_duplicates.json"))
    most = max(row["n"] for row in duplicates["rows"])
    large = [row for row in duplicates["rows"] if row["n"] == most]
    as_split = [row for row in large if (row["bits"], row["distance"]) == (256, 24)]
    small = next(row for row in large if (row["bits"], row["distance"]) == (64, 6))
    seconds = " to ".join(f"{row['seconds']:.1f} s ({row['kind']})" for row in as_split)
    found, planted = (sum(row[what] for row in (*as_split, small)) for what in ("found", "planted"))
    return (
        f"`prepare` handles {speed['prepare_pictures_per_second_and_core']:.0f} pictures a second "
        f"and core with all detectors on, bare Pillow (decode, encode again) "
        f"{speed['bare_pictures_per_second_and_core']:.0f}: a ratio of {speed['ratio']:.2f} "
        f"({speed['pictures']} files of {speed['megapixels_a_picture']:.2f} megapixels). Its peak "
        f"memory, all processes together: {memory}. Measured {_when(measured)} "
        f"by `python -m benchmarks.prepare FOLDER`.\n\n"
        f"Linking {most:,} hashes of 256 bits at a distance of 24, as `split` does, takes "
        f"{seconds} and at most {max(row['peak_mb'] for row in as_split)} MB; as many of 64 bits "
        f"at a distance of 6 take {small['seconds']:.1f} s ({small['kind']}). Of {planted:,} "
        f"planted pairs {found:,} were found. "
        f"Measured {_when(duplicates)} by "
        "`python -m benchmarks.near_duplicates`."
    )


def stages(read: Read, _: str) -> str:
    """The table of benchmarks/stages.json."""
    measured = json.loads(read("benchmarks/stages.json"))
    rows = (
        (
            row["what"],
            row["pictures"],
            f"{row['own_seconds']:.2f} s",
            f"{row['bare_seconds']:.2f} s",
            f"{row['ratio']:.2f}",
            f"{min(row['ratios_of_each_turn']):.2f} to {max(row['ratios_of_each_turn']):.2f}",
        )
        for row in measured["rows"]
    )
    made = table(("what", "pictures", "ours", "bare", "bare / ours", "by turn"), rows)
    return f"{made}\n\nMedians of {measured['turns']} turns. {_about(measured)}"


def grow(read: Read, _: str) -> str:
    """The table of benchmarks/grow.json."""
    measured = json.loads(read("benchmarks/grow.json"))
    stages = list(measured["start_seconds"])
    rows = (
        (
            row["stage"],
            f"{row['n']:,}",
            f"{row['seconds']:.1f} s",
            f"{row['seconds_without_start']:.1f} s",
            row.get("growth", ""),
            row.get("allowed", ""),
            f"{row['peak_mb']} MB",
            f"{row['anonymous_mb']} MB",
        )
        for row in sorted(measured["rows"], key=lambda row: stages.index(row["stage"]))
    )
    headings = (
        *("stage", "pictures", "time", "without start", "growth", "n log n"),
        *("peak memory", "of it not file-backed"),
    )
    return f"{table(headings, rows)}\n\n{_about(measured)}"


def reproducing(read: Read, _: str) -> str:
    """A line and a table from benchmarks/reproduce_check.json."""
    measured = json.loads(read("benchmarks/reproduce_check.json"))
    counts = " and ".join(map(str, measured["threads"]))
    same = "left the same `dvc.lock`, byte for byte" if measured["same_bytes"] else "differed"
    figures = {"score": "score", "roc_auc": "ROC AUC", "accuracy": "accuracy", "brier": "Brier"}
    rows = (
        (
            between,
            TITLES[model],
            *(f"{largest[name]:.2g}" if name in largest else "-" for name in figures),
        )
        for between, models in measured["between"].items()
        for model, largest in models.items()
    )
    return (
        f"Two runs from nothing, with {counts} threads each, {same}.\n\n"
        f"{table(('between', 'model', *figures.values()), rows)}\n\n"
        "Largest difference of any picture's score, and of a figure over val, test and external. "
        f"{_about(measured)}"
    )


def _about(measured: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in measured["versions"].items())
    return f"Measured {_when(measured)}: {versions}."


def _when(measured: dict[str, Any]) -> str:
    """The day, the commit where it is told (as all that is measured anew does), the machine."""
    at = ""
    if "commit" in measured:
        changed = "" if measured["clean"] else " and changes since"
        at = f" (commit {measured['commit'][:7]}{changed})"
    return f"on {measured['date']}{at} on {measured['machine']}"


def made(read: Read, folder: str) -> str:
    """A line from a folder's made.json: which command made its tables, when, of which code."""
    told = json.loads(read(f"{folder}/made.json"))
    changes = ", ".join(
        f"`{key}={value}`" for key, value in told["parameters"].items() if key != "prepare.raw"
    )
    return (
        "`make real-pictures RAW=FOLDER` makes the tables of public collections on this page, with "
        f"{changes}: {told['pictures']:,} pictures, {_when(told)}."
    )


def training(read: Read, name: str) -> str:
    """The table of benchmarks/training.json, or of training_report.json."""
    measured = json.loads(read(f"benchmarks/{name}.json"))
    titles = {"lenet5": "LeNet-5", "cnn": "CNN"}
    rows = (
        (
            f"{title}, {of['input_px']} px, batch {of['batch_size']}",
            *(f"{of['pictures_per_second'][way]:g}" for way in WAYS),
            f"{of['loop_to_ceiling']['median']:.2f}",
            f"{of['loop_to_usual']['median']:.1f}",
            f"{of['share_of_product']:.3f}",
        )
        for title, of in ((title, measured[name]) for name, title in titles.items())
    )
    headings = (
        *("pictures a second", *WAYS, "loop / ceiling", "loop / usual"),
        "share of a matrix product's rate",
    )
    large = measured["larger_than_memory"]
    return (
        f"{table(headings, rows)}\n\n"
        f"LeNet-5 on a pixels file of {large['file_mb']} MB, mapped by a process that may take "
        f"{large['memory_left_mb']} MB more: {large['mapped_to_in_memory']['median']:.2f} of the "
        f"rate with the pixels in memory. Stored pictures of {measured['stored_px']} px, the "
        f"{measured['sizes']}'s sizes; medians of {measured['turns']} turns, on the "
        f"{measured['device']}. {_about(measured)}"
    )


def checking(read: Read, _: str) -> str:
    """A table and a line from benchmarks/check.json."""
    measured = json.loads(read("benchmarks/check.json"))
    rows = (
        (
            row["detector"],
            f"{cold['check_seconds']:.2f} s",
            f"{cold['ratio']:.2f}",
            f"{folder['pictures_per_second']['check']:.0f}",
            f"{folder['ratio_to_bare']:.2f}",
            f"{folder['ratio_to_delivered']:.2f}",
        )
        for row in measured["rows"]
        for cold, folder in [(row["cold"], row["folder"])]
    )
    memory = ", ".join(f"{row['what']} {row['peak_mb']:.0f} MB" for row in measured["memory"])
    headings = (
        *("detector", "one picture, cold", "times a bare script's", "pictures a second, folder"),
        *("speed / bare decoding and scoring", "speed / the same with delivery"),
    )
    return (
        f"{table(headings, rows)}\n\n"
        f"`real-or-ai check` against onnxruntime and Pillow alone, starts included; "
        f"{measured['pictures']} pictures ({measured['picture']}) in onnxruntime's best batch; "
        f"peak memory: {memory}. {_about(measured)}"
    )


def serving(read: Read, _: str) -> str:
    """What benchmarks/web.json says, in words."""
    measured = json.loads(read("benchmarks/web.json"))
    speed, load = measured["speed"], measured["load"]
    memory = load["memory_mb"]
    good = load["requests"] - load["hostile"]
    same = load["answers"]["good, as the command line"]
    return (
        f"A picture ({measured['picture']}, {measured['detector']}) is answered in "
        f"{speed['alone_median_ms']:.0f} ms; with {speed['users']} users at once 95 % of the "
        f"answers come within {speed['together_p95_ms']:.0f} ms, "
        f"{speed['p95_to_median_alone']:.1f} times that. Of {load['requests']:,} requests, "
        f"{load['at_once']} at a time, {load['hostile']} of them hostile, {load['wrong']} were "
        f"answered wrongly; {same:,} of {good:,} good pictures as the command line answers them, "
        f"bit for bit. {load['workers_lost']} workers were lost; memory was "
        f"{memory['before']} MB before, {memory['peak']} MB at most and {memory['after']} MB "
        f"after. Measured {_when(measured)}, clients included, by "
        "`python -m benchmarks.web`."
    )
