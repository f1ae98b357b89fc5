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


MAKERS = {"report": _report, "example": _example, "speed": _speed}

if __name__ == "__main__":
    main()
