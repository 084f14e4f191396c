"""The transfer as a good LangGraph graph written by hand: three nodes and the stock PostgreSQL checkpointer over a pool.

``POSTGRES_DSN`` names the database, in which the checkpointer makes its tables. Durability is LangGraph's default.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal, TypeAlias, TypedDict

from fastapi import FastAPI
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

POOL: Final = 10
"""Connections at most, as many as Soni takes."""

Asked: TypeAlias = Literal["recipient", "amount", "sure"]


class Transfer(TypedDict, total=False):
    """What the graph knows of a conversation."""

    said: str
    meant: Literal["start", "answer", "yes"]
    asked: Asked | None
    recipient: str
    amount: str
    answer: str


class Said(BaseModel):
    """A request."""

    message: str


class Answer(BaseModel):
    """A response."""

    response: str


Graph: TypeAlias = CompiledStateGraph[Transfer, None, Transfer, Transfer]


async def understand(state: Transfer) -> Transfer:
    """In constant time."""
    words = state["said"].lower()
    if "transfer" in words:
        return {"meant": "start"}
    return {"meant": "yes" if words == "yes" else "answer"}


async def decide(state: Transfer) -> Transfer:
    """What is asked next, after what was asked has been answered."""
    match state["meant"], state.get("asked"):
        case "start", _:
            return {"asked": "recipient"}
        case "answer", "recipient":
            return {"recipient": state["said"], "asked": "amount"}
        case "answer", "amount":
            return {"amount": state["said"], "asked": "sure"}
        case "yes", "sure":
            await send(state["recipient"], state["amount"])
            return {"asked": None}
        case _:
            return {}


async def send(recipient: str, amount: str) -> None:
    """Move nothing: only the dialogue around it is measured."""


async def respond(state: Transfer) -> Transfer:
    """Put it into words."""
    match state.get("asked"):
        case "recipient":
            return {"answer": "To whom?"}
        case "amount":
            return {"answer": "How much?"}
        case "sure":
            return {"answer": f"Send {state['amount']} to {state['recipient']}?"}
        case _:
            return {"answer": f"Sent {state['amount']} to {state['recipient']}."}


def build(saver: AsyncPostgresSaver) -> Graph:
    """Understand, decide, respond; a checkpoint after each."""
    graph = StateGraph(Transfer)
    graph.add_node("understand", understand)
    graph.add_node("decide", decide)
    graph.add_node("respond", respond)
    graph.add_edge(START, "understand")
    graph.add_edge("understand", "decide")
    graph.add_edge("decide", "respond")
    graph.add_edge("respond", END)
    return graph.compile(checkpointer=saver)


async def answer(graph: Graph, conversation: str, text: str) -> str:
    """One turn."""
    config = RunnableConfig(configurable={"thread_id": conversation})
    state = await graph.ainvoke({"said": text}, config)
    return str(state["answer"])


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Graph]:
    """The graph on this database, with the connection settings that the checkpointer's documentation asks for."""
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    connections = AsyncConnectionPool[AsyncConnection[DictRow]](dsn, kwargs=kwargs, max_size=POOL, open=False)
    async with connections:
        saver = AsyncPostgresSaver(connections)
        await saver.setup()
        yield build(saver)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The graph is there while the service runs."""
    async with opened(os.environ["POSTGRES_DSN"]) as graph:
        app.state.graph = graph
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, str]:
    """Ready."""
    return {"status": "healthy"}


@app.post("/chat/{user_id}")
async def chat(user_id: str, request: Said) -> Answer:
    """One turn over HTTP."""
    return Answer(response=await answer(app.state.graph, user_id, request.message))
