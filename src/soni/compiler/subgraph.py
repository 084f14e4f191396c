"""Blocks → a compiled LangGraph subgraph, entered at the frame's step."""

from collections.abc import Awaitable
from typing import Protocol, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from soni.compiler.acting import HalfDone
from soni.compiler.blocks import FlowGraph, Placed, is_step
from soni.compiler.outcomes import Goto, Next, Outcome, Swap, follow, skip
from soni.compiler.steps import is_skipped, run_step
from soni.dialogue.lives import lives
from soni.dialogue.state import Dialogue
from soni.errors import ActionError, TurnError
from soni.events import StepRan
from soni.toolbox import Channels, Toolbox


class Node(Protocol):
    """A block as LangGraph calls it."""

    def __call__(self, state: Channels, *, runtime: Runtime[Toolbox]) -> Awaitable[Command[str]]:
        """Run the block from the top frame's step on, and say where to go next."""
        ...


class Subgraph:
    """A flow as LangGraph runs it: one node per block, and no checkpointer, for what it needs to remember is in the frame."""

    def __init__(self, graph: FlowGraph) -> None:
        self._compiled = state_graph(graph).compile(name=graph.name)
        # What is written to a node's trigger beside the input starts that node at once. A branch at START that chooses it
        # would be a superstep of its own, and most turns run one block: it took 170 of the 450 µs of such a run.
        self._triggers = {leader: self._compiled.nodes[leader].triggers[0] for leader in graph.blocks}
        self._compiled.input_channels = ["dialogue", *self._triggers.values()]
        self._block_of = graph.block_of

    async def run(self, dialogue: Dialogue, toolbox: Toolbox) -> Dialogue:
        """Go on from the top frame's step, until the frame waits, is left, or is done. Raises TurnError."""
        assert dialogue.top is not None, "a flow is entered with its frame on top"
        entered = {"dialogue": dialogue, self._triggers[self._block_of[dialogue.top.step]]: None}
        # A superstep runs at least one step, so the meter stops a loop before LangGraph does, and says where it is.
        limits = RunnableConfig(recursion_limit=toolbox.meter.most + 10)
        state = await self._compiled.ainvoke(cast("Channels", entered), limits, context=toolbox)
        after: Dialogue = state["dialogue"]
        return after


def state_graph(graph: FlowGraph) -> StateGraph[Channels, Toolbox, Channels, Channels]:
    """The nodes and their ways out. Run as it is, it would begin at every node at once: ``Subgraph`` enters at one."""
    builder = StateGraph(Channels, context_schema=Toolbox)
    for leader, steps in graph.blocks.items():
        builder.add_node(leader, _node(graph, frozenset(steps)), destinations=_ways_out(graph, steps))
        builder.add_edge(START, leader)
    return builder


def _node(graph: FlowGraph, steps: frozenset[str]) -> Node:
    async def run_block(state: Channels, runtime: Runtime[Toolbox]) -> Command[str]:
        dialogue, toolbox = state["dialogue"], runtime.context
        top = dialogue.top
        assert top is not None
        number = top.id
        while (step := running_step(dialogue, number)) in steps:
            dialogue = await _advance(dialogue, graph, toolbox)
        goto = graph.block_of[step] if step is not None else END
        return Command(update={"dialogue": dialogue}, goto=goto)

    return run_block


def running_step(dialogue: Dialogue, frame: int) -> str | None:
    """The step this frame stands at; ``None`` where it is not on top any more, or has to wait for something."""
    top = dialogue.top
    if top is None or top.id != frame or top.waiting or dialogue.handed_off:
        return None
    if dialogue.due and dialogue.interruptible:
        return None
    return top.step


async def _advance(dialogue: Dialogue, graph: FlowGraph, toolbox: Toolbox) -> Dialogue:
    """One step of the top frame."""
    assert dialogue.top is not None
    placed = graph.placed[dialogue.top.step]
    toolbox.meter.count(graph.name, placed.step.step)
    try:
        if is_skipped(placed, dialogue, toolbox):
            toolbox.emit(StepRan(graph.name, placed.step.step, "Skipped", placed.following))
            return _told(dialogue, skip(dialogue, placed, graph, toolbox.flows), toolbox, placed.following)
        dialogue, outcome = await run_step(placed, dialogue, toolbox, graph)
    except TurnError as error:
        toolbox.emit(StepRan(graph.name, placed.step.step, "Failed", ""))
        if dialogue.acted > toolbox.acted and not isinstance(error, ActionError):
            # To take the turn back would invite the user to have its effect again.
            raise HalfDone(ActionError(error.message, action=placed.step.step), dialogue) from error
        raise
    target = _target(placed, outcome)
    toolbox.emit(StepRan(graph.name, placed.step.step, type(outcome).__name__, target))
    after = follow(dialogue, placed, outcome, graph, toolbox.flows)
    return _told(dialogue, after, toolbox, target, linked=isinstance(outcome, Swap))


def _told(before: Dialogue, after: Dialogue, toolbox: Toolbox, target: str, *, linked: bool = False) -> Dialogue:
    """The dialogue after a step, once it is told which flows have begun or ended with it."""
    # Most steps only go on to the next one.
    if len(after.stack) != len(before.stack) or after.frames != before.frames:
        for event in lives(before, after, target, linked=linked):
            toolbox.emit(event)
    return after


def _target(placed: Placed, outcome: Outcome) -> str:
    """Where the flow goes; empty where it stays, or another one takes over."""
    match outcome:
        case Next():
            return placed.next
        case Goto(target):
            return target
        case _:
            return ""


def _ways_out(graph: FlowGraph, steps: tuple[str, ...]) -> tuple[str, ...]:
    """Where a block may lead: other blocks, or out of the subgraph."""
    targets = {target for step in steps for target in graph.placed[step].successors()}
    if graph.flow.on_error is not None:
        targets.add(graph.flow.on_error)
    blocks = {graph.block_of[target] for target in targets if is_step(target)}
    if "restart" in targets:
        blocks.add(graph.block_of[graph.flow.steps[0].step])
    return (*sorted(blocks), END)
