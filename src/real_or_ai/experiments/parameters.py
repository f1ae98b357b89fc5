"""All of params.yaml as one class, made of the sections that the stages read."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import create_model

from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.params import PARAMS_YAML, Params, validated
from real_or_ai.conventions.sections import AugmentationParams, DecodeParams, FeaturesParams
from real_or_ai.registry import NETWORKS
from real_or_ai.stages.audit import AuditParams
from real_or_ai.stages.calibrate import CalibrateParams
from real_or_ai.stages.compare import CompareParams
from real_or_ai.stages.evaluate import EvaluateParams
from real_or_ai.stages.fit_svm import FitSvmParams
from real_or_ai.stages.prepare import PrepareParams
from real_or_ai.stages.robustness import RobustnessParams
from real_or_ai.stages.sample import SampleParams
from real_or_ai.stages.split import SplitParams
from real_or_ai.stages.train.network import find


def _train_params() -> type[Params]:
    """The augmentation that all networks share, and a section a network of the registry."""
    sections: dict[str, Any] = {name: (find(name).Hyperparameters, ...) for name in NETWORKS}
    return create_model("TrainParams", __base__=Params, augmentation=AugmentationParams, **sections)


TrainParams = _train_params()


class Parameters(Params):
    """The whole file."""

    sample: SampleParams
    prepare: PrepareParams
    split: SplitParams
    decode: DecodeParams
    audit: AuditParams
    train: TrainParams  # type: ignore[valid-type]
    features: FeaturesParams
    fit_svm: FitSvmParams
    calibrate: CalibrateParams
    evaluate: EvaluateParams
    robustness: RobustnessParams
    compare: CompareParams

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Parameters":
        """The file's content. Raises ParamsError unless every section is there, known and valid."""
        for name in values:
            if name not in cls.model_fields:
                raise ParamsError(
                    f"{PARAMS_YAML}: section {name} is not known; there are "
                    f"{', '.join(cls.model_fields)}"
                )
        return cast(Parameters, validated(cls, "", dict(values)))
