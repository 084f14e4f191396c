"""Number words up to a hundred, and the round ones above, of languages that the number library does not know."""

from collections.abc import Mapping


def counted(
    small: str, tens: str, joined: str, hundred: str, thousand: str, special: Mapping[str, int] | None = None, *, reverse: bool = False
) -> str:
    """A table of numbers: words for 0 to 19, for 20 to 90, and how ten and unit are joined (``{ten}-{unit}``).

    ``special`` replaces what the rule would make; ``reverse`` joins only a unit that has a form for it (*ein*undzwanzig).
    """
    units = small.split()
    numbers = dict(enumerate(units))
    for place, ten in enumerate(tens.split(), 2):
        numbers[10 * place] = ten
        for unit in range(1, 10):
            word = "ein" if reverse and unit == 1 else units[unit]
            numbers[10 * place + unit] = joined.format(ten=ten, unit=word)
    entries = [f"{word.replace('_', ' ')} {number}" for number, word in numbers.items()]
    entries += [f"{hundred} 100", f"{thousand} 1000"]
    entries += [f"{word} {number}" for word, number in (special or {}).items()]
    entries += [f"{entry.replace('-', ' ')}" for entry in entries if "-" in entry]
    return " | ".join(entries)
