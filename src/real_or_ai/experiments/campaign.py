"""The experiments whose differences are the message, run one after the other and set side by side.

Leaky against grouped, as found against delivered, and each source held out in turn.
"""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import read
from real_or_ai.conventions.sections import named
from real_or_ai.experiments import doctor, made, outcome_plots, outcomes, running
from real_or_ai.experiments.set_params import changed, quoted
from real_or_ai.registry import TITLES

METRICS = Path("metrics/evaluate")
AUDIT = Path("plots/audit/nulls.csv")
PREPARED = Path("metrics/prepare.json")
# The tables.
LEAKY, INFLATION = "leaky", "inflation"
DELIVERY, LEFT = "delivery", "leave_one_source_out"
NULLS = "nulls"
PAIRS = {LEAKY: ("leaky", "grouped"), DELIVERY: ("as-found", "delivered")}
FEWEST = 10  # raw files of a source that is held out: of fewer, no number says anything


@dataclass(frozen=True)
class Place:
    """Where a run's numbers go: a table, and what names the rows there."""

    table: str
    experiment: str
    held_out: str | None = None

    @property
    def keys(self) -> dict[str, str]:
        there = {"experiment": self.experiment}
        return there if self.held_out is None else there | {"held_out": self.held_out}


@dataclass(frozen=True)
class Run:
    """One run of the pipeline with changed parameters."""

    name: str
    changes: Mapping[str, str]
    places: tuple[Place, ...]

    @property
    def is_audited(self) -> bool:
        """Whether it is the one whose audit tells what can be had without looking."""
        return Place(DELIVERY, PAIRS[DELIVERY][1]) in self.places


class Audited(NamedTuple):
    """What the audited run tells beside its scores."""

    nulls: pd.DataFrame
    pictures: int  # that were prepared


def run(sets: Mapping[str, str], into: Path, data: str = "") -> dict[str, object]:
    """Runs the plan with the changes `sets` made to params.yaml; tables and plots go `into`.

    data: what they call the pictures; default: by the raw folder. Tables grow with each run; at the
    end, if all went well, made.json tells what made them, as does what is returned. Raises
    UserError that names the runs that failed, after all others.
    """
    values = changed(read(), sets)
    raw = named(values["prepare"]["raw"])
    data = data or raw
    print(doctor.check(values, asked=sets))
    running.demand_commit()
    code = made.code()
    names = [name for pair in PAIRS.values() for name in pair]
    experiments = {name: running.read_changes(running.FOLDER / f"{name}.txt") for name in names}
    sources, notes = held_out(values)
    for note in notes:
        print(note)
    runs = plan(values, experiments, sources)
    found: dict[str, list[outcomes.Row]] = defaultdict(list)
    audits: dict[str, pd.DataFrame] = {}
    pictures = 0
    failed = []
    (into / made.MADE).unlink(missing_ok=True)
    started = time.monotonic()
    for done, one in enumerate(runs):
        print(f"\n{progress(done, len(runs), time.monotonic() - started)}: {one.name}", flush=True)
        try:
            numbers, audited = _results(one, sets)
        except UserError as error:
            print(error)
            failed.append(one.name)
            continue
        for place in one.places:
            found[place.table] += outcomes.rows(numbers, data=data, **place.keys)
        if audited is not None:
            audits[NULLS], pictures = audited
            audits[NULLS].insert(0, "data", data)
        for table, content in (tabulated(found) | audits).items():
            with replacing(into / f"{table}.csv") as temporary:
                content.to_csv(temporary, index=False, lineterminator="\n")
    tables = tabulated(found) | audits
    draw(into, tables)
    if not sources:
        outcome_plots.nothing(into / f"{LEFT}.png", f"{data}: {notes[0]}")
    for path in _of_another_campaign(into, tables, sources):
        path.unlink(missing_ok=True)
    if failed:
        raise UserError(
            f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}; {into} has the "
            "others; mend what is said above and run again"
        )
    # The path itself is nobody's business.
    parameters = {key: raw if key == "prepare.raw" else value for key, value in sets.items()}
    of = made.told(code, made.code()) | {"parameters": parameters, "pictures": pictures}
    write_json(into / made.MADE, of)
    print(f"\n{into}: {len(runs)} runs in {_clock(time.monotonic() - started)}")
    return of


def plan(
    values: Mapping[str, Any],
    experiments: Mapping[str, Mapping[str, str]],
    sources: Iterable[str],
) -> list[Run]:
    """The runs, each once: where two would have the same parameters, one serves both.

    values: of params.yaml. experiments: the changes of each that PAIRS names. sources: to hold out.
    """
    wanted = [
        Run(name, experiments[name], (Place(table, name),))
        for table, pair in PAIRS.items()
        for name in pair
    ]
    for number, source in enumerate(sources, start=1):
        slug = re.sub(r"[^A-Za-z0-9]+", "-", source).strip("-")
        slug = slug if slug == source else f"{slug}-{number}".strip("-")  # no two are the same
        wanted += [
            Run(
                f"without-{slug}-{name}",
                {**experiments[name], **_only_tested(source)},
                (Place(LEFT, name, source),),
            )
            for name in PAIRS[DELIVERY]
        ]
    runs: list[Run] = []
    effects: list[dict[str, Any]] = []
    for one in wanted:
        effect = changed(values, one.changes)
        if effect in effects:
            twin = effects.index(effect)
            runs[twin] = replace(runs[twin], places=runs[twin].places + one.places)
        else:
            runs.append(one)
            effects.append(effect)
    return runs


def held_out(values: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The sources that can be held out, and a sentence on each that cannot, or not in full."""
    files = doctor.files_by_source(values)
    if len(files) == 1:
        only = next(iter(files))
        return [], [f"leave one source out: skipped, as all files are of one source, {only}"]
    sources, notes = [], []
    for source, counts in sorted(files.items()):
        if counts.total() < FEWEST:
            notes.append(f"{source}: not held out, as {counts.total()} files are too few")
            continue
        try:
            doctor.check(changed(values, _only_tested(source)))
        except UserError as error:
            notes.append(f"{source}: not held out, as the others do not do without it ({error})")
            continue
        sources.append(source)
        if len(counts) < len(LABELS):
            only = next(iter(counts))
            notes.append(f"{source}: holds {only} files only, so that there is no ROC AUC for it")
    return sources, notes


def progress(done: int, total: int, seconds: float) -> str:
    """How far it is, how long it took and how long it may take yet."""
    line = f"run {done + 1} of {total}, {_clock(seconds)} so far"
    return f"{line}, about {_clock(seconds / done * (total - done))} to go" if done else line


def tabulated(found: Mapping[str, list[outcomes.Row]]) -> dict[str, pd.DataFrame]:
    """The tables of what is found so far, with means and differences, by name."""
    tables = {name: outcomes.table(rows) for name, rows in found.items()}
    if LEFT in tables:
        tables[LEFT] = outcomes.with_means(tables[LEFT])
    if _is_whole(tables, LEAKY):
        tables[INFLATION] = outcomes.inflation(tables[LEAKY])
    return tables


def draw(into: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """The plots of those tables that are whole."""
    if LEFT in tables:
        outcome_plots.leave_one_source_out(into / f"{LEFT}.png", tables[LEFT])
    if INFLATION in tables:
        outcome_plots.leaky(into / f"{LEAKY}.png", tables[LEAKY], tables[INFLATION])
    if _is_whole(tables, DELIVERY):
        outcome_plots.delivery(into / f"{DELIVERY}.png", tables[DELIVERY])


def _of_another_campaign(
    into: Path, tables: Mapping[str, pd.DataFrame], sources: Iterable[str]
) -> list[Path]:
    """Files of tables that this campaign has not made: they are of other data, or of other runs."""
    stale = [
        into / f"{name}.csv" for name in (*PAIRS, INFLATION, LEFT, NULLS) if name not in tables
    ]
    drawn = {LEAKY: INFLATION in tables, DELIVERY: _is_whole(tables, DELIVERY)}
    drawn[LEFT] = LEFT in tables or not sources
    return stale + [into / f"{name}.png" for name, is_new in drawn.items() if not is_new]


def _is_whole(tables: Mapping[str, pd.DataFrame], name: str) -> bool:
    return name in tables and set(tables[name]["experiment"]) == set(PAIRS[name])


def _only_tested(source: str) -> dict[str, str]:
    """The change that holds out this source, and no other."""
    return {"split.external": f"[{quoted(source)}]"}


def _results(
    one: Run, sets: Mapping[str, str]
) -> tuple[dict[str, outcomes.Numbers], Audited | None]:
    """What every model scored, and what its audit tells if it is audited.

    The workspace is as it was after it.
    """
    targets = ("audit", "evaluate") if one.is_audited else ("evaluate",)
    with running.workspace_restored():
        running.run_pipeline(one.name, {**sets, **one.changes}, *targets)
        numbers = {
            model: json.loads((METRICS / f"{model}.json").read_text(encoding="utf-8"))
            for model in TITLES
        }
        if not one.is_audited:
            return numbers, None
        prepared = json.loads(PREPARED.read_text(encoding="utf-8"))
        pictures = sum(of_class["pictures"] for of_class in prepared.values())
        return numbers, Audited(pd.read_csv(AUDIT, dtype=str), pictures)


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"
