"""A verdict as the part of the page that shows it; every text of a stranger is escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from real_or_ai.check.about import whose
from real_or_ai.check.verdict import SPELLED, Verdict
from real_or_ai.claims.claim import CAUTION
from real_or_ai.web.answers import About


def shown(verdict: Verdict, about: About) -> str:
    """HTML: decision, score on its scale with the cuts, and apart from it what the file claims."""
    template = _environment().get_template("result.html.jinja")
    unsure = about.description.unsure
    decision = SPELLED[verdict.decision]
    return template.render(
        verdict=verdict,
        heading=decision[0].upper() + decision[1:],
        number=_number(verdict),
        cuts=unsure.cuts if unsure else None,
        alpha=unsure.alpha if unsure else None,
        whose=whose(about.description),
        kept=about.card.kept() if about.card else "",
        spelled=SPELLED,
        claims_caution=CAUTION,
    )


def _number(verdict: Verdict) -> str:
    if verdict.probability is None:
        return f"Score {verdict.score:.3f} (no probability)"
    return f"Probability of AI: {verdict.probability:.3f}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("real_or_ai.web", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
