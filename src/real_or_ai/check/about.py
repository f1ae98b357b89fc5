"""What a detector file says of itself, for people."""

import json
from collections.abc import Iterator

from real_or_ai.card import Card
from real_or_ai.detector_file.description import Description


def whose(description: Description) -> str:
    """The pictures that its promise is about."""
    calibrated = description.calibration
    if calibrated is None or not calibrated.left_out:
        return "pictures like those it was calibrated on; of others nothing is promised"
    return (
        "pictures of sources that it has not seen, as far as they are like the "
        f"{len(calibrated.left_out)} that were left out of its training in turn"
    )


def lines(description: Description, card: Card | None) -> Iterator[str]:
    """What the detector file itself is, as Markdown; card: of the same file."""
    about, delivery = description, description.delivery
    delivered = "squashed to"
    if delivery is not None:
        delivered = f"centre square, {delivery.short_side} px, JPEG {delivery.jpeg_quality}, then"
    yield "## The file"
    yield ""
    yield f"- Model {about.model}. Pictures as delivered to it: {delivered} {about.size} px."
    if about.calibration is None:
        yield "- Its scores are not calibrated: no probabilities."
    else:
        yield f"- Its scores are probabilities, calibrated on {about.calibration.n} pictures."
    if about.unsure is None:
        yield "- Nothing was promised, so every verdict is unsure."
    else:
        low, high = about.unsure.cuts
        yield (
            f"- Unsure between scores of {low:.3f} and {high:.3f}: at most "
            f"{about.unsure.alpha:.0%} of the real pictures are called AI, and of AI ones real, "
            f"among {whose(about)}."
        )
        if card and card.kept():
            yield f"- {card.kept()}"
    yield f"- Data: SHA-256 {about.data or 'unknown'}."
    yield f"- Trained with: {json.dumps(about.params)}"
