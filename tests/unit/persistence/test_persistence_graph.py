"""In every store, the loop's conversations are ordinary LangGraph threads."""

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.types import Durability
from tests.integration.runtime.chat import Chat, Deaf, assistant
from tests.integration.runtime.shop import PAY, Shop

from soni.config.settings import Persistence
from soni.runtime.graph import TurnInput, turn_graph
from soni.runtime.loop import RuntimeLoop

ANA = RunnableConfig(configurable={"thread_id": "ana", "checkpoint_ns": ""})


@pytest.mark.parametrize("durability", ["exit", "sync"])
async def test_a_conversation_changes_hands_between_the_loop_and_a_graph(
    persistence: Persistence, durability: Durability
) -> None:
    """Started by the loop, continued as a LangGraph graph, and finished by the loop; every effect happens once."""
    shop = Shop()
    config = assistant(PAY, shop.pay, shop.post)
    settings = config.settings.model_copy(update={"persistence": persistence})
    async with RuntimeLoop(config.model_copy(update={"settings": settings}), understander=Deaf()) as loop:
        chat = Chat(loop)
        graph = turn_graph(loop).compile(checkpointer=loop.saver)
        await chat.say("/start_flow send")
        found = await graph.aget_state(ANA)
        refused = await graph.ainvoke(TurnInput(message="/set_slot amount=x"), ANA, durability=durability)
        await chat.look()
        sent = await chat.hear("/set_slot amount=5")
        again = await graph.ainvoke(TurnInput(message="/start_flow send amount=6"), ANA, durability=durability)
        last = await chat.hear("/start_flow hello")
        transcript = await loop.upkeep.transcript("ana", None, 9)
        kept = [each async for each in loop.saver.alist(ANA)]
        await loop.reset_state("ana")
        anew = await chat.hear("/start_flow send")

    assert found.values["dialogue"]["stack"][0]["flow"] == "send"
    assert refused["response"] == "Please give a whole number.\nHow much?"
    assert (sent, again["response"], last, anew) == ("Sent 5, r1.", "Sent 6, r2.", "Hello.", "How much?")
    assert shop.paid == [5, 6]
    assert [exchange.turn for exchange in transcript] == [1, 3, 5]
    assert len(kept) == 1
