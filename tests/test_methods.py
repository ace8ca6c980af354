import pytest

from gplac.methods import METHODS, PARENTS, differences

DIFFER_IN = {
    "cnn-1": {"encoder"},
    "att-40": {"labelled_scenes"},
    "cnn-40": {"encoder"},
    "gplac": {"weak_scenes", "objectives"},
    "cnn-c": {"encoder"},
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
    assert bool(method.weak_scenes) == any("weak" in objective.reads for objective in method.objectives)


def test_but_leaves_the_parent_alone() -> None:
    parent = METHODS["att-1"]()
    assert parent.but(labelled_scenes=3).labelled_scenes == 3
    assert parent == METHODS["att-1"]()
