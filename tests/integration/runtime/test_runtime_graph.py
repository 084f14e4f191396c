"""The turn as a LangGraph node: it reads and continues the very conversations that RuntimeLoop keeps."""

from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig

from soni.runtime.graph import TurnInput, turn_graph

from .chat import talking
from .shop import PAY, Shop

ANA = RunnableConfig(configurable={"thread_id": "ana"})


@pytest.mark.parametrize("backend", ["memory", "sqlite"])
async def test_a_conversation_changes_hands_between_the_loop_and_a_graph(backend: str, tmp_path: Path) -> None:
    """Started by the loop, continued as a LangGraph graph, and finished by the loop; the effect happens once."""
    shop = Shop()
    async with talking(PAY, shop.pay, shop.post, path=tmp_path / "soni.db" if backend == "sqlite" else None) as chat:
        graph = turn_graph(chat.loop).compile(checkpointer=chat.loop.saver)
        await chat.say("/start_flow send")

        found = await graph.aget_state(ANA)
        assert found.values["dialogue"]["stack"][0]["flow"] == "send"

        refused = await graph.ainvoke(TurnInput(message="/set_slot amount=x"), ANA, durability="exit")
        await chat.look()
        assert refused == {"response": "Please give a whole number.\nHow much?"}
        assert (chat.dialogue.turn, chat.top.attempts) == (2, {"amount": 1})

        assert await chat.hear("/set_slot amount=5") == "Sent 5, r1."
        again = await graph.ainvoke(TurnInput(message="/start_flow send amount=6"), ANA, durability="exit")
        assert again["response"] == "Sent 6, r2."
        assert await chat.hear("/start_flow hello") == "Hello."
        assert shop.paid == [5, 6]


async def test_a_conversation_may_begin_in_the_graph() -> None:
    """A thread that nobody has talked in is a new conversation, and the loop goes on with it."""
    async with talking(PAY, Shop().pay, Shop().post) as chat:
        graph = turn_graph(chat.loop).compile(checkpointer=chat.loop.saver)
        first = await graph.ainvoke(TurnInput(message="/start_flow send"), ANA, durability="exit")
        await chat.look()

        assert first["response"] == "How much?"
        assert await chat.hear("/set_slot amount=1") == "Sent 1, r1."


async def test_every_flow_can_be_drawn() -> None:
    """The drawing of a flow's subgraph is the drawing of its decisions."""
    async with talking(PAY, Shop().pay, Shop().post) as chat:
        drawing = turn_graph(chat.loop).compile().get_graph().draw_mermaid()

    assert "turn" in drawing
