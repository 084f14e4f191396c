"""Comparisons that always come out the same are told, and no others."""

import pytest

from soni.config.loader import find_problems_in_text

ASSISTANT = """\
version: "1.0"
slots:
  vip: {type: boolean, prompt: Are you?}
  late: {type: boolean, prompt: Late?}
  amount: {type: float, prompt: How much?}
  price: {type: money, prompt: Price?}
  wait: {type: duration, prompt: How long?}
  day: {type: date, prompt: When?}
  who: {type: string, prompt: To whom?}
  tier: {type: choice, prompt: Which?, choices: [basic, {value: gold, synonyms: [best]}]}
  size: {type: choice, prompt: Which?, choices: [1, 2, large]}
  tidy: {type: choice, prompt: Which?, choices: [a, b], normalizer: tidy}
  things: {type: list, prompt: What?}
  place: {type: object, filled_by: system}
flows:
  f:
    description: d
    steps:
      - {step: ask, type: collect, slot: vip}
"""


def told(step: str) -> list[tuple[str, str, str, str | None]]:
    """What is said of a step of this assistant."""
    config, problems = find_problems_in_text(f"{ASSISTANT}      - {{step: a, {step}}}\n")
    assert config is not None or any(problem.severity == "error" for problem in problems)
    return [(problem.severity, problem.code, problem.message, problem.suggestion) for problem in problems]


@pytest.mark.parametrize(
    ("condition", "words", "suggestion"),
    [
        ("vip == 'no'", "'vip' is true or false, never the text 'no'; write 'not vip', so this is never true", None),
        ("vip == 'Yes'", "never the text 'Yes'; write 'vip', so this is never true", None),
        ("vip != 'no'", "write 'vip', so this is always true", None),
        ("'no' == vip", "write 'not vip'", None),
        ("amount > 3 and not (vip == 1)", "'vip' is true or false, never the number 1", None),
        ("vip > late", "true and false have no order", None),
        ("vip > true", "true and false have no order", None),
        ("tier == 'glod'", "'tier' is never 'glod'; it is one of basic, gold, so this is never true", "gold"),
        ("tier == 'best'", "'tier' is never 'best'", None),
        ("tier != 'Gold'", "so this is always true", "gold"),
        ("tier in ['gold', 'slver']", "'tier' is never 'slver'; it is one of basic, gold", None),
        ("tier == 1", "'tier' is a text, never the number 1", None),
        ("size == 3", "'size' is never 3; it is one of 1, 2, large", None),
        ("amount == 'many'", "'amount' is a number, never the text 'many', so this is never true", None),
        ("amount > '5'", "never the text '5'; without quotes it is a number", None),
        ("0 < amount < 'x'", "'amount' is a number, never the text 'x'", None),
        ("price == 'cheap'", "'price' is a number", None),
        ("wait == 'long'", "'wait' is a number", None),
        ("len(things) == '3'", "what is computed here is a number, never the text '3'", None),
        ("(amount > 3) == 'yes'", "what is computed here is true or false", None),
        ("amount * 2 == who", "what is computed here is a number, and 'who' is a text", None),
        ("who == 5", "'who' is a text, never the number 5; in quotes it is a text: \"5\"", None),
        ("amount == who", "'amount' is a number, and 'who' is a text, so this is never true", None),
        ("day == 'tomorrow'", "'day' is a date, never the text 'tomorrow'", None),
        ("day == ''", "day is not set", None),
        ("'a' in amount", "'amount' is a number, and nothing is in it", None),
        ("3 in who", "'who' is a text, and only texts are in it", None),
        ("things == 'a'", "'things' is a list", None),
    ],
)  # fmt: skip
def test_what_can_never_be_is_told(condition: str, words: str, suggestion: str | None) -> None:
    """A warning where it stands, that says what is and what to write instead."""
    ((severity, code, message, meant),) = told(f'type: noop, when: "{condition.replace(chr(34), chr(39))}"')

    assert (severity, code, meant) == ("warning", "wrong-comparison", suggestion)
    assert words in message


@pytest.mark.parametrize(
    "condition",
    [
        "vip == true", "vip == false", "vip != late", "vip", "not vip", "vip is set", "vip == null", "vip == (amount > 3)",
        "tier == 'gold'", "tier in ['gold', 'basic']", "tier != 'basic' and tier is set", "tier == who", "'go' in tier",
        "tier < 'c'", "tier == lower(who)", "size == 1", "size == 'large'", "size > 1", "size == amount", "size == who",
        "amount > 5", "amount == -5", "amount == 2.0", "price > 5", "price == amount", "wait < 60", "amount + 1 == 3",
        "tidy == 'c'", "tidy == 3", "tidy in [1, 'x']", "place == 'x'", "place == 5", "place.city == 'x'", "place > 3",
        "day == '2030-01-31'", "day >= '2030'", "day < '2030-01-31T10:00'", "who == ''", "who == '5'", "who == user_id",
        "'a' in things", "3 in things", "who in things", "'city' in place", "who in 'abc'", "who + 'x' == 'ax'",
        "things == ['a', 1]", "len(things) == 0", "user.language == 'es'", "min(amount, 3) == 3", "1 == 2", "int(who) == 5",
    ],
)  # fmt: skip
def test_what_may_be_is_not_told(condition: str) -> None:
    """No false alarm, also not where a normalizer or an object may be anything."""
    assert told(f'type: noop, when: "{condition}"') == []


@pytest.mark.parametrize(
    "step",
    [
        "type: branch, when: [{condition: vip == 'no', then: end}]",
        "type: while, condition: vip == 'no', do: [{step: b, type: collect, slot: late}]",
        "type: set, slots: {late: true}, condition: vip == 'no'",
        "type: set, slots: {late: \"{{ vip == 'no' }}\"}",
        "type: collect, slot: late, rejections: [{when: vip == 'no', message: x}]",
        "type: branch, evaluate: vip == 'no', cases: {true: end, false: end}",
        "type: branch, slot: tier, cases: {\"== 'glod'\": end, default: end}",
        "type: branch, evaluate: tier, cases: {\"== 'glod'\": end, default: end}",
        "type: branch, slot: amount, cases: {\">'x'\": end, default: end}",
    ],
)
def test_conditions_are_looked_at_wherever_they_stand(step: str) -> None:
    """In every kind of step, and among cases."""
    assert [code for _, code, _, _ in told(step)] == ["wrong-comparison"]


def test_guards_and_responses_are_looked_at() -> None:
    """A guard of a flow, and the condition of a variant."""
    guard = ASSISTANT.replace("    description: d\n", "    trigger: {condition: vip == 'no'}\n")
    response = ASSISTANT + "responses:\n  r: [{text: x, when: tier == 'glod'}, y]\n"

    keys = [problem.key for text in (guard, response) for problem in find_problems_in_text(text)[1]]

    assert keys == ["flows.f.trigger.condition", "responses.r[0].when"]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("slot: who, cases: {1: end, default: end}", 'a text is never the number 1; in quotes it is one: "1"'),
        ("slot: who, cases: {true: end, default: end}", "a text is never true"),
        ("slot: wait, cases: {long: end, default: end}", "a number is never the text 'long'"),
        ("slot: price, cases: {5: end, default: end}", "a comparison such as '>100' is expected"),
        ("slot: things, cases: {a: end, default: end}", "use 'when' with conditions"),
        (
            "evaluate: amount > 3, cases: {'yes': end, default: end}",
            "'amount > 3' is never 'yes'; it is one of true, false",
        ),
        ("evaluate: amount + 1 - 1, cases: {5: end, default: end}", None),
        ("evaluate: amount * 2, cases: {much: end, default: end}", "a number is never the text 'much'"),
        ("evaluate: tier, cases: {glod: end, default: end}", "'tier' is never 'glod'"),
        ("evaluate: tier, cases: {gold: end}", None),
        ("evaluate: lower(who), cases: {anything: end, default: end}", None),
        ("slot: size, cases: {1: end, '2': end, large: end}", None),
        ("slot: price, cases: {'>100': end, default: end}", None),
        ("slot: who, cases: {a: end, '1': end, default: end}", None),
    ],
)
def test_cases_are_what_their_slot_can_be(step: str, words: str | None) -> None:
    """As the branch matches them: a number is no text."""
    messages = [message for _, code, message, _ in told(f"type: branch, {step}") if code == "unknown-case"]

    assert len(messages) == (words is not None)
    assert (words or "") in "".join(messages)


def test_a_case_of_another_kind_is_a_warning() -> None:
    """The flow works as it is written, and that way is never taken; a value that is none of few is an error."""
    kinds = told("type: branch, slot: who, cases: {1: end, default: end}")
    values = told("type: branch, slot: tier, cases: {glod: end, default: end}")

    assert [severity for severity, *_ in kinds + values] == ["warning", "error"]
