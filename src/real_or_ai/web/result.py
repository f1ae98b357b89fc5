"""An answer as the part of the page that shows it; every text of a stranger is escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from real_or_ai.web.answers import About, Answer

HEADINGS = {"real": "Real", "ai": "AI", "unsure": "Unsure", None: "No verdict"}


def shown(answer: Answer, about: About) -> str:
    """HTML: verdict, score on its scale with the cuts, and apart from it what the file claims."""
    template = _environment().get_template("result.html.jinja")
    unsure = about.description.unsure
    return template.render(
        answer=answer,
        heading=HEADINGS[answer.verdict],
        number=_number(answer),
        cuts=unsure.cuts if unsure else None,
        alpha=unsure.alpha if unsure else None,
    )


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
