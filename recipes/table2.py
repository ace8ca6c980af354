"""Table 2: the robot experiment, emulated (mug push).

    python recipes/table2.py --preset lite

Stop it whenever you like: the same command goes on where it was. Test scenes are opened here alone.
"""

import tyro
from table1 import measure


def main(
    preset: str = "lite",
    methods: tuple[str, ...] = ("att-1", "att-da", "gplac"),
    seeds: tuple[int, ...] = (0,),
) -> None:
    """Run what is not done yet.

    Args:
        preset: Size of everything.
        methods: Which methods, in this order.
        seeds: Seeds of weights and batches; the data is the same for all.
    """
    measure("mug_push", preset, methods, seeds)


if __name__ == "__main__":
    tyro.cli(main)
