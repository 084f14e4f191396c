"""API keys: how they are written, which are refused, and how they are compared."""

import asyncio
import hmac
from pathlib import Path

import pytest

from soni.access.api_keys import PREFIX, entry_of, new_key, read_api_keys
from soni.errors import ConfigurationError, Unauthenticated

ONE, TWO = PREFIX + "a" * 43, PREFIX + "b" * 43


def test_a_new_key_is_random() -> None:
    """256 bits behind a prefix, another one each time."""
    keys = {new_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(key.startswith(PREFIX) and len(key) == len(PREFIX) + 43 for key in keys)


@pytest.mark.parametrize("between", ["\n", ";", " ; ", "\r\n  ", " # the old one\n", "\n# until May\n\n"])
async def test_several_keys_at_once(between: str) -> None:
    """They stand on lines or between semicolons, with remarks; two of one name are one client, so that it can change its key."""
    entries = [entry_of("shop", ["chat", "read"], ONE), entry_of("shop", ["chat"], TWO)]

    keys = read_api_keys("KEYS", {"KEYS": between.join(entries)})

    one, two = await keys.identify(ONE), await keys.identify(TWO)
    assert (one.name, sorted(one.scopes)) == ("key:shop", ["chat", "read"])
    assert (two.name, sorted(two.scopes)) == ("key:shop", ["chat"])
    assert one.user_id is None
    with pytest.raises(Unauthenticated):
        await keys.identify(new_key())


async def test_keys_in_a_file(tmp_path: Path) -> None:
    """A secret that is mounted as a file is read beside the variable."""
    file = tmp_path / "keys"
    file.write_text(entry_of("shop", ["admin"], ONE) + "\n")

    environ = {"KEYS": entry_of("web", ["chat"], TWO), "KEYS_FILE": str(file)}
    keys = await asyncio.to_thread(read_api_keys, "KEYS", environ)

    assert [(await keys.identify(key)).name for key in (ONE, TWO)] == ["key:shop", "key:web"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "There is no API key"),
        (" ;\n# nothing\n", "There is no API key"),
        (ONE, "Entry 1 of KEYS is a key itself"),
        ("swordfish", "Entry 1 of KEYS is not of the form name:scopes:hash"),
        (f"shop:chat:{ONE}", "Entry 1 of KEYS (shop) does not end in a SHA-256 hash"),
        (entry_of("shop", ["chatt"], ONE), "(shop) has 1 scope(s) that are none of chat, read, admin"),
        (entry_of("shop", [], ONE), "(shop) has 1 scope(s) that are none of chat, read, admin"),
        (entry_of("a/b", ["chat"], ONE), "Entry 1 of KEYS has a name that is not"),
        (
            f"{entry_of('a', ['chat'], ONE)};{entry_of('b', ['admin'], ONE)}",
            "Entry 2 of KEYS is a key that stands there",
        ),
    ],
)
def test_what_is_wrong_is_told_and_not_repeated(written: str, words: str) -> None:
    """The words name the entry and what to do; whatever was written there by mistake, it is not in them."""
    with pytest.raises(ConfigurationError) as refused:
        read_api_keys("KEYS", {"KEYS": written})

    assert words in refused.value.message
    assert [problem.code for problem in refused.value.problems] == ["no-api-key"]
    assert ONE not in refused.value.message
    assert "swordfish" not in refused.value.message


def test_a_file_that_is_not_there() -> None:
    """The variable is named, and not what the system calls it."""
    with pytest.raises(ConfigurationError, match="The file that KEYS_FILE names cannot be read: No such file"):
        read_api_keys("KEYS", {"KEYS_FILE": "/nowhere/keys"})


@pytest.mark.parametrize("position", [0, 1, 2, None])
async def test_every_key_is_compared(position: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the right one stands, all are compared, each in constant time."""
    known = [new_key() for _ in range(3)]
    keys = read_api_keys("KEYS", {"KEYS": "\n".join(entry_of("shop", ["chat"], key) for key in known)})
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def note(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return compare(one, two)

    monkeypatch.setattr("soni.access.api_keys.hmac.compare_digest", note)
    shown = known[position] if position is not None else new_key()
    try:
        await keys.identify(shown)
    except Unauthenticated:
        assert position is None

    assert [len(one) for pair in compared for one in pair] == [32] * 6
