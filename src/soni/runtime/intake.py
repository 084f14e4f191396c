"""The values that commands bring: each through its slot, before the command may change anything."""

from collections.abc import Sequence
from dataclasses import replace

from soni.dialogue.commands import Clarify, Command, CorrectSlot, SetSlot, StartFlow
from soni.dialogue.state import Dialogue
from soni.fitting import Refusal, fit
from soni.toolbox import Toolbox


async def take_in(commands: Sequence[Command], dialogue: Dialogue, toolbox: Toolbox) -> list[Command | Refusal]:
    """Every value of these commands through its slot; a ``None`` in a command says nothing.

    What is left of a command is followed by what its slots refused. Raises ActionError where a validator or normalizer
    itself fails.
    """
    taken: list[Command | Refusal] = []
    for command in commands:
        match command:
            case StartFlow() | Clarify() | SetSlot() | CorrectSlot() if command.slots:
                said = {slot: value for slot, value in command.slots.items() if value is not None}
                fitted = await fit(said, dialogue, toolbox)
                if fitted.values or isinstance(command, StartFlow | Clarify):
                    taken.append(replace(command, slots=fitted.values))
                taken += fitted.refusals
            case _:
                taken.append(command)
    return taken
