"""Conversations with the rich assistants that go where what is drawn seldom goes, watched as every other one is."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from soni import Reply

from .generating import loaded
from .rich import Draft, calling, lasting, told_of
from .talking import Talk

LASTING: Final = told_of(lasting())
CALLING: Final = told_of(calling())

ROUNDS: Final = frozenset({"write_h_each", "write_i_each", "write_j_deep"})
"""Actions within loops; no other one has its effect twice in a story."""

STORIES: Final[dict[str, tuple[Draft, str]]] = {
    "an answer changes behind an effect": (
        LASTING,
        """/start_flow f | n1?
           /set_slot n1=2 | t2?
           /set_slot t2=@ | k1?
           /set_slot t2=@ | k1?
           /set_slot k1=a | sure? total=2
           /set_slot t2=@ | sure? total=2
           /set_slot k1=b | sure? k1=b total=2
           /set_slot n1=5 | too late
           /affirm | said k1=b total=2""",
    ),
    "an answer changes before there is an effect": (
        LASTING,
        """/start_flow f | n1?
           /set_slot n1=2 | t2?
           /set_slot n1=3 | t2? n1=3
           /set_slot t2=@ | k1?""",
    ),
    "values that do not fit": (
        LASTING,
        """/start_flow f n1=99 | n1? n1=-
           /set_slot n1=0 | n1? n1=-
           /set_slot n1=9 | t2? n1=9
           /correct_slot n1=10 | t2? n1=9
           /start_flow g | n1? n1=-
           /set_slot n1=7 o1=@ | oops total=-
           /cancel_flow | Really?
           /affirm | Left.""",
    ),
    "a rejected answer": (
        LASTING,
        """/start_flow f | n1?
           /set_slot n1=7 | Not seven. n1? n1=-
           /set_slot n1=2 | t2? n1=2""",
    ),
    "a question that was skipped, and the way back past it": (
        LASTING,
        """/start_flow g | n1?
           /set_slot n1=2 | o1?
           /skip_question | said total=40
           /start_flow h | o1?
           /skip_question | k1?
           /set_slot k1=a | k1? k1=- total=1
           /set_slot k1=b | t2? total=2
           /set_slot t2=@ | sure?
           /set_slot t2=@ | sure? total=2
           /affirm | said total=2""",
    ),
    "what is said beside every question": (
        LASTING,
        """/start_flow h | o1?
           /ask_info | o1?
           /repeat | o1?
           /out_of_scope | o1?
           hello | o1?
           /set_slot o1=@ | k1?
           /ask_info t1 | k1?
           /set_slot k1=zzz | k1?
           /set_slot k1=a | k1?
           /cancel_flow | Really?
           /ask_info | Really?
           /out_of_scope | Really?
           /deny | k1?
           /set_slot k1=b | t2?
           /repeat | t2?
           /set_slot t2=@ | sure?
           /out_of_scope | sure?
           perhaps | sure?
           /affirm | said""",
    ),
    "small talk that leads on": (
        LASTING,
        """/start_flow h | o1?
           /chitchat | [f.n1_1]
           /chitchat | [f.n1_1]
           /cancel_flow | Really?
           /affirm | Left. [h.o1_1]
           /skip_question | k1?""",
    ),
    "a choice between flows, with values": (
        LASTING,
        """/clarify f g n1=2 | f g
           /chitchat | [f.t2_1] n1=2
           /clarify g h n1=99 o1=@ | g h
           /start_flow g n1=1 | total=20""",
    ),
    "texts that no store can hold": (
        LASTING,
        "/start_flow f n1=2 | t2?\n/set_slot t2=a\ud800\0@ | k1? t2=a\ufffd\ufffd\n\ud800\0 | k1?\n/set_slot k1=\ud800 | k1?",
    ),
    "calls on slots of their own": (
        CALLING,
        """/start_flow g t1=@ | [g.k1_1]
           /set_slot k1=c | [h.t2_1]
           /set_slot t2=@ | b1?
           /set_slot b1=yes | sure?
           /affirm | [g.o1_1] b1=yes
           /set_slot o1=@ | [i.n1_1] o1=- k1=- b1=- t2=-
           /set_slot n1=2 | [j.k1_1] t1=- n1=-
           /set_slot k1=a | [i.n1_1] n1=- total=1
           /set_slot n1=3 | [j.k1_1] k1=-
           /repeat | [j.k1_1]
           /set_slot k1=b | [i.t1_1] total=2 k1=-
           /set_slot t1=@ | [g.said] total=-""",
    ),
    "answers of calls change": (
        CALLING,
        """/start_flow g t1=@ | [g.k1_1]
           /set_slot k1=c | [h.t2_1]
           /set_slot t2=@ | b1?
           /set_slot t2=@ | b1?
           /set_slot b1=yes | sure?
           /set_slot t2=@ | sure?
           /affirm | [g.o1_1]
           /set_slot t2=@ | [h.sure]
           /affirm | [g.o1_1]
           /set_slot b1=no | [h.sure] b1=no
           /affirm | [g.o1_1] b1=no
           /correct_slot k1=b | [h.sure] k1=b
           /affirm | [g.o1_1] k1=b
           /set_slot o1=@ | [i.n1_1]
           /set_slot n1=2 | [j.k1_1]
           /set_slot k1=a | [i.n1_1]""",
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str, tmp_path: Path) -> None:
    """Every answer holds what it has to, all that is to hold of conversations does, and told again it is the same."""
    assistant, story = STORIES[name]
    turns = [line.strip(" ").split(" | ") for line in story.split("\n")]

    async def tell(file: str, stops: bool) -> list[Reply | str]:
        talk = Talk(loaded(assistant), tmp_path / file)
        answers: list[Reply | str] = []
        try:
            await talk.start()
            for text, _ in turns:
                answers.append(await talk.say(text, lost=stops))
                if stops:
                    await talk.start()
        finally:
            await talk.stop()
        twice = {name for name, number in Counter(talk.world.done.values()).items() if number > 1}
        assert twice <= ROUNDS, f"{sorted(twice)} had their effect twice"
        return answers

    answers = asyncio.run(tell("first.db", False))

    for (text, words), answer in zip(turns, answers, strict=True):
        said = answer.text if isinstance(answer, Reply) else answer
        for word in words.split():
            assert word in said, f"{text!r} is answered {said!r}"
    assert asyncio.run(tell("second.db", True)) == answers
