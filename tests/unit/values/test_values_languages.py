"""The same values in other languages."""

from collections.abc import Callable, Mapping

import pytest

from soni.config.models import SlotType
from soni.understanding.values.text import plain
from soni.understanding.values.vocabulary import VOCABULARIES, territory_of, vocabulary_of
from soni.understanding.values.vocabulary.counting import french, german, italian, portuguese
from soni.value import Value

from .saying import answered


@pytest.mark.parametrize(
    ("language", "kind", "text", "expected"),
    [
        ("es", "date", "mañana", "2026-06-11"),
        ("es", "date", "pasado manana", "2026-06-12"),
        ("es", "date", "el próximo viernes", "2026-06-12"),
        ("es", "date", "el lunes que viene", "2026-06-15"),
        ("es", "date", "el viernes de la semana que viene", "2026-06-19"),
        ("es", "date", "3 de mayo de 2027", "2027-05-03"),
        ("es", "date", "dentro de dos semanas", "2026-06-24"),
        ("es", "date", "hace dos días", "2026-06-08"),
        ("es", "time", "a las siete y media", "07:30"),
        ("es", "time", "a las 7 menos cuarto", "06:45"),
        ("es", "time", "siete y media de la tarde", "19:30"),
        ("es", "time", "a las 9 de la noche", "21:00"),
        ("es", "integer", "una mesa para cuatro", 4),
        ("es", "integer", "doscientos cincuenta", 250),
        ("es", "integer", "uno", 1),
        ("es", "float", "son 1.000,50 euros, por favor", 1000.5),
        ("es", "money", "veinte dólares", {"amount": 20.0, "currency": "USD"}),
        ("es", "duration", "una hora y media", 5400),
        ("es", "string", "me llamo José García", "José García"),
        ("es", "string", "¿qué quieres decir?", None),
        ("es", "string", "no sé", None),
        ("fr", "date", "après-demain", "2026-06-12"),
        ("fr", "date", "vendredi prochain", "2026-06-12"),
        ("fr", "date", "le 1er janvier 2027", "2027-01-01"),
        ("fr", "time", "à 18h30", "18:30"),
        ("fr", "time", "à sept heures et demie", "07:30"),
        ("fr", "time", "huit heures moins le quart", "07:45"),
        ("fr", "time", "à 8 heures du soir", "20:00"),
        ("fr", "integer", "quatre-vingt-dix", 90),
        ("fr", "integer", "soixante et onze", 71),
        ("fr", "float", "1 000,50 euros", 1000.5),
        ("fr", "duration", "une demi-heure", 1800),
        ("fr", "string", "je m'appelle Ana", "Ana"),
        ("de", "date", "übermorgen", "2026-06-12"),
        ("de", "date", "am 3. Mai", "2027-05-03"),
        ("de", "date", "3.5.", "2027-05-03"),
        ("de", "date", "3.5.2027", "2027-05-03"),
        ("de", "date", "3/5", "2027-05-03"),
        ("de", "time", "um halb acht", "07:30"),
        ("de", "time", "viertel vor acht", "07:45"),
        ("de", "time", "um 8 Uhr 30", "08:30"),
        ("de", "time", "um acht Uhr abends", "20:00"),
        ("de", "integer", "zweiundzwanzig", 22),
        ("de", "integer", "ein Tisch für vier", 4),
        ("de", "string", "keine Ahnung", None),
        ("it", "date", "dopodomani", "2026-06-12"),
        ("it", "time", "alle sette e mezza", "07:30"),
        ("it", "integer", "ventidue", 22),
        ("pt", "date", "depois de amanhã", "2026-06-12"),
        ("pt", "time", "às sete e meia", "07:30"),
        ("pt", "integer", "vinte e dois", 22),
        ("ru", "integer", "двадцать пять", 25),
        ("ru", "date", "3 мая", "2027-05-03"),
    ],
)
def test_values_are_heard_in_their_language(language: str, kind: SlotType, text: str, expected: Value) -> None:
    """Days, times, numbers, money, lengths of time and names."""
    assert answered(kind, text, language) == expected


@pytest.mark.parametrize("code", sorted(VOCABULARIES))
def test_the_words_of_a_vocabulary_are_folded(code: str) -> None:
    """They are compared with folded text; an accent left in one would never match."""
    vocabulary = vocabulary_of(code)
    kinds = [getattr(vocabulary, name) for name in vocabulary.__slots__]
    texts = [word for kind in kinds if isinstance(kind, tuple | Mapping) for word in kind]

    assert [word for word in texts if plain(word) != word] == []


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (french, {"vingt et un": 21, "soixante-dix": 70, "soixante dix": 70, "quatre-vingts": 80, "quatre-vingt-onze": 91, "nonante": 90}),
        (french, {"deux cents": 200, "trois mille": 3000, "zero": 0, "une": 1}),
        (german, {"einundzwanzig": 21, "siebzehn": 17, "dreiundneunzig": 93, "zweitausend": 2000, "zwo": 2}),
        (italian, {"ventuno": 21, "ventotto": 28, "novantanove": 99, "duecento": 200, "tremila": 3000}),
        (portuguese, {"vinte e um": 21, "noventa e nove": 99, "duzentos": 200, "tres mil": 3000, "duas": 2}),
    ],
)  # fmt: skip
def test_number_words_are_built_by_the_rules_of_the_language(
    count: Callable[[], Mapping[str, int]], words: dict[str, int]
) -> None:
    """The irregular ones too."""
    assert {word: count().get(word) for word in words} == words


def test_a_tag_names_a_language_and_perhaps_a_territory() -> None:
    """An unknown language has the words of English and its own number marks."""
    assert vocabulary_of("es-MX") is vocabulary_of("es_ES")
    assert territory_of("en-gb") == "GB"
    assert territory_of("zh-Hant-TW") == "TW"
    assert territory_of("en") is None
    assert territory_of("zh-Hans") is None
    assert vocabulary_of("nl").decimal == ","
    assert vocabulary_of("ja").decimal == "."
    assert vocabulary_of("nl").yes == vocabulary_of("en").yes
