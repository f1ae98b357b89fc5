"""Writes every number of the README from committed files, between its begin and end marks.

make readme
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    path = ROOT / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8"), ROOT), encoding="utf-8")


def filled(text: str, root: Path) -> str:
    """The README's text with the part between each pair of marks made anew from files in `root`."""
    for name in re.findall(r"<!-- begin (\S+) -->", text):
        kind, _, what = name.partition(":")
        body = MAKERS[kind](root, what)
        marks = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text = marks.sub(lambda found, body=body: f"{found[1]}{body}\n{found[2]}", text)
    return text


def _report(root: Path, section: str) -> str:
    """A section of metrics/report.md, without its heading's marks."""
    report = (root / "metrics" / "report.md").read_text(encoding="utf-8")
    for part in report.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        if heading.startswith(section):
            return f"**{heading}**\n\n{body.strip()}"
    raise SystemExit(f"metrics/report.md has no section {section}")


def _example(root: Path, name: str) -> str:
    text = (root / "docs" / "examples" / f"{name}.txt").read_text(encoding="utf-8")
    return f"```\n{text.rstrip()}\n```"


def _speed(root: Path, _: str) -> str:
    """The table of benchmarks/repro.json."""
    measured = json.loads((root / "benchmarks" / "repro.json").read_text(encoding="utf-8"))
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
