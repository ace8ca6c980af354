import pytest

from gplac.errors import UserError
from gplac.methods import BEYOND, METHODS, PARENTS, differences
from gplac.reporting.published import METHODS as COLUMNS

DIFFER_IN = {
    "cnn-1": {"encoder"},
    "att-40": {"labelled_scenes"},
    "cnn-40": {"encoder"},
    "gplac": {"weak_scenes", "objectives"},
    "cnn-c": {"encoder"},
    "att-da": {"objectives"},
    "gplac-da": {"objectives"},
    "att-ft": {"weak_scenes", "pretrain"},
    "att-ae": {"pretrain"},
    "att-po": {"pretrain"},
    "gplac-colours": {"colour_jitter"},
    "att-1-colours": {"colour_jitter"},
    "att-40-colours": {"colour_jitter"},
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_differs_from_its_parent_in_the_named_fields_and_no_others(name: str) -> None:
    if name == "att-1":
        assert name not in PARENTS
    else:
        assert set(differences(METHODS[name](), METHODS[PARENTS[name]]())) == DIFFER_IN[name]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_weak_images_exactly_if_a_term_reads_them(name: str) -> None:
    method = METHODS[name]()
    assert bool(method.weak_scenes) == ("weak" in method.reads)


def test_every_column_of_table_1_is_there_and_one_alone_is_told_positions() -> None:
    assert list(METHODS) == [*[name for name in METHODS if name in COLUMNS], *BEYOND]
    assert len(COLUMNS) == len(METHODS) - len(BEYOND) == 11
    assert [name for name in METHODS if "positions" in METHODS[name]().reads] == ["att-po"]


def test_domain_adaptation_alone_and_autoencoders_are_told_no_labels() -> None:
    told = {name for name in METHODS if "labels" in METHODS[name]().reads}
    assert {"gplac", "cnn-c", "att-ft", "gplac-da"} <= told
    assert not told & {"att-da", "att-ae", "att-1", "att-40", "cnn-1", "cnn-40"}


def test_every_method_ends_with_a_policy() -> None:
    for make in METHODS.values():
        assert "action" in [objective.name for objective in make().objectives]
        assert "action" not in [objective.name for objective in make().pretrain]


def test_the_papers_methods_see_pictures_as_they_are() -> None:
    assert not [name for name in COLUMNS if METHODS[name]().colour_jitter]


@pytest.mark.parametrize(
    ("name", "labelled", "weak"),
    [(name, 40 if "40" in name else 1, 0 if {"1", "40"} & set(name.split("-")) else 40) for name in COLUMNS],
)
def test_demonstrations_and_weak_images_come_from_as_many_scenes_as_in_the_paper(
    name: str, labelled: int, weak: int
) -> None:
    method = METHODS[name]()
    assert (method.labelled_scenes, method.weak_scenes) == (labelled, weak)


def test_a_number_of_weak_scenes_that_would_not_be_kept_to_is_refused() -> None:
    with pytest.raises(UserError, match=r"weak_scenes is 10: .* training.scene_budget=10"):
        METHODS["gplac"]().but(weak_scenes=10)
    with pytest.raises(UserError, match="needs weak_scenes=40"):
        METHODS["att-1"]().but(objectives=METHODS["gplac"]().objectives)


def test_but_leaves_the_parent_alone() -> None:
    parent = METHODS["att-1"]()
    assert parent.but(labelled_scenes=3).labelled_scenes == 3
    assert parent == METHODS["att-1"]()
