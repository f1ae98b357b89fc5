"""What the numbers of a split say, in sentences."""

from collections.abc import Mapping
from itertools import combinations

from real_or_ai.card import broken_promises
from real_or_ai.registry import TITLES
from real_or_ai.stages.compare.cells import cell
from real_or_ai.stages.compare.side_by_side import (
    OVER_SEEDS,
    SIGNIFICANT,
    BySplit,
    Numbers,
    pair,
)
from real_or_ai.statistics.figure import Figure


def in_words(
    split: str,
    numbers: BySplit,
    differences: Mapping[str, Numbers],
    spreads: Mapping[str, Numbers],
) -> str:
    """Who wins on a split, by how much, and whether that is more than chance."""
    own = {model: by_split[split] for model, by_split in numbers.items()}
    any_model = next(iter(own.values()))
    head = f"On {split} (n = {any_model['n']})"
    if "roc_auc" not in any_model:
        return f"{head} one class stands alone, so nothing can be ranked."
    first, second, *_ = sorted(own, key=lambda model: -own[model]["roc_auc"])
    best = own[first]
    sentence = f"{head} {TITLES[first]} ranks the classes best: ROC AUC {cell(best, 'roc_auc')}"
    sentence += f", accuracy {cell(best, 'accuracy')}."
    sentence += _lead_in_words(differences, first, second) + _seeds_in_words(spreads)
    apart = [
        f"{TITLES[one]} and {TITLES[other]}"
        for one, other in combinations(own, 2)
        if differences[pair(one, other)]["holm_p"] < SIGNIFICANT
    ]
    told = f"The calls of {'; '.join(apart)} differ" if apart else "No two models' calls differ"
    sentence += f" {told} by more than chance (McNemar's test, Holm's correction)."
    for model in own:
        for broken in broken_promises(split, own[model]):
            sentence += f" {TITLES[model]}: {broken}."
    near_chance = [TITLES[model] for model in own if own[model]["roc_auc_low"] <= 0.5]
    if near_chance:
        sentence += f" {', '.join(near_chance)} cannot be told from guessing."
    return sentence


def _lead_in_words(differences: Mapping[str, Numbers], first: str, second: str) -> str:
    """Whether a lead in AUC holds for other pictures, and for other seeds too."""
    lead = _lead(differences, first, second, "roc_auc")
    anew = _lead(differences, first, second, OVER_SEEDS)
    assert lead is not None  # both classes are there
    told = f" Its lead in AUC over {TITLES[second]}, {lead.text(of_ends=3)}"
    if anew is None:
        told += " over pictures (of one seed: what another changes is not known)"
    else:
        told += f" over pictures and {anew.text(of_ends=3)} over seeds too"
    sure = lead.low > 0 and (anew is None or anew.low > 0)
    return f"{told}, {'is more than chance gives' if sure else 'could be chance'}."


def _lead(differences: Mapping[str, Numbers], first: str, second: str, what: str) -> Figure | None:
    """The AUC difference of two models as first less second; None where it is not known."""
    if (numbers := differences.get(pair(first, second))) is not None:
        return Figure.read(numbers, what) if what in numbers else None
    found = _lead(differences, second, first, what)
    return None if found is None else Figure(-found.value, -found.high, -found.low)


def _seeds_in_words(spreads: Mapping[str, Numbers]) -> str:
    """What seeds alone change."""
    told = [
        f"{TITLES[model]} from {of['roc_auc_lowest']:.3f} to {of['roc_auc_highest']:.3f}"
        for model, of in spreads.items()
        if of["seeds"] > 1
    ]
    return f" By the seed of its training alone the AUC goes: {', '.join(told)}." if told else ""
