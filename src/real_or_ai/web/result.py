"""An answer as the part of the page that shows it; every text of a stranger is escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from real_or_ai.web.answers import About, Answer

HEADINGS = {"real": "Real", "ai": "AI", "unsure": "Unsure", None: "No verdict"}


def shown(answer: Answer, about: About) -> str:
    """HTML: verdict, score on its scale with the cuts, and apart from it what the file claims."""
    template = _environment().get_template("result.html.jinja")
    return template.render(
        answer=answer,
        heading=HEADINGS[answer.verdict],
        number=_number(answer),
        cuts=cuts(about),
        alpha=about.description.unsure.alpha if about.description.unsure else None,
    )


def cuts(about: About) -> tuple[float, float] | None:
    """The scores between which a verdict is unsure; None if nothing was promised."""
    unsure = about.description.unsure
    if unsure is None:
        return None
    low, high = sorted((unsure.ai_below, unsure.real_above))
    return low, high


def _number(answer: Answer) -> str:
    if answer.probability is None:
        return f"Score {answer.score:.3f} (no probability)"
    return f"Probability of AI: {answer.probability:.3f}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("real_or_ai.web", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
