"""Which words may be said instead of a template, and which may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.templates import parse_template
from soni.writing.keeping import can_be_rephrased, keeps

DONE = "Done, {amount:.2f} sent to {recipient}."


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (DONE, "All set: {recipient} gets {amount:.2f}."),
        (DONE, "Listo, {recipient} recibe {amount:.2f}."),
        ("Hi {name|there}!", "Good to see you, {name|there}!"),
        ("How much?", "What amount shall I send?"),
        ("You can send 500 a day. See www.bank.com.", "Per day, 500 is the most (www.bank.com)."),
        ("Bye.", "Until next time."),
        ("{a}, {b} and {a}.", "{b}, {a}, {a} they are."),
        ("{recipient}へ送りました。", "送金先は{recipient}です。"),
        ("It is {amount} €.", "That makes {amount} €."),
        ("It is {rate}%.", "The rate is {rate}%."),
    ],
)
def test_the_same_in_other_words_may_be_said(template: str, words: str) -> None:
    """Places in another order, other words around them, languages with and without spaces."""
    assert keeps(words, template)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (DONE, "All sent to {recipient}."),  # dropped
        (DONE, "{amount:.2f} and {amount:.2f} sent to {recipient}."),  # doubled
        (DONE, "{amount:.2f} sent to {recipient} on {date}."),  # invented
        (DONE, "{amount} sent to {recipient}."),  # another format
        (DONE, "{amount:.2f} sent to {recipient|you}."),  # other words for where it is unset
        (DONE, "{{amount:.2f}} sent to {recipient}."),  # no place any more
        (DONE, "{amount:.2f sent to {recipient}."),  # cannot be read
        (DONE, "{amount:.2f} sent to {recipient}, 50 in all."),  # a number
        (DONE, "{amount:.2f} sent to {recipient}, ½ in all."),
        (DONE, "{amount:.2f} sent to {recipient}, ٥ in all."),
        (DONE, "-{amount:.2f} sent to {recipient}."),  # another value
        (DONE, "{amount:.2f}k sent to {recipient}."),
        (DONE, "{amount:.2f}0 sent to {recipient}."),
        (DONE, "{amount:.2f} € sent to {recipient}."),
        (DONE, "{amount:.2f} sent to {recipient}. More: https://evil.example"),  # addresses
        (DONE, "{amount:.2f} sent to {recipient}. More: evil.example"),
        (DONE, "{amount:.2f} sent to {recipient}@bank"),
        (DONE, "{amount:.2f} sent to {recipient}.com"),
        (DONE, "**{amount:.2f}** sent to {recipient}."),  # markup
        (DONE, "<b>{amount:.2f}</b> sent to {recipient}."),
        (DONE, "[{amount:.2f}](x) sent to {recipient}."),
        (DONE, "{amount:.2f} sent to {recipient}. 🎉"),
        (DONE, "{amount:.2f} sent\nto {recipient}."),
        (DONE, "{amount:.2f} sent to \u202e{recipient}."),
        (DONE, "Shall I send {amount:.2f} to {recipient}?"),  # a question
        ("How much?", "Tell me the amount."),
        (DONE, "{amount:.2f}{recipient}"),  # no words
        (DONE, ""),
        (DONE, "  "),
        (DONE, "{amount:.2f} sent to {recipient}" + ", really" * 30),  # too long
        ("Call 112.", "Call the emergency number."),  # a fact left out
        ("It is {rate}%.", "The rate is {rate}."),
        ("Write to help@bank.com.", "Write to us."),
        ("Hi {name}.", "Hi {name} \ufffc."),
    ],
)
def test_anything_else_is_refused(template: str, words: str) -> None:
    """What was dropped, doubled, invented, marked up, or could be taken for a fact."""
    assert not keeps(words, template)


def test_a_template_needs_words_to_be_put_in_others() -> None:
    """There is nothing to say differently in a value alone."""
    assert can_be_rephrased("Hi {name}.")
    assert not can_be_rephrased("{context.said}")
    assert not can_be_rephrased("{a}: {b}!")
    assert not can_be_rephrased("")


@given(words=st.text(max_size=60), number=st.integers(0, 10**9))
def test_no_figure_is_ever_added(words: str, number: int) -> None:
    """Whatever stands around it."""
    assert not keeps(f"{words} {number}", "Your order is on its way to {city}.")
    assert not keeps(f"{words} {number} {{city}}", "Your order is on its way to {city}.")


@given(words=st.text(max_size=80))
def test_what_may_be_said_can_be_filled_in(words: str) -> None:
    """Any text is judged, and one that is accepted shows the values and no other braces."""
    template = "Sent {amount} to {name}."
    if keeps(words, template):
        filled = parse_template(words).fill({"{amount}": "50", "{name}": "{x}"})
        assert filled.count("50") == 1
        assert filled.count("{") == 1


@given(name=st.text(max_size=20))
def test_a_template_may_always_be_said_as_it_is(name: str) -> None:
    """It keeps to itself."""
    template = f"Hello {name.replace('{', '').replace('}', '').replace(chr(0xFFFC), '')} {{x}}."
    assert keeps(template, template)
