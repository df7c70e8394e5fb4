"""What was measured: rows of a table, and the same as JSON."""

import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    """One figure: the median of all rounds.

    `limit` is what it is compared with, measured in the same run; None for what has no limit. `aim` is `>=`
    or `<=` and a number: what `value / limit` is to be or, without a limit, `value`.
    """

    group: str
    name: str
    unit: str
    value: float
    rounds: list = field(default_factory=list)
    limit_name: str = ""
    limit: float = None
    aim: str = ""

    @property
    def ratio(self):
        return self.value / self.limit if self.limit else None

    @property
    def is_met(self):
        if not self.aim:
            return None
        comparison, number = self.aim.split()
        judged = self.value if self.ratio is None else self.ratio
        return judged >= float(number) if comparison == ">=" else judged <= float(number)


class Results:
    def __init__(self):
        self.rows = []

    def add(self, group, name, unit, rounds, limit_name="", limit_rounds=(), aim=""):
        """`rounds`: the value of each round, of the limit too."""
        self.rows.append(Row(
            group, name, unit, statistics.median(rounds), list(rounds), limit_name,
            statistics.median(limit_rounds) if limit_rounds else None, aim))

    def as_json(self, machine, seconds):
        return {
            "machine": machine, "seconds": round(seconds, 1),
            "rows": [{**asdict(row), "ratio": row.ratio, "met": row.is_met} for row in self.rows],
        }

    def as_table(self):
        """Markdown, so that it can be read here and put into a document."""
        lines = ["| | measured | limit beside it | ratio | aim |", "|---|---:|---|---:|---|"]
        group = None
        for row in self.rows:
            if row.group != group:
                group = row.group
                lines.append(f"| **{group}** | | | | |")
            limit = f"{row.limit_name}: {number(row.limit)} {row.unit}" if row.limit is not None else ""
            ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
            met = {None: "", True: "met", False: "**missed**"}[row.is_met]
            aim = f"{row.aim.replace('>=', '≥').replace('<=', '≤')} {met}" if row.aim else ""
            lines.append(f"| {row.name} | {number(row.value)} {row.unit} | {limit} | {ratio} | {aim} |")
        return "\n".join(lines)


def number(value):
    """Three significant digits, thousands separated."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"
