"""Writes every number of the pages from committed files, between their begin and end marks.

make readme
"""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from real_or_ai.report import TITLES

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "benchmarks/README.md")
WAYS = ("loop", "usual", "ceiling", "network")  # of training, as benchmarks/training.py times

Read = Callable[[str], str]  # path below the repository -> its text


def main() -> None:
    def read(path: str) -> str:
        return (ROOT / path).read_text(encoding="utf-8")

    for page in PAGES:
        (ROOT / page).write_text(filled(read, page), encoding="utf-8")


def filled(read: Read, page: str) -> str:
    """A page with the part between each pair of marks made anew from the other files."""
    text = read(page)
    for name in re.findall(r"<!-- begin (\S+) -->", text):
        kind, _, what = name.partition(":")
        try:
            body = MAKERS[kind](read, what)
        except FileNotFoundError:
            body = "*Not measured yet.*"
        marks = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text = marks.sub(lambda found, body=body: f"{found[1]}{body}\n{found[2]}", text)
    return text


def _report(read: Read, section: str) -> str:
    """A section of metrics/report.md, without its heading's marks."""
    for part in read("metrics/report.md").split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        if heading.startswith(section):
            return f"**{heading}**\n\n{body.strip()}"
    raise SystemExit(f"metrics/report.md has no section {section}")


def _example(read: Read, name: str) -> str:
    return f"```\n{read(f'docs/examples/{name}.txt').rstrip()}\n```"


def _speed(read: Read, _: str) -> str:
    """The table of benchmarks/repro.json."""
    measured = json.loads(read("benchmarks/repro.json"))
    rows = "\n".join(
        f"| {row['what']} | {row['seconds']:.1f} s | {row['peak_mb']:.0f} MB |"
        for row in measured["rows"]
    )
    return (
        f"| what | time | peak memory |\n|---|---|---|\n{rows}\n\n"
        f"Measured once on {measured['date']} on {measured['machine']} by "
        "`python -m benchmarks.repro`, embedded sample (a toy)."
    )


def _cleaning(read: Read, _: str) -> str:
    """The table of benchmarks/cleaning.json."""
    measured = json.loads(read("benchmarks/cleaning.json"))
    rows = "\n".join(
        f"| {row['what']} | {row['recall']} | {row.get('precision', '')} |"
        for row in measured["rows"]
    )
    return (
        f"| what | recall [95 %] | precision [95 %] |\n|---|---|---|\n{rows}\n\n"
        f"{measured['pictures']} real pictures labelled by eye (they are not part of this "
        "repository; the thresholds were chosen on them), by `python -m benchmarks.cleaning` on "
        f"{measured['date']}. Of {measured['plain_photographs']} photographs labelled as plain "
        f"{measured['plain_touched']} were cropped; "
        f"{measured['plain_touched_that_bear_a_credential']} of these bear a credential after all."
    )


def _preparing(read: Read, _: str) -> str:
    """A paragraph from benchmarks/prepare.json and benchmarks/near_duplicates.json."""
    measured = json.loads(read("benchmarks/prepare.json"))
    speed = measured["speed"]
    memory = ", ".join(
        f"{row['what'].removeprefix('prepare, ')} {row['peak_mb']:.0f} MB"
        for row in measured["memory"]
    )
    duplicates = json.loads(read("benchmarks/near_duplicates.json"))
    largest = max(
        (row for row in duplicates["rows"] if row["distance"] == 6), key=lambda row: row["n"]
    )
    return (
        f"`prepare` takes {speed['prepare_pictures_per_second_and_core']:.0f} pictures a second "
        f"and core with all detectors on, bare Pillow (decode, encode again) "
        f"{speed['bare_pictures_per_second_and_core']:.0f}: a ratio of {speed['ratio']:.2f} "
        f"({speed['pictures']} files of {speed['megapixels_a_picture']:.2f} megapixels; "
        f"`python -m benchmarks.prepare`). Its peak memory, all processes together: {memory}. "
        f"Grouping {largest['n']:,} 64-bit hashes at a distance of {largest['distance']} bits "
        f"takes {largest['seconds']:.1f} s and {largest['peak_mb']:.0f} MB, every planted pair "
        f"found (`python -m benchmarks.near_duplicates`). Measured on {measured['date']} on "
        f"{measured['machine']}."
    )


def _stages(read: Read, _: str) -> str:
    """The table of benchmarks/stages.json."""
    measured = json.loads(read("benchmarks/stages.json"))
    rows = "\n".join(
        f"| {row['what']} | {row['pictures']} | {row['own_seconds']:.2f} s | "
        f"{row['bare_seconds']:.2f} s | {row['ratio']:.2f} | "
        f"{min(row['ratios_of_each_turn']):.2f} to {max(row['ratios_of_each_turn']):.2f} |"
        for row in measured["rows"]
    )
    return (
        "| what | pictures | ours | bare | bare / ours | by turn |\n|---|---|---|---|---|---|\n"
        f"{rows}\n\nMedians of {measured['turns']} turns. {_about(measured)}"
    )


def _grow(read: Read, _: str) -> str:
    """The table of benchmarks/grow.json."""
    measured = json.loads(read("benchmarks/grow.json"))
    rows = "\n".join(
        f"| {row['stage']} | {row['n']:,} | {row['seconds']:.1f} s | "
        f"{row['seconds_without_start']:.1f} s | {row.get('growth', '')} | "
        f"{row.get('allowed', '')} | {row['peak_mb']} MB | {row['anonymous_mb']} MB |"
        for row in sorted(
            measured["rows"], key=lambda row: list(measured["start_seconds"]).index(row["stage"])
        )
    )
    return (
        "| stage | pictures | time | without start | growth | n log n | peak memory | of it not "
        f"file-backed |\n|---|---|---|---|---|---|---|---|\n{rows}\n\n{_about(measured)}"
    )


def _reproducing(read: Read, _: str) -> str:
    """A paragraph from benchmarks/reproduce_check.json."""
    measured = json.loads(read("benchmarks/reproduce_check.json"))
    counts = ", ".join(map(str, measured["threads"]))
    same = "left the same `dvc.lock`, byte for byte" if measured["same_bytes"] else "differed"
    between = "".join(
        f" Between {threads} threads `{what}` differ by {one['largest']:.2g} at most "
        f"({one['where']}), and in {one['texts']} texts."
        for threads, largest in measured["between_threads"].items()
        for what, one in largest.items()
    )
    return f"Two runs from nothing with {counts} threads each {same}.{between} {_about(measured)}"


def _about(measured: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in measured["versions"].items())
    return f"Measured on {measured['date']} on {measured['machine']}: {versions}."


def _training(read: Read, name: str) -> str:
    """The table of benchmarks/training.json, or of training_report.json."""
    measured = json.loads(read(f"benchmarks/{name}.json"))
    titles = {"lenet5": "LeNet-5", "cnn": "CNN"}
    rows = "\n".join(
        f"| {title}, {of['input_px']} px, batch {of['batch_size']} | "
        + " | ".join(f"{of['pictures_per_second'][way]:g}" for way in WAYS)
        + f" | {of['loop_to_ceiling']['median']:.2f} | {of['loop_to_usual']['median']:.1f}"
        f" | {of['share_of_product']:.3f} |"
        for title, of in ((title, measured[name]) for name, title in titles.items())
    )
    large = measured["larger_than_memory"]
    return (
        f"| pictures a second | {' | '.join(WAYS)} | loop / ceiling | loop / usual | share of a "
        f"matrix product's rate |\n|---|{'---|' * (len(WAYS) + 3)}\n{rows}\n\n"
        f"LeNet-5 on a pixels file of {large['file_mb']} MB, mapped by a process that may take "
        f"{large['memory_left_mb']} MB more: {large['mapped_to_in_memory']['median']:.2f} of the "
        f"rate with the pixels in memory. Stored pictures of {measured['stored_px']} px, the "
        f"{measured['sizes']}'s sizes; medians of {measured['turns']} turns, on the "
        f"{measured['device']}. {_about(measured)}"
    )


def _checking(read: Read, _: str) -> str:
    """A table and a line from benchmarks/check.json."""
    measured = json.loads(read("benchmarks/check.json"))
    rows = "\n".join(
        f"| {row['detector']} | {cold['check_seconds']:.2f} s | {cold['ratio']:.2f} | "
        f"{folder['pictures_per_second']['check']:.0f} | {folder['ratio_to_bare']:.2f} | "
        f"{folder['ratio_to_delivered']:.2f} |"
        for row in measured["rows"]
        for cold, folder in [(row["cold"], row["folder"])]
    )
    memory = ", ".join(f"{row['what']} {row['peak_mb']:.0f} MB" for row in measured["memory"])
    return (
        "| detector | one picture, cold | times a bare script's | pictures a second, folder | "
        "of bare decoding and scoring | of the same with delivery |\n"
        f"|---|---|---|---|---|---|\n{rows}\n\n"
        f"`real-or-ai check` against onnxruntime and Pillow alone, starts included; "
        f"{measured['pictures']} pictures ({measured['picture']}) in onnxruntime's best batch; "
        f"peak memory: {memory}. {_about(measured)}"
    )


def _serving(read: Read, _: str) -> str:
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
        f"after. Measured on {measured['date']} on {measured['machine']}, clients included, by "
        "`python -m benchmarks.web`."
    )


def _audit(read: Read, folder: str) -> str:
    """The audit's verdict, as it was written."""
    return f"> {read(f'{folder}/verdict.txt').strip()}"


def _leaky(read: Read, folder: str) -> str:
    """Accuracies of leaky and grouped, and by how much val stands above test."""
    rows = _rows(read(f"{folder}/leaky.csv"))
    above = {
        (row["model"], row["experiment"]): row for row in _rows(read(f"{folder}/inflation.csv"))
    }
    lines = [
        "| model | split | val | test | external | val above test |",
        "|---|---|---|---|---|---|",
    ]
    for model, experiment in above:
        own = {
            row["split"]: row
            for row in rows
            if (row["model"], row["experiment"]) == (model, experiment)
        }
        cells = [_cell(own[split], "accuracy") for split in ("val", "test", "external")]
        cells.append(_cell(above[model, experiment], "val_above_test"))
        lines.append(f"| {TITLES[model]} | {experiment} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"Accuracy [95 %] on {_named(rows, 'external')}."])


def _left_out(read: Read, folder: str) -> str:
    """ROC AUC at each source that was held out of training, as found and delivered."""
    rows = [
        row
        for row in _rows(read(f"{folder}/leave_one_source_out.csv"))
        if row["split"] == "external"
    ]
    sources = list(dict.fromkeys(row["held_out"] for row in rows))
    lines = [f"| model | pictures | {' | '.join(sources)} |", "|---" * (2 + len(sources)) + "|"]
    for model, experiment in dict.fromkeys((row["model"], row["experiment"]) for row in rows):
        cells = [
            _cell(row, "roc_auc")
            for source in sources
            for row in rows
            if (row["model"], row["experiment"], row["held_out"]) == (model, experiment, source)
        ]
        lines.append(f"| {TITLES[model]} | {experiment} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"ROC AUC [95 %] on {_named(rows, 'external')}."])


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _cell(row: dict[str, str], metric: str) -> str:
    if not row[metric]:
        return "-"
    value, low, high = (float(row[f"{metric}{end}"]) for end in ("", "_low", "_high"))
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _named(rows: list[dict[str, str]], split: str) -> str:
    """The data's name and the n of a split, or their range."""
    counts = {
        int(row["n"]) for row in rows if row["split"] == split and row.get("held_out") != "mean"
    }
    among = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return f"{rows[0]['data']}; {among} {split} pictures"


MAKERS = {
    "audit": _audit,
    "leaky": _leaky,
    "left-out": _left_out,
    "report": _report,
    "example": _example,
    "speed": _speed,
    "cleaning": _cleaning,
    "preparing": _preparing,
    "stages": _stages,
    "grow": _grow,
    "reproducing": _reproducing,
    "training": _training,
    "checking": _checking,
    "serving": _serving,
}

if __name__ == "__main__":
    main()
