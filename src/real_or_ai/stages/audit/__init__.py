"""Section `audit`."""

from typing import Annotated

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed

RocAuc = Annotated[float, Field(ge=0.5, le=1)]


class AuditParams(Params):
    """How the nulls are measured, and how much of one is borne; null: only report."""

    folds: int = Field(ge=2, le=50)
    seed: Seed  # of folds, forests and intervals
    max_facts_auc: RocAuc | None  # of file facts, as detectors are given the pictures
    max_thumbnail_auc: RocAuc | None  # of 8x8 thumbnails, likewise
