import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from real_or_ai.conventions.errors import SplitError
from real_or_ai.conventions.labels import COPIES, LEFT_OUT, ORIGINAL
from real_or_ai.stages.split.splitting import Member, assign_pictures, assign_splits, check

SETTINGS = {"external": ["elsewhere"], "test": 10, "val": 0.25, "seed": 3}


def members(groups: int = 60, seed: int = 0) -> list[Member]:
    """Groups of one to four pictures of either class from three sources."""
    chance = random.Random(seed)
    made = []
    for number in range(groups):
        label, source = chance.choice(["real", "ai"]), chance.choice(["web", "studio", "elsewhere"])
        made += [
            Member(f"{label}/{source}/{number}-{index}", label, source, group=f"g{number}")
            for index in range(chance.choice([1, 1, 1, 4]))
        ]
    return made


def split_of(pictures: list[Member], splits: dict[str, str]) -> dict[str, str]:
    return {member.picture: splits[member.group] for member in pictures}


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_whole_sizes_are_met_and_external_is_apart(seed):
    pictures = members(120, seed)
    splits = assign_splits(pictures, **SETTINGS | {"seed": seed})
    check(pictures, split_of(pictures, splits), external=["elsewhere"], protocol="grouped")
    counts = Counter((splits[member.group], member.label) for member in pictures)
    assert counts["test", "real"] == counts["test", "ai"] == 10
    for label in ("real", "ai"):
        rest = counts["train", label] + counts["val", label]
        assert abs(counts["val", label] - 0.25 * rest) <= 4


def test_the_order_of_pictures_does_not_matter():
    pictures = members()
    shuffled = random.Random(9).sample(pictures, len(pictures))
    assert assign_splits(pictures, **SETTINGS) == assign_splits(shuffled, **SETTINGS)


def test_another_seed_is_another_split():
    pictures = members()
    assert assign_splits(pictures, **SETTINGS) != assign_splits(pictures, **SETTINGS | {"seed": 4})


def test_test_is_spread_over_the_sources():
    pictures = [
        Member(f"{label}{source}{number}", label, source, f"{label}{source}{number}")
        for label in ("real", "ai")
        for source, count in (("web", 60), ("studio", 30))
        for number in range(count)
    ]
    splits = assign_splits(pictures, **SETTINGS | {"test": 30})
    taken = Counter((m.label, m.source) for m in pictures if splits[m.group] == "test")
    assert taken == {("real", "web"): 20, ("real", "studio"): 10} | {
        ("ai", "web"): 20,
        ("ai", "studio"): 10,
    }


def test_a_source_of_large_groups_gives_its_share_too():
    # As in collections with six pictures of each prompt: smallest first alone would test on the
    # other source's ai only, and so make the source tell the classes apart.
    pictures = [Member(f"r{i}", "real", ("web", "bench")[i % 2], f"r{i}") for i in range(80)]
    pictures += [Member(f"w{i}", "ai", "web", f"w{i}") for i in range(40)]
    pictures += [Member(f"b{i}", "ai", "bench", f"b{i // 6}") for i in range(42)]
    splits = assign_splits(pictures, **SETTINGS | {"test": 26})
    taken = Counter((m.label, m.source) for m in pictures if splits[m.group] == "test")
    assert taken["ai", "bench"] == 12
    assert taken["ai", "web"] == 14
    assert taken["real", "web"] == taken["real", "bench"] == 13
    in_val = Counter((m.label, m.source) for m in pictures if splits[m.group] == "val")
    assert in_val["ai", "bench"] == 6


def test_a_fraction_is_of_each_class():
    pictures = [Member(f"{i}", ("real", "ai")[i % 4 == 0], "web", f"{i}") for i in range(200)]
    splits = assign_splits(pictures, **SETTINGS | {"test": 0.1})
    assert Counter(m.label for m in pictures if splits[m.group] == "test") == {"real": 15, "ai": 5}


def test_the_only_group_of_its_kind_is_as_likely_in_test_as_others():
    pictures = [Member(f"{label}{i}", label, "web", f"{label}{i}") for label in ("real", "ai")
                for i in range(30)]  # fmt: skip
    pictures += [Member(f"pair{i}", "ai", "web", "pair") for i in range(2)]
    drawn = [assign_splits(pictures, **SETTINGS | {"seed": seed})["pair"] for seed in range(40)]
    assert 3 <= drawn.count("test") <= 25  # a third of them


def test_a_group_that_reaches_into_an_external_source_is_external():
    pictures = [*members(), Member("a", "ai", "web", "odd"), Member("b", "ai", "elsewhere", "odd")]
    assert assign_splits(pictures, **SETTINGS)["odd"] == "external"


def test_a_shortfall_names_the_nearest_size():
    pictures = [
        Member(f"{label}{number}-{index}", label, "web", f"{label}{number}")
        for label in ("real", "ai")
        for number in range(10)
        for index in range(4)
    ]
    with pytest.raises(SplitError) as raised:
        assign_splits(pictures, **SETTINGS | {"test": 30})
    assert str(raised.value) == (
        "split.test asks for 30 real pictures, which no whole groups of the 40 in hand make up; "
        "set split.test to 28 or add pictures"
    )
    assign_splits(pictures, **SETTINGS | {"test": 28})


def test_sizes_that_greed_would_miss_are_met():
    pictures = [Member(f"r{i}", "real", "web", f"r{i}") for i in range(60)]
    pictures += [Member(f"s{i}", "ai", "web", f"s{i}") for i in range(3)]
    pictures += [Member(f"g{i}", "ai", "web", f"g{i // 4}") for i in range(120)]
    splits = assign_splits(pictures, **SETTINGS | {"test": 30})  # 2 single ones and 7 grids
    taken = Counter(m.label for m in pictures if splits[m.group] == "test")
    assert taken == {"real": 30, "ai": 30}


def test_the_size_named_works_for_both_classes():
    pictures = [Member(f"r{i}", "real", "web", f"r{i // 2}") for i in range(80)]
    pictures += [Member(f"a{i}", "ai", "web", f"a{i // 3}") for i in range(90)]
    with pytest.raises(SplitError, match=r"set split.test to 30 or add pictures"):
        assign_splits(pictures, **SETTINGS | {"test": 29})
    assign_splits(pictures, **SETTINGS | {"test": 30})


def test_a_fraction_comes_as_near_as_whole_groups_do():
    pictures = [Member(f"{i}", "real" if i < 60 else "ai", "web", f"{i // 4}") for i in range(120)]
    splits = assign_splits(pictures, **SETTINGS | {"test": 0.1})
    assert Counter(m.label for m in pictures if splits[m.group] == "test") == {"real": 4, "ai": 4}


def test_too_few_for_train_and_val_is_an_error():
    pictures = [Member(f"{i}", ("real", "ai")[i % 2], "web", f"{i}") for i in range(22)]
    with pytest.raises(SplitError, match=r"no (real|ai) picture is left for (train|val)"):
        assign_splits(pictures, **SETTINGS)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"a2": "test"}, "group a is in train and in test: a leak"),
        ({"b1": "train", "b2": "train"}, "of external source elsewhere is in train"),
        ({"c1": "val"}, "val holds only ai"),
    ],
)
def test_a_broken_split_is_found(broken, message):
    pictures = [
        Member("a1", "real", "web", "a"),
        Member("a2", "ai", "web", "a"),
        Member("b1", "real", "elsewhere", "b"),
        Member("b2", "ai", "elsewhere", "b"),
        Member("c1", "ai", "web", "c"),
    ]
    right = {"a1": "train", "a2": "train", "b1": "external", "b2": "external", "c1": "train"}
    check(pictures, right, external=["elsewhere"], protocol="grouped")
    with pytest.raises(SplitError, match=message):
        check(pictures, right | broken, external=["elsewhere"], protocol="grouped")


def with_copies(pictures: list[Member]) -> list[Member]:
    return [
        replace(one, picture=f"{one.picture}-{view}", view=view)
        for one in pictures
        for view in (ORIGINAL, *COPIES)
    ]


def leaky(pictures: list[Member]) -> tuple[list[Member], dict[str, str]]:
    """The pictures with copies, and the split of each in the report's protocol."""
    everything = with_copies(pictures)
    of_group = assign_splits(pictures, **SETTINGS)
    return everything, assign_pictures(everything, of_group, val=0.25, seed=3)


@pytest.mark.parametrize("seed", range(5))
def test_the_papers_split_leaks_copies_into_val_and_no_further(seed):
    originals = members(120, seed)
    of_group = assign_splits(originals, **SETTINGS)
    everything, splits = leaky(originals)
    check(everything, splits, external=["elsewhere"], protocol="paper")
    for one in everything:
        split, tested = splits[one.picture], of_group[one.group] in ("test", "external")
        if tested:  # on the very pictures of the grouped split, and on no copies
            assert split == (of_group[one.group] if one.view == ORIGINAL else LEFT_OUT)
        else:
            assert split in ("train", "val")
    sides = defaultdict(set)
    for one in everything:
        sides[one.picture.rpartition("-")[0]].add(splits[one.picture])
    torn = [name for name, split in sides.items() if split == {"train", "val"}]
    assert len(torn) > len(sides) / 4  # of all pictures; of five views, 76 % of those in train
    with pytest.raises(SplitError, match=r"view (flip|rotate|crop|noise), is in \w+: grouped"):
        check(everything, splits, external=["elsewhere"], protocol="grouped")
    disguised = [replace(one, view=ORIGINAL) for one in everything]
    in_hand = [one for one in disguised if splits[one.picture] != LEFT_OUT]
    with pytest.raises(SplitError, match=r"is in (train and in val|val and in train): a leak"):
        check(
            in_hand,
            {one.picture: splits[one.picture] for one in in_hand},
            external=["elsewhere"],
            protocol="grouped",
        )


def test_the_papers_val_is_its_share_of_each_class():
    everything, splits = leaky(members(120))
    drawn = Counter((splits[one.picture], one.label) for one in everything)
    for label in ("real", "ai"):
        rest = drawn["train", label] + drawn["val", label]
        assert drawn["val", label] == round(0.25 * rest)


def test_the_papers_val_takes_originals_and_copies_alike():
    pictures = [Member(f"{i}", ("real", "ai")[i % 2], "web", f"{i}") for i in range(800)]
    everything, splits = leaky(pictures)
    in_val = Counter(one.view for one in everything if splits[one.picture] == "val")
    expected = 0.25 * (800 - 20)
    assert all(abs(in_val[view] - expected) < 4 * expected**0.5 for view in (ORIGINAL, *COPIES))


def test_the_papers_split_is_the_same_in_any_order():
    everything, splits = leaky(members())
    of_group = assign_splits(members(), **SETTINGS)
    shuffled = random.Random(9).sample(everything, len(everything))
    assert assign_pictures(shuffled, of_group, val=0.25, seed=3) == splits
    assert assign_pictures(everything, of_group, val=0.25, seed=4) != splits


@pytest.mark.parametrize(
    ("view", "there", "split", "message"),
    [
        (ORIGINAL, "train", "test", "group .* is in .* a leak"),
        (ORIGINAL, "train", LEFT_OUT, r"view original, is in left_out: paper"),
        ("crop", "train", LEFT_OUT, "is left out, but not as a copy of a tested picture"),
        ("crop", "train", "test", r"view crop, is in test: paper"),
        (ORIGINAL, "test", "train", "a leak|is left out, but not"),
        ("crop", LEFT_OUT, "val", "group .* is in .* a leak"),
        ("crop", LEFT_OUT, "test", r"view crop, is in test: paper"),
        ("crop", LEFT_OUT, "external", r"view crop, is in external: paper"),
        (ORIGINAL, "external", "train", "a leak|of external source"),
        (ORIGINAL, "test", "elsewhere", r"is in elsewhere: paper"),
    ],
)
def test_a_broken_papers_split_is_found(view, there, split, message):
    everything, splits = leaky(members(120))
    moved = next(
        one for one in everything
        if one.view == view and splits[one.picture] == there and one.source != "studio"
    )  # fmt: skip
    broken = splits | {moved.picture: split}
    with pytest.raises(SplitError, match=message):
        check(everything, broken, external=["elsewhere"], protocol="paper")


def test_a_picture_without_a_split_is_found():
    with pytest.raises(SplitError, match="1 pictures, x first, stand in one table only"):
        check([Member("x", "ai", "web", "x")], {}, external=[], protocol="grouped")
