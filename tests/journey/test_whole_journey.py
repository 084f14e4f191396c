"""From an empty folder to an erased user: all that a team does with an assistant, in the order in which they do it."""

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from psycopg import sql
from tests.integration.server.processes import SONI, Service, run, served

from .issuer import AUDIENCE, Issuer, issuing

SERVICE: Final = (*SONI, "serve", "--port", "0")
ANA: Final = "ana@example.com"
BEN: Final = "ben"


def test_from_an_empty_folder_to_an_erased_user(tmp_path: Path, database: str) -> None:
    """A coffee bar is set up, tried, served, changed while somebody orders, and forgets who asks it to.

    Each leg of the way asserts what is seen on it; what is left at its end is asserted here.
    """
    with issuing() as issuer:
        bar = tmp_path / "coffee_bar"
        set_up(bar)
        edit_and_try(bar, settings(database, issuer))
        order_half_a_coffee(bar, issuer)
        go_on_after_a_crash(bar, issuer)
        deploy_another_version(bar, issuer)
        forget(bar, issuer, database)

    left = everything_in(database)
    assert [word for word in (ANA, "cappuccino", "I would like a coffee") if word in left] == []
    assert "are you open on Sunday" in left


def set_up(bar: Path) -> None:
    """``soni init`` writes an assistant that is valid, and passes its own test."""
    assert run(bar.parent, (*SONI, "init", bar.name)).returncode == 0
    assert run(bar, (*SONI, "validate")).returncode == 0
    assert run(bar, (*SONI, "test")).returncode == 0


def edit_and_try(bar: Path, more: str) -> None:
    """What is edited is checked before anybody talks to it: a slip is named with its line, and its conversations are spoken."""
    edit(bar, "  modules: [actions]\n", f"  modules: [actions]\n{more}")
    edit(bar, "slot: size\n", "slot: sice\n")
    refused = run(bar, (*SONI, "validate"))
    assert refused.returncode != 0
    line = next(n for n, text in enumerate((bar / "soni.yaml").read_text().splitlines(), 1) if "sice" in text)
    assert f"soni.yaml:{line}" in refused.stdout + refused.stderr
    assert "size" in refused.stdout + refused.stderr

    edit(bar, "slot: sice\n", "slot: size\n")
    valid = run(bar, (*SONI, "validate"))
    assert valid.returncode == 0, valid.stdout + valid.stderr
    tested = run(bar, (*SONI, "test"))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def order_half_a_coffee(bar: Path, issuer: Issuer) -> None:
    """Ana orders, changes her mind, asks something else; nobody else may speak for her. Then the process is killed."""
    with serving(bar) as service:
        ana, ben = Guest(service, issuer, ANA), Guest(service, issuer, BEN)
        assert ana.says("I would like a coffee") == "What would you like to drink?"
        assert ana.says("cappuccino") == "Small or large?"
        assert ana.says("large").endswith("A large cappuccino for 3.30?")
        assert ana.says("no, a small one").endswith("A small cappuccino for 2.60?")
        aside = ana.says("when are you open?")
        assert "every day from 8 to 18" in aside
        assert aside.endswith("A small cappuccino for 2.60?")
        assert ben.says("are you open on Sunday") == "We are open every day from 8 to 18."

        assert service.client.post(f"/chat/{ANA}", json={"message": "yes"}).status_code == 401
        for path in (f"/conversations/{ANA}", f"/conversations/{ANA}/messages"):
            assert ben.asks("GET", path).status_code == 403
        assert ben.asks("POST", f"/chat/{ANA}", json={"message": "yes"}).status_code == 403
        service.process.send_signal(signal.SIGKILL)
        service.process.wait()


def go_on_after_a_crash(bar: Path, issuer: Issuer) -> None:
    """The next process knows where everybody stands; what was answered before is answered the same."""
    with serving(bar) as service:
        ana = Guest(service, issuer, ANA)
        again = ana.asks("POST", f"/chat/{ANA}", json={"message": "when are you open?", "message_id": f"{ANA}-5"})
        assert again.headers["idempotency-replayed"] == "true"
        standing = ana.asks("GET", f"/conversations/{ANA}").json()
        assert standing["active_flow"] == "order_coffee"
        assert standing["slots"]["size"] == "small"
        heard = ana.hears("no, a large one")
        assert heard[-1].endswith("A large cappuccino for 3.30?")
        assert service.stop() == 0


def deploy_another_version(bar: Path, issuer: Issuer) -> None:
    """``soni deploy-check`` tells what becomes of an open order; after the deploy it goes on, in the words of the new version."""
    edit(bar, 'message: "A {size} {drink} for {price:.2f}?"', 'message: "So {drink}, {size}: {price:.2f}. Right?"')
    edit(bar, "is on its way.", "is being made.")
    checked = run(bar, (*SONI, "deploy-check", "--fail-on", "restart"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1  order_coffee, at confirm_order" in checked.stdout
    with serving(bar) as service:
        ana = Guest(service, issuer, ANA)
        assert ana.says("what did you say?").endswith("So cappuccino, large: 3.30. Right?")
        ordered = ana.says("yes")
        assert ordered.startswith("Your large cappuccino is being made.")
        assert ana.asks("GET", f"/conversations/{ANA}").json()["conversation_state"] == "idle"
        assert service.stop() == 0


def forget(bar: Path, issuer: Issuer, database: str) -> None:
    """What is kept about Ana is handed out, and erased: afterwards nobody knows her, and no table has a word of hers left."""
    with serving(bar) as service:
        admin = Guest(service, issuer, "operator", scope="admin")
        told = admin.asks("GET", f"/conversations/{ANA}/export").json()
        assert told["transcript"][0]["lines"][0]["text"] == "I would like a coffee"
        assert "cappuccino" in everything_in(database)
        assert admin.asks("DELETE", f"/conversations/{ANA}", params={"erase": "true"}).status_code == 204
        assert admin.asks("GET", f"/conversations/{ANA}").status_code == 404
        assert admin.asks("GET", f"/conversations/{ANA}/export").status_code == 404
        assert service.stop() == 0


def settings(database: str, issuer: Issuer) -> str:
    """What is added to the settings: PostgreSQL, and tokens of an issuer."""
    return f"""\
  persistence: {{backend: postgresql, connection_string: "{database}"}}
  server:
    auth: {{mode: jwt}}
    jwt: {{jwks_url: "{issuer.jwks_url}", issuer: "{issuer.address}", audience: {AUDIENCE}}}
"""


def edit(bar: Path, old: str, new: str) -> None:
    """Change a place in the YAML."""
    file = bar / "soni.yaml"
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))


@contextmanager
def serving(bar: Path) -> Iterator[Service]:
    """``soni serve``, ready."""
    with served(bar, SERVICE) as service:
        assert service.client.get("/ready").status_code == 200
        yield service


class Guest:
    """Somebody who talks, and shows who it is."""

    def __init__(self, service: Service, issuer: Issuer, user: str, **claims: object) -> None:
        self._client, self._user = service.client, user
        self._shown = issuer.token(user, **claims)

    def asks(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request, with the token."""
        return self._client.request(method, path, headers=self._shown, **more)

    def says(self, text: str) -> str:
        """A turn; its number is its message id, as far as a test can know it beforehand."""
        response = self.asks("POST", f"/chat/{self._user}", json=self._message(text))
        assert response.status_code == 200, response.text
        return str(response.json()["response"])

    def hears(self, text: str) -> list[str]:
        """A turn by the stream; its messages, as they came."""
        told = self.asks("POST", f"/chat/{self._user}/stream", json=self._message(text))
        assert told.status_code == 200, told.text
        events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in told.text.strip().split("\n\n")]
        assert events[-1]["event"] == "done"
        return [json.loads(event["data"])["text"] for event in events if event.get("event") == "message"]

    def _message(self, text: str) -> Mapping[str, str]:
        looked_at = self.asks("GET", f"/conversations/{self._user}")
        turn = looked_at.json()["turn"] + 1 if looked_at.status_code == 200 else 1
        return {"message": text, "message_id": f"{self._user}-{turn}"}


def everything_in(database: str) -> str:
    """All rows of all tables, as text."""
    with psycopg.connect(database) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        rows = [
            row
            for (table,) in tables
            for row in connection.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(table))).fetchall()
        ]
    return "\n".join(str(text) for (text,) in rows)
