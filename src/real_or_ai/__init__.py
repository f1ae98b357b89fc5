"""Tells real pictures from AI-generated ones.

    from real_or_ai import Detector

    verdict = Detector.load().check("picture.jpg")

The names are imported when they are first asked for: this file runs for every module beneath.
"""

import importlib
import os
import typing

# From 1.29 on, onnxruntime tells its maker of every model it loads, unless told not to before it is
# imported (its Privacy.md). Nothing is sent from here.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if typing.TYPE_CHECKING:
    from real_or_ai.check.detector import Detector as Detector
    from real_or_ai.check.detector import Limits as Limits
    from real_or_ai.check.occlusion import Explanation as Explanation
    from real_or_ai.check.verdict import Verdict as Verdict
    from real_or_ai.claims.claim import Claim as Claim
    from real_or_ai.conventions.errors import DetectorError as DetectorError
    from real_or_ai.conventions.errors import PictureError as PictureError
    from real_or_ai.conventions.errors import UserError as UserError

_HOME = {
    "Claim": "claims.claim",
    "Detector": "check.detector",
    "DetectorError": "conventions.errors",
    "Explanation": "check.occlusion",
    "Limits": "check.detector",
    "PictureError": "conventions.errors",
    "UserError": "conventions.errors",
    "Verdict": "check.verdict",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
