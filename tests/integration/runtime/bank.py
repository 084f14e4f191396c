"""A small bank: a flow that asks, one that only tells, and one to interrupt it with."""

from .chat import talking

BANK = """
    slots:
      to: {prompt: To whom?, description: who gets the money}
      amount: {type: integer, prompt: How much?}
      card: {prompt: Which card?}
    flows:
      send_money:
        description: Send money.
        steps:
          - {step: hello, type: say, message: Let us send money.}
          - {step: to, type: collect, slot: to}
          - {step: amount, type: collect, slot: amount}
          - {step: sure, type: confirm, message: "{amount} to {to}?"}
          - {step: done, type: say, message: Sent.}
      balance:
        description: The balance.
        steps: [{step: tell, type: say, message: You have 7.}]
      block_card:
        description: Block a card.
        steps: [{step: card, type: collect, slot: card}, {step: done, type: say, message: Blocked.}]
"""


async def heard(*texts: str, more: str = "") -> list[str]:
    """The answers to these messages; ``more`` flows stand beside those of the bank."""
    async with talking(BANK + more) as chat:
        return [await chat.hear(text) for text in texts]
