"""The turn as one LangGraph node, for LangGraph's own servers, Studio and tracing.

It reads and continues the very conversations that RuntimeLoop keeps: both write the dialogue into the same channel.
Outside of RuntimeLoop nobody holds the conversation's lock: one run at a time per thread is then the server's promise.
"""

from typing import TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph

from soni.dialogue.state import Dialogue
from soni.runtime.loop import RuntimeLoop
from soni.runtime.messages import Message
from soni.value import Value


class TurnInput(TypedDict):
    """What a run is given."""

    message: str


class TurnOutput(TypedDict):
    """What a run gives."""

    response: str
    """The texts of all messages, joined by a newline."""


class TurnChannels(TurnInput, TurnOutput):
    """The state: the dialogue as plain JSON, beside what was said and answered last."""

    dialogue: dict[str, Value]


TurnGraph = StateGraph[TurnChannels, None, TurnInput, TurnOutput]


def turn_graph(loop: RuntimeLoop) -> TurnGraph:
    """The graph of one turn of an open loop, ready to be compiled with ``loop.saver`` or a checkpointer of your own.

    Run it with ``durability="exit"``, so that a turn is one checkpoint; the thread id names the conversation.
    """

    async def turn(state: TurnChannels, config: RunnableConfig) -> TurnChannels:
        stored = state.get("dialogue")
        message = Message(str(config["configurable"]["thread_id"]), state["message"])
        dialogue = Dialogue.from_json(stored) if stored else await loop.new_dialogue(message)
        draft, reply = await loop.run_turn(message, dialogue, [])
        return {"message": state["message"], "response": reply.text, "dialogue": draft.to_json()}

    builder = StateGraph(TurnChannels, input_schema=TurnInput, output_schema=TurnOutput)
    builder.add_node("turn", turn)
    builder.add_edge(START, "turn")
    builder.add_edge("turn", END)
    return builder
