"""The file that trials are kept in: gone on with after an interruption, and joined where several processes shared them.

python examples/metaworld/trials.py part.json other.json --json whole.json
"""

import argparse
import json
from pathlib import Path

from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.provenance import provenance


class Trials:
    """Rows of one task and seed; ``provenance`` lists the runs that made them, and each row names its own by number."""

    def __init__(self, task, seed, rows=(), runs=()):
        self.task, self.seed, self.rows, self.runs = task, seed, list(rows), list(runs)

    @classmethod
    def load(cls, path):
        """Raises UserError if the file is not one of these."""
        try:
            found = json.loads(Path(path).read_text())
            return cls(found["task"], found["seed"], found["rows"], found["provenance"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} holds no trials ({error}); name another file or remove it.") from error

    @classmethod
    def opened(cls, path, task, seed):
        """What is in the file so far, if there is one, to be gone on with by this process."""
        trials = cls.load(path) if Path(path).exists() else cls(task, seed)
        trials.same(task, seed, path)
        trials.runs.append(provenance())
        return trials

    def same(self, task, seed, name):
        if (self.task, self.seed) != (task, seed):
            raise UserError(
                f"{name} is about {self.task} with seed {self.seed}, not {task} with seed {seed}: name another file."
            )

    def has(self, policy, look, episodes):
        """Whether these trials are done already."""
        rows = [row for row in self.rows if (row["policy"], row["look"]) == (policy, look)]
        if rows and rows[0]["episodes"] != episodes:
            raise UserError(
                f"{policy} has {rows[0]['episodes']} episodes of '{look}' already, not {episodes}: name another file."
            )
        return bool(rows)

    def add(self, row):
        """A row of the run that goes on."""
        self.rows.append({**row, "run": len(self.runs) - 1})

    def take(self, other, name):
        """All rows of other trials, which must be new."""
        self.same(other.task, other.seed, name)
        for row in other.rows:
            if self.has(row["policy"], row["look"], row["episodes"]):
                raise UserError(
                    f"{name} has '{row['look']}' of {row['policy']} once more: leave one of them out."
                )
            self.rows.append({**row, "run": row["run"] + len(self.runs)})
        self.runs += other.runs

    def write(self, path):
        found = {"task": self.task, "seed": self.seed, "rows": self.rows, "provenance": self.runs}
        write_atomically(Path(path), (json.dumps(found) + "\n").encode())


def joined(paths):
    """The trials of several files as one."""
    first, *others = paths
    trials = Trials.load(first)
    for path in others:
        trials.take(Trials.load(path), path)
    return trials


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    asked = parser.parse_args()
    try:
        joined(asked.parts).write(asked.json)
    except UserError as error:
        parser.error(str(error))
