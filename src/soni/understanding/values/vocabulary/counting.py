"""Number words up to a hundred, and the round ones above, of languages that the number library does not know."""

from collections.abc import Iterable, Iterator, Mapping

from soni.understanding.values.text import plain

_FRENCH = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
_GERMAN = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
    " achtzehn neunzehn"
)
_ITALIAN = (
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove"
)
_PORTUGUESE = (
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete"
    " dezoito dezenove"
)


def french() -> Mapping[str, int]:
    """Zéro to cent, deux cents, trois mille; 70 to 99 as in France and as in Belgium and Switzerland."""
    return {plain(word): number for word, number in _french()}


def german() -> Mapping[str, int]:
    """Null to hundert, zweihundert, dreitausend."""
    return {plain(word): number for word, number in _german()}


def italian() -> Mapping[str, int]:
    """Zero to cento, duecento, tremila."""
    return {plain(word): number for word, number in _italian()}


def portuguese() -> Mapping[str, int]:
    """Zero to cem, the hundreds, dois mil."""
    return {plain(word): number for word, number in _portuguese()}


def _french() -> Iterator[tuple[str, int]]:
    units = _FRENCH.split()
    yield from _spelt(enumerate(units))
    tens = {
        20: "vingt",
        30: "trente",
        40: "quarante",
        50: "cinquante",
        60: "soixante",
        70: "septante",
        80: "huitante",
        90: "nonante",
    }
    for ten, word in tens.items():
        yield word, ten
        yield from _spelt(
            (ten + unit, f"{word} et un" if unit == 1 else f"{word}-{units[unit]}") for unit in range(1, 10)
        )
    yield from _spelt(
        (60 + unit, "soixante et onze" if unit == 11 else f"soixante-{units[unit]}") for unit in range(10, 20)
    )
    yield from _spelt((80 + unit, f"quatre-vingt-{units[unit]}") for unit in range(1, 20))
    yield from _spelt([(80, "quatre-vingts"), (80, "quatre-vingt")])
    yield from (("une", 1), ("cent", 100), ("mille", 1000))
    for unit in range(2, 10):
        yield from ((f"{units[unit]} cents", 100 * unit), (f"{units[unit]} mille", 1000 * unit))


def _german() -> Iterator[tuple[str, int]]:
    units = _GERMAN.split()
    yield from _spelt(enumerate(units))
    tens = ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")
    for place, ten in enumerate(tens, 2):
        yield ten, 10 * place
        yield from ((f"{'ein' if unit == 1 else units[unit]}und{ten}", 10 * place + unit) for unit in range(1, 10))
    yield from (
        ("ein", 1),
        ("eine", 1),
        ("einen", 1),
        ("einem", 1),
        ("einer", 1),
        ("zwo", 2),
        ("hundert", 100),
        ("tausend", 1000),
    )
    for unit in range(1, 10):
        word = "ein" if unit == 1 else units[unit]
        yield from ((f"{word}hundert", 100 * unit), (f"{word}tausend", 1000 * unit))


def _italian() -> Iterator[tuple[str, int]]:
    units = _ITALIAN.split()
    yield from _spelt(enumerate(units))
    tens = ("venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta")
    for place, ten in enumerate(tens, 2):
        yield ten, 10 * place
        yield from ((f"{ten[:-1] if unit in (1, 8) else ten}{units[unit]}", 10 * place + unit) for unit in range(1, 10))
    yield from (("un", 1), ("una", 1), ("cento", 100), ("mille", 1000))
    for unit in range(2, 10):
        yield from ((f"{units[unit]}cento", 100 * unit), (f"{units[unit]}mila", 1000 * unit))


def _portuguese() -> Iterator[tuple[str, int]]:
    units = _PORTUGUESE.split()
    yield from _spelt(enumerate(units))
    yield from (("uma", 1), ("duas", 2), ("quatorze", 14), ("dezasseis", 16), ("dezassete", 17), ("dezanove", 19))
    tens = ("vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa")
    for place, ten in enumerate(tens, 2):
        yield ten, 10 * place
        yield from ((f"{ten} e {units[unit]}", 10 * place + unit) for unit in range(1, 10))
    yield from (("cem", 100), ("cento", 100), ("mil", 1000))
    hundreds = (
        "duzentos",
        "trezentos",
        "quatrocentos",
        "quinhentos",
        "seiscentos",
        "setecentos",
        "oitocentos",
        "novecentos",
    )
    yield from ((hundred, 100 * place) for place, hundred in enumerate(hundreds, 2))
    yield from ((f"{units[unit]} mil", 1000 * unit) for unit in range(2, 10))


def _spelt(numbers: Iterable[tuple[int, str]]) -> Iterator[tuple[str, int]]:
    """Each number as it is written with hyphens and without."""
    for number, word in numbers:
        yield word, number
        if "-" in word:
            yield word.replace("-", " "), number
