"""A row of the table: several contestants, measured one after the other, round by round.

Interleaved, so that what the machine does meanwhile meets all of them; each figure is the median of its rounds.
"""
import dataclasses
import time
import traceback

from figures import median, number, ratio, spread
from started import Failed, Missing, folder


class Contestant:
    """Somebody who is measured. `measure` gives figures by name; those of other contestants bear the same names."""

    name = ""
    # With whom the others are compared.
    ours = False

    def start(self, place):
        """Gets ready, with its data in the folder `place`."""

    def measure(self):
        raise NotImplementedError

    def stop(self):
        """Ends what it started; it may be half started."""


@dataclasses.dataclass
class Figure:
    key: str
    title: str
    unit: str = ""
    # Which is better, "more" or "less"; nothing where it is only told.
    better: str = ""
    # What it may be at the most or has to be at the least, where DESIGN, section 8, says so of this one.
    most: float = None
    least: float = None


@dataclasses.dataclass
class Row:
    name: str
    title: str
    figures: list
    # Gives those who are measured.
    contestants: object
    # What DESIGN, section 8, wants reached: lines of text, and what says so from the medians.
    goals: list = dataclasses.field(default_factory=list)
    # What one should know who reads the figures.
    notes: list = dataclasses.field(default_factory=list)
    # Rounds at the most: some take minutes each.
    rounds: int = 5


class Results:
    def __init__(self, row):
        self.row = row
        self.ours = None
        self.values = {}
        self.left_out = []

    def add(self, contestant, figures):
        of = self.values.setdefault(contestant, {})
        for key, value in figures.items():
            of.setdefault(key, []).append(value)

    def medians(self, contestant):
        return {key: median(values) for key, values in self.values.get(contestant, {}).items()}

    def rounds(self):
        return max((len(v) for of in self.values.values() for v in of.values()), default=0)


def run(row, rounds, tell):
    """Measures a row; `tell` is given each step's line."""
    results = Results(row)
    alive = []
    contestants = row.contestants()
    results.ours = next((one.name for one in contestants if one.ours), None)
    try:
        for contestant in contestants:
            tell(f"{contestant.name}: starting")
            if _kept(results, contestant, lambda one=contestant: one.start(folder())):
                alive.append(contestant)
            else:
                contestant.stop()
        rounds = min(rounds, row.rounds)
        for turn in range(1, rounds + 1):
            for contestant in list(alive):
                began = time.monotonic()
                figures = {}
                if not _kept(results, contestant, lambda one=contestant: figures.update(one.measure())):
                    alive.remove(contestant)
                    contestant.stop()
                    continue
                results.add(contestant.name, figures)
                main = row.figures[0]
                tell(
                    f"round {turn} of {rounds}: {contestant.name}: {number(figures.get(main.key), main.unit)}"
                    f" ({time.monotonic() - began:.0f} s)"
                )
    finally:
        for contestant in contestants:
            contestant.stop()
    return results


def _kept(results, contestant, act):
    """Whether `act` went well; what did not is a line of the report, and the others go on."""
    try:
        act()
        return True
    except (Missing, Failed) as error:
        results.left_out.append(f"{contestant.name}: {error}")
    except Exception as error:  # a broken contestant must not take the others' figures with it
        traceback.print_exc()
        results.left_out.append(f"{contestant.name}: {type(error).__name__}: {error}")
    return False


def table(results):
    """The row as a table in Markdown, which is read as it stands as well."""
    row = results.row
    names = list(results.values)
    lines = [f"### {row.title}", ""]
    if not names:
        return "\n".join([*lines, "Not measured.", *(f"Left out: {text}" for text in results.left_out)]) + "\n"
    if len(names) == 1:
        lines += _column(row, results.values[names[0]])
        return "\n".join([*lines, *_below(results)]) + "\n"
    head = ["who", *(figure.title for figure in row.figures), "spread", "ours is"]
    ours = results.medians(results.ours)
    main = row.figures[0]
    cells = []
    for name in names:
        of = results.medians(name)
        cells.append([
            name,
            *(number(of.get(figure.key), figure.unit) for figure in row.figures),
            spread(results.values[name].get(main.key, [0])),
            "" if name == results.ours or not main.better else ratio(ours.get(main.key), of.get(main.key), main.better),
        ])
    return "\n".join([*lines, *_aligned([head, *cells]), *_below(results)]) + "\n"


def _column(row, values):
    """Where only one was measured: a line a figure."""
    cells = [["what", "measured", "spread", "to reach"]]
    for figure in row.figures:
        rounds = values.get(figure.key, [])
        middle = median(rounds) if rounds else None
        cells.append([figure.title, number(middle, figure.unit), spread(rounds) if rounds else "", _aim(figure, middle)])
    return _aligned(cells)


def _aim(figure, middle):
    """What is to be reached, and whether it is not."""
    if middle is None or (figure.most is None and figure.least is None):
        return ""
    if figure.most is not None:
        aim, met = f"<= {number(figure.most, figure.unit)}", middle <= figure.most
    else:
        aim, met = f">= {number(figure.least, figure.unit)}", middle >= figure.least
    return aim + ("" if met else ": NOT reached")


def _aligned(cells):
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]

    def written(line):
        first, rest = line[0].ljust(widths[0]), [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if place else "-") for place, width in enumerate(widths)) + "|"
    return [written(cells[0]), rule, *map(written, cells[1:]), ""]


def _below(results):
    row, count = results.row, results.rounds()
    said = [f"Medians of {count} rounds." if count > 1 else "One round."]
    said += [f"{text}: {met}." for text, met in _goals(row, results)]
    said += row.notes
    said += [f"Left out: {text}" for text in results.left_out]
    return said


def _goals(row, results):
    medians = {name: results.medians(name) for name in results.values}
    for text, met in row.goals:
        try:
            said = met(medians)
        except (KeyError, StopIteration, TypeError, ZeroDivisionError):
            said = None
        yield text, {True: "reached", False: "NOT reached", None: "not measured"}[said]
