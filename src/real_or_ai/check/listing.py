"""The command `check`: files and folders in, a row for each picture out, as they come."""

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TextIO

from real_or_ai.check.detector import Detector
from real_or_ai.check.verdict import SPELLED, Verdict
from real_or_ai.claims.claim import CAUTION, Claim
from real_or_ai.conventions.errors import PictureError, UserError
from real_or_ai.conventions.printable import printable
from real_or_ai.pictures import offered

COLUMNS = ("path", "verdict", "probability", "score", "claims", "error", "caution")
CONTRADICTED = "contradicted by what the file says"
FAILED = 1  # the exit code if a file could not be read

Outcome = tuple[str, Verdict | PictureError]
Row = dict[str, object]


def check(detector: Detector, paths: Iterable[str], form: str, out: TextIO) -> int:
    """Writes a row for each file in `paths` and in their folders; the exit code.

    form: a name of WRITERS. What belongs beside the rows of a machine's format goes to standard
    error.
    """
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    bare: set[str] = set()
    beside = out if form == "table" else sys.stderr
    if detector.caution:
        print(detector.caution, file=beside)
    with closing(detector.check_all(files(paths, left_out, bare))) as found:
        WRITERS[form](_counted(_with_bare(found, bare), counts), detector, out)
    if form == "table":
        print(_summed_up(counts), file=out)
    if left_out:
        print(offered.told(left_out), file=beside)
    if counts["with claims"]:
        print(CAUTION, file=beside)
    return FAILED if counts["could not be read"] else 0


def files(paths: Iterable[str], left_out: Counter[str], bare: set[str]) -> Iterator[str]:
    """The files among `paths` and the pictures below the folders among them, in order of name.

    Counts in `left_out` what is no picture there. A path that is not there or cannot be listed
    comes as it is, and so does a folder without pictures, which is put into `bare`.
    """
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        some = False
        for one in offered.walk(path, left_out):
            if one != path and os.path.isdir(one) and os.path.islink(one):
                left_out["links to folders"] += 1
                continue
            some = True
            yield one
        if not some:
            bare.add(path)
            yield path


def _with_bare(found: Iterable[Outcome], bare: set[str]) -> Iterator[Outcome]:
    """Says of the folders in `bare` what they are, where reading says that they are no files."""
    for path, outcome in found:
        if path in bare:
            yield path, PictureError("no picture", "a folder without pictures")
        else:
            yield path, outcome


def explain(detector: Detector, paths: list[str], into: Path) -> None:
    """Draws where the score of the one picture in `paths` comes from, as a PNG."""
    from real_or_ai.check import heat_map
    from real_or_ai.conventions.outputs import replacing

    if len(paths) != 1 or os.path.isdir(paths[0]):
        raise UserError("--explain draws one picture; give one file")
    if into.suffix.lower() != ".png":
        raise UserError(f"--explain {into}: writes a PNG; give it a name that ends in .png")
    try:
        verdict = detector.check(paths[0])
    except PictureError as error:
        raise UserError(
            f"{printable(paths[0])}: cannot be read as a picture: {error} ({error.reason}); give "
            "another file"
        ) from error
    said = f"{printable(os.path.basename(paths[0]))}: {verdict.heading}"
    with replacing(into) as temporary:
        heat_map.draw(detector.explain(paths[0]), said).save(temporary, "PNG")


def row(outcome: Outcome) -> Row:
    """What is written of a file, the values as JSON holds them."""
    path, found = outcome
    if isinstance(found, PictureError):
        said: Row = {"claims": [], "error": f"{found.reason}: {found.detail}"}
    else:
        said = found.model_dump(mode="json")
    return {name: said.get(name) for name in COLUMNS} | {"path": path}


def _counted(found: Iterable[Outcome], counts: Counter[str]) -> Iterator[Outcome]:
    for outcome in found:
        verdict = outcome[1]
        if isinstance(verdict, PictureError):
            counts["could not be read"] += 1
        else:
            counts[SPELLED[verdict.decision]] += 1
            counts["with claims"] += bool(verdict.claims)
            counts[CONTRADICTED] += verdict.contradicted
        yield outcome


# --- formats ------------------------------------------------------------------------------------


def _table(found: Iterable[Outcome], _: Detector, out: TextIO) -> None:
    """Verdict, score and path, and below them what the file claims."""
    print(f"{'verdict':8}{'score':7}picture", file=out)
    for path, verdict in found:
        shown = printable(path)
        if isinstance(verdict, PictureError):
            print(f"{'error':15}{shown}: {printable(str(verdict))} ({verdict.reason})", file=out)
            continue
        print(f"{_said(verdict):15}{shown}", file=out)
        for claim in verdict.claims:
            against = verdict.contradicted and claim.suggests not in (None, verdict.decision)
            says = "against this, it says" if against else "it says"
            print(f"{'':15}  {says}: {_told(claim)}", file=out)
        out.flush()


def _csv(found: Iterable[Outcome], _: Detector, out: TextIO) -> None:
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for path, outcome in found:
        told = "; ".join(map(_told, outcome.claims)) if isinstance(outcome, Verdict) else ""
        writer.writerow(row((_no_formula(path), outcome)) | {"claims": told})
        out.flush()


def _jsonl(found: Iterable[Outcome], _: Detector, out: TextIO) -> None:
    for outcome in found:
        print(json.dumps(row(outcome)), file=out, flush=True)


def _json(found: Iterable[Outcome], detector: Detector, out: TextIO) -> None:
    """One document; its end is missing if the command was stopped."""
    head = {
        "model": detector.description.model,
        "caution": detector.caution or None,
        "claims_caution": CAUTION,
    }
    print(json.dumps(head)[:-1] + ', "pictures": [', file=out)
    comma = ""
    for outcome in found:
        print(comma + json.dumps(row(outcome)), end="", file=out, flush=True)
        comma = ",\n"
    print("\n]}", file=out)


WRITERS: Mapping[str, Callable[[Iterable[Outcome], Detector, TextIO], None]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
}


def _said(verdict: Verdict) -> str:
    decision = "-" if verdict.decision is None else SPELLED[verdict.decision]
    return f"{decision:8}{verdict.score:.3f}"


def _told(claim: Claim) -> str:
    return f"{claim.kind}: {claim.text}"


def _no_formula(path: str) -> str:
    """The same file under a name that a spreadsheet takes for text: =x.png is a formula there.

    Of what else stands in a cell nothing begins with a stranger's text.
    """
    return (
        os.path.join(os.curdir, path) if path.startswith(("=", "+", "-", "@", "\t", "\r")) else path
    )


def _summed_up(counts: Counter[str]) -> str:
    names = [*SPELLED.values(), "could not be read"]
    shown = [name for name in (*names, CONTRADICTED) if name != SPELLED[None]]
    parts = [f"{counts[name]} {name}" for name in shown if counts[name]]
    total = sum(counts[name] for name in names)
    return (
        f"{total} {'picture' if total == 1 else 'pictures'}"
        + (": " if parts else "")
        + ", ".join(parts)
    )
