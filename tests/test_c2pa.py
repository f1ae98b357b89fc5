import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real_or_ai.claims import c2pa
from test_evidence import box, cbor, store, superbox

# Appendix A of RFC 8949: value and encoding.
EXAMPLES = [
    (0, "00"), (23, "17"), (24, "1818"), (1000000, "1a000f4240"), (-1, "20"), (-1000, "3903e7"),
    (18446744073709551615, "1bffffffffffffffff"), (1.0, "f93c00"), (100000.0, "fa47c35000"),
    (1.1, "fb3ff199999999999a"), (False, "f4"), (True, "f5"), (None, "f6"), (b"", "40"),
    (b"\1\2\3\4", "4401020304"), ("", "60"), ("IETF", "6449455446"), ("水", "63e6b0b4"),
    ([], "80"), ([1, [2, 3], [4, 5]], "8301820203820405"), ({}, "a0"), ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"), (["a", {"b": "c"}], "826161a161626163"),
    (b"\1\2\3\4\5", "5f42010243030405ff"), ("streaming", "7f657374726561646d696e67ff"),
    ([1, [2, 3], [4, 5]], "9f018202039f0405ffff"),
    ({"a": 1, "b": [2, 3]}, "bf61610161629f0203ffff"),
    (1363896240, "c11a514b67b0"),  # a tag is dropped
]  # fmt: skip


@pytest.mark.parametrize(("value", "encoding"), EXAMPLES, ids=[code for _, code in EXAMPLES])
def test_cbor_is_read_as_the_standard_says(value, encoding):
    assert c2pa.decoded(bytes.fromhex(encoding)) == value


def test_infinity_and_nan():
    assert c2pa.decoded(bytes.fromhex("f97c00")) == math.inf
    assert math.isnan(c2pa.decoded(bytes.fromhex("f97e00")))


KEYS = st.text(max_size=5)
VALUES = st.recursive(
    st.integers(0, 2**32 - 1) | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES.filter(lambda value: len(str(value)) < 400))
def test_what_is_written_comes_back(value):
    def depth(one):
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return 1 + max(map(depth, inner), default=0)

    expected = value if depth(value) <= c2pa.DEPTH else None
    assert c2pa.decoded(cbor(value)) == expected


@given(st.binary(max_size=200))
def test_noise_is_none_or_a_value(noise):
    c2pa.decoded(noise)
    c2pa.read(noise)


@pytest.mark.parametrize(
    "encoding", ["", "18", "61", "5f01ff", "ff", "81ff", "1c", "df01", "81" * 20]
)
def test_what_is_damaged_is_none(encoding):
    assert c2pa.decoded(bytes.fromhex(encoding)) is None


def test_a_store_says_who_made_it_and_what_was_done():
    found = c2pa.read(store())
    assert found.generators == ("Maker 1.2",)
    assert found.actions == (c2pa.Action("c2pa.created", "trainedAlgorithmicMedia", "Model X"),)


def test_version_1_names_its_generator_in_a_text():
    claim = box(b"cbor", cbor({"claim_generator": "Old/1.0 c2pa-rs/0.2"}))
    found = c2pa.read(superbox("c2pa", superbox("urn:1", superbox("c2pa.claim", claim))))
    assert found == c2pa.Store(("Old/1.0 c2pa-rs/0.2",), ())


def test_other_boxes_are_no_store():
    assert c2pa.read(superbox("acme", box(b"cbor", cbor({"claim_generator": "x"})))) is None
    assert c2pa.read(b"") is None
