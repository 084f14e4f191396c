"""The bank behind the example assistant: accounts, cards, contacts and payments in one SQLite file."""
