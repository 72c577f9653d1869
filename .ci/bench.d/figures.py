"""What rounds gave: medians, spreads and ratios, and how they are written."""
import statistics

# Enough digits to compare, no more than a run can vouch for.
DIGITS = 3

LARGER = {"ns": "us", "us": "ms", "ms": "s"}


def median(values):
    return statistics.median(values)


def percentile(ordered, share):
    """The value that `share` of an ordered list is at or below."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def delays(values):
    """What is told of delays in milliseconds: how many, median, 99th percentile, worst."""
    ordered = sorted(values)
    return {
        "counted": len(ordered),
        "median": percentile(ordered, 0.5),
        "p99": percentile(ordered, 0.99),
        "worst": ordered[-1],
    }


def number(value, unit=""):
    """12345.6 -> 12,300; 0.01234 -> 0.0123."""
    if value is None:
        return "-"
    if value == 0:
        text = "0"
    elif unit in LARGER and abs(value) >= 10_000:
        return number(value / 1000, LARGER[unit])
    elif unit in ("", "B") and value == int(value):
        text = f"{int(value):,}"
    else:
        whole = len(str(int(abs(value))))
        text = f"{round(value, DIGITS - whole):,.{max(0, DIGITS - whole if abs(value) >= 1 else DIGITS)}f}"
    return f"{text} {unit}".rstrip()


def ratio(ours, theirs, better):
    """How many times better ours is: 2.0x; what is not comparable has none."""
    if not ours or not theirs:
        return ""
    times = ours / theirs if better == "more" else theirs / ours
    return f"{times:,.2f}x" if times < 10 else f"{times:,.0f}x"


def spread(values):
    """How far the rounds lay apart, of their median."""
    middle = median(values)
    if len(values) < 2 or not middle:
        return ""
    return f"{(max(values) - min(values)) / middle * 100:.0f} %"
