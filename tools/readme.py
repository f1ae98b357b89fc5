"""Writes every number of the pages from committed files, between their begin and end marks.

make readme

What is made of benchmarks/*.json stands in benchmarked.py and tried.py, of the collection in
collected.py.
"""

import json
import re
import shutil
from pathlib import Path

from tools import benchmarked, collected, promised, tried
from tools.benchmarked import Read
from tools.cells import cell
from tools.cells import rows as rows_of

from real_or_ai.conventions.labels import HELD_OUT
from real_or_ai.conventions.params import load_value, parse
from real_or_ai.conventions.sections import EMBEDDED, named
from real_or_ai.detector_file.cost import Cost
from real_or_ai.drawing.markdown import table
from real_or_ai.registry import TITLES

ROOT = Path(__file__).parents[1]
GALLERY = "plots/gallery/svm/test.jpg"  # which Git ignores, for it shows pictures
PAGES = (
    "README.md",
    "benchmarks/README.md",
    *(f"docs/{name}.md" for name in ("results", "certainty", "preparation", "checking")),
    *(f"docs/{name}.md" for name in ("experiments", "speed", "collection", "starter", "LOG")),
)


def main() -> None:
    def read(path: str) -> str:
        return (ROOT / path).read_text(encoding="utf-8")

    if (ROOT / GALLERY).is_file() and load_value(str, "prepare.raw") == EMBEDDED:
        shutil.copyfile(ROOT / GALLERY, ROOT / "docs" / "gallery.jpg")
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


def _card(read: Read, folder: str) -> str:
    """A model card, without its title and a level deeper."""
    _, _, body = read(f"{folder}/card.md").partition("\n")
    return body.strip().replace("\n## ", "\n### ").replace("## ", "### ", 1)


def _cost(read: Read, path: str) -> str:
    spent = json.loads(read(path))
    machine = spent.pop("machine")
    return f"It costs {Cost(**spent)}, from delivered pixels on (median of 50; {machine})."


def _report_head(read: Read, _: str) -> str:
    """Whose numbers metrics/report.md holds, and beside what: what stands below its title."""
    title, _, body = read("metrics/report.md").partition("\n## ")[0].partition("\n\n")
    first = body.partition("\n\n")[0]
    return " ".join(first.split()) if first.startswith("Ours: ") else f"{title.removeprefix('# ')}."


def _audit(read: Read, folder: str) -> str:
    """The audit's verdict, as it was written, and of whose pictures it is."""
    data = named(load_value(str, "prepare.raw", parse(read("params.yaml"))))
    return f"Of {data} it says:\n\n> {read(f'{folder}/verdict.txt').strip()}"


def _leaky(read: Read, folder: str) -> str:
    """Accuracies of leaky and grouped, and by how much val stands above test.

    External pictures have a column if there are any.
    """
    rows = rows_of(read(f"{folder}/leaky.csv"))
    above = {
        (row["model"], row["experiment"]): row for row in rows_of(read(f"{folder}/inflation.csv"))
    }
    splits = [name for name in HELD_OUT if any(row["split"] == name for row in rows)]
    lines = []
    for model, experiment in above:
        own = {
            row["split"]: row
            for row in rows
            if (row["model"], row["experiment"]) == (model, experiment)
        }
        cells = [cell(own[split], "accuracy") for split in splits]
        cells.append(cell(above[model, experiment], "val_above_test"))
        lines.append([TITLES[model], experiment, *cells])
    made = table(("model", "split", *splits, "val above test"), lines)
    return f"{made}\n\nAccuracy [95 %] on {_named(rows, 'external')}."


def _left_out(read: Read, folder: str) -> str:
    """ROC AUC at each source that was held out of training, as found and delivered.

    Of one source alone a campaign has no such table.
    """
    try:
        table_of_all = read(f"{folder}/leave_one_source_out.csv")
    except FileNotFoundError:
        return f"*No source of {rows_of(read(f'{folder}/leaky.csv'))[0]['data']} can be left out.*"
    rows = [row for row in rows_of(table_of_all) if row["split"] == "external"]
    sources = list(dict.fromkeys(row["held_out"] for row in rows))
    lines = []
    for model, experiment in dict.fromkeys((row["model"], row["experiment"]) for row in rows):
        cells = [
            cell(row, "roc_auc")
            for source in sources
            for row in rows
            if (row["model"], row["experiment"], row["held_out"]) == (model, experiment, source)
        ]
        lines.append([TITLES[model], experiment, *cells])
    made = table(("model", "pictures", *sources), lines)
    return f"{made}\n\nROC AUC [95 %] on {_named(rows, 'external')}."


def _nulls(read: Read, folder: str) -> str:
    """What can be had without looking, as found and after equal delivery."""
    rows = rows_of(read(f"{folder}/nulls.csv"))
    titles = {
        "facts": "class, from file facts: ROC AUC",
        "thumbnail": "class, from 8x8 thumbnails: ROC AUC",
        "source": "source, from pixels: accuracy",
    }
    cells = {}
    for row in rows:
        found = f"{cell(row, 'value')} ({float(row['chance']):.2f}), {row['n']}"
        cells[row["null"], row["when"]] = found
    lines = (
        (title, *(cells[null, when] for when in ("as_found", "delivered")))
        for null, title in titles.items()
    )
    made = table(("guessed", "as found (by chance), n", "delivered (by chance), n"), lines)
    return f"{made}\n\nOut of fold by group [95 %], {rows[0]['data']}."


def _decided(read: Read, folder: str) -> str:
    """What was promised of verdicts and what was found, of pictures delivered alike."""
    rows = [
        row for row in rows_of(read(f"{folder}/delivery.csv")) if row["experiment"] == "delivered"
    ]
    columns = {
        "real_called_ai": "real called AI",
        "ai_called_real": "AI called real",
        "real_decided": "real decided",
        "ai_decided": "AI decided",
        "error_of_decided": "error of the decided",
    }
    lines = []
    for row in rows:
        promised = f"{float(row['alpha']):.2f} at most" if row["alpha"] else "nothing"
        where = f"{row['split']}, {row['n']}"
        lines.append(
            [TITLES[row["model"]], where, promised, *(cell(row, name) for name in columns)]
        )
    made = table(("model", "on", "promised", *columns.values()), lines)
    note = "the promise is on each class, called the other; of the decided nothing is promised"
    return f"{made}\n\nShares [95 %] of {rows[0]['data']}; {note}."


def _named(rows: list[dict[str, str]], split: str) -> str:
    """The data's name and the n of a split, or their range; the name alone without the split."""
    counts = {
        int(row["n"]) for row in rows if row["split"] == split and row.get("held_out") != "mean"
    }
    if not counts:
        return rows[0]["data"]
    among = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return f"{rows[0]['data']}; {among} {split} pictures"


MAKERS = {
    "card": _card,
    "cost": _cost,
    "promises": promised.promises,
    "collection-nulls": collected.nulls,
    "audit": _audit,
    "report-head": _report_head,
    "learning": benchmarked.learning,
    "candidates": tried.candidates,
    "leaky": _leaky,
    "left-out": _left_out,
    "nulls": _nulls,
    "decided": _decided,
    "report": _report,
    "example": _example,
    "collection": collected.sources,
    "made": benchmarked.made,
    "speed": benchmarked.speed,
    "cleaning": benchmarked.cleaning,
    "composed": benchmarked.composed,
    "preparing": benchmarked.preparing,
    "stages": benchmarked.stages,
    "grow": benchmarked.grow,
    "reproducing": benchmarked.reproducing,
    "training": benchmarked.training,
    "checking": benchmarked.checking,
    "serving": benchmarked.serving,
}

if __name__ == "__main__":
    main()
