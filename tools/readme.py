"""Writes every number of the README from committed files, between its begin and end marks.

make readme
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]

Read = Callable[[str], str]  # path below the repository -> its text


def main() -> None:
    def read(path: str) -> str:
        return (ROOT / path).read_text(encoding="utf-8")

    (ROOT / "README.md").write_text(filled(read), encoding="utf-8")


def filled(read: Read) -> str:
    """The README with the part between each pair of marks made anew from the other files."""
    text = read("README.md")
    for name in re.findall(r"<!-- begin (\S+) -->", text):
        kind, _, what = name.partition(":")
        body = MAKERS[kind](read, what)
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
        f"peak memory: {memory}. Measured on {measured['date']} on {measured['machine']} by "
        "`python -m benchmarks.check`."
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


MAKERS = {
    "audit": _audit,
    "report": _report,
    "example": _example,
    "speed": _speed,
    "cleaning": _cleaning,
    "preparing": _preparing,
    "checking": _checking,
    "serving": _serving,
}

if __name__ == "__main__":
    main()
