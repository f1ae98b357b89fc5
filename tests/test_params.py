import pytest
from pydantic import ValidationError

from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.params import load, read
from real_or_ai.conventions.sections import DecodeParams
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.set_params import changed
from real_or_ai.networks.lenet5 import Hyperparameters
from real_or_ai.stages.prepare import PrepareParams
from real_or_ai.stages.split import SplitParams


def test_every_section_of_params_yaml_is_valid_and_has_a_reader(values):
    assert set(values) == set(Parameters.of(values).model_dump())


def test_params_are_frozen(values):
    params = load(DecodeParams, "decode", values)
    with pytest.raises(ValidationError):
        params.size = 3


@pytest.mark.parametrize("text", ["1e-05", "1.0e-5", "0.00001", "1E-5"])
def test_floats_read_as_dvc_reads_them(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(f"learning_rate: {text}\n", encoding="utf-8")
    assert read(path) == {"learning_rate": 1e-5}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("train.lenet5.learning_rate", "fast"),
            'params.yaml: train.lenet5.learning_rate is "fast": input should be a valid number',
        ),
        (
            ("train.lenet5.epochs", "0"),
            "params.yaml: train.lenet5.epochs is 0: input should be greater than or equal to 1",
        ),
        (
            ("train.lenet5.seeds", "[1, -1]"),
            "params.yaml: train.lenet5.seeds.1 is -1: input should be greater than or equal to 0",
        ),
        (
            ("train.lenet5.epochs", "2.5"),
            "params.yaml: train.lenet5.epochs is 2.5: input should be a valid integer",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(values, change, sentence):
    wrong = changed(values, dict([change]))
    with pytest.raises(ParamsError) as raised:
        load(Hyperparameters, "train.lenet5", wrong)
    assert str(raised.value).startswith(sentence)


def test_the_alternatives_of_a_value_are_named_together(values):
    with pytest.raises(ParamsError) as raised:
        load(SplitParams, "split", changed(values, {"split.test": "0"}))
    assert str(raised.value) == (
        "params.yaml: split.test is 0: input should be greater than or equal to 1 or input should "
        "be greater than 0"
    )


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ("{real: [x], ai: [x]}", "class_folders has x under real and under ai"),
        ("{real: [], ai: [x]}", "prepare.class_folders.real is \\[\\]"),
        ("{real: [x], fake: [y]}", "prepare.class_folders.fake"),
    ],
)
def test_class_folders_must_tell_the_classes_apart(values, folders, message):
    with pytest.raises(ParamsError, match=message):
        load(PrepareParams, "prepare", changed(values, {"prepare.class_folders": folders}))


def test_an_unknown_key_is_an_error_that_lists_the_known_ones(values):
    wrong = changed(values, {"decode.delivery": "{short_side: 64, jpeg_quality: 85, gamma: 1}"})
    with pytest.raises(ParamsError) as raised:
        load(DecodeParams, "decode", wrong)
    assert str(raised.value) == (
        "params.yaml: decode.delivery.gamma is not a parameter; "
        "allowed there: jpeg_quality, short_side"
    )


def test_a_missing_key_and_a_missing_section_are_named(values):
    without = {**values, "decode": {"size": 128}}
    with pytest.raises(ParamsError, match=r"decode\.delivery is missing"):
        load(DecodeParams, "decode", without)
    with pytest.raises(ParamsError, match="section decode is missing"):
        load(DecodeParams, "decode", {})


def test_an_unknown_section_is_named(values):
    with pytest.raises(ParamsError, match="section trian is not known; there are sample"):
        Parameters.of({**values, "trian": {}})


@pytest.mark.parametrize("text", ["a: [1, 2", "- just\n- a list\n"])
def test_a_broken_file_is_one_sentence(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=r"params\.yaml"):
        read(path)
