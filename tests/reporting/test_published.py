import math

from gplac.reporting.published import EPISODES, METHODS, TABLE_1, TABLE_3, published


def test_every_rate_of_tables_1_and_3_is_a_count_of_episodes() -> None:
    rates = [rate for table in (TABLE_1, TABLE_3) for row in table.values() for rate in row.values()]
    assert len(rates) == 2 * 11 + 2 * 4
    assert all(math.isclose(rate * EPISODES, round(rate * EPISODES)) for rate in rates)


def test_the_full_weak_data_set_is_the_method_of_table_1() -> None:
    for task, row in TABLE_3.items():
        assert row[80_000] == TABLE_1[task]["gplac"] == published(task, "gplac")


def test_what_the_paper_did_not_measure_has_no_number() -> None:
    assert published("pusher", "mine") is None
    assert published("juggler", "gplac") is None
    assert published("mug_push", "att-40") is None
    assert published("mug_push", "gplac") == 0.5636
    assert set(METHODS) == set(TABLE_1["pusher"]) == set(TABLE_1["striker"])


def test_a_part_of_the_weak_images_has_the_papers_number_for_that_part() -> None:
    assert published("pusher", "gplac", 0.1) == 0.7950
    assert published("striker", "gplac", 0.001) == 0.3350
    assert published("pusher", "gplac", 0.25) is None
    assert published("pusher", "att-da", 0.1) is None
    assert published("mug_push", "gplac", 0.1) is None
