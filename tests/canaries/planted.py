"""What is planted, and the search for it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

SPOKEN: Final = (
    # Said to the assistant, into sensitive slots or out of the blue; everyone knows what they are by their looks.
    "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117", "3530111333300000",
    "4012888888881881", "5105 1051 0510 5100", "2223003122003222",
    "ES91 2100 0418 4502 0005 1332", "DE89370400440532013000", "GB29NWBK60161331926819",
    "zoe.quark@example.org", "amalia+bank@correo.example.es", "j_doe99@mail.example.com", "ops@intern.example.net",
    "x.y-z@sub.domain.example", "mayor@town.example",
    "+34 612 984 377", "+44 20 7946 0958", "+1 (202) 555-0143", "+49-151-23456789",
)  # fmt: skip
SENSITIVE: Final = (
    # Values of sensitive slots that look like nothing at all.
    "marzipan-otter", "Querétaro 1987", "blue \"velvet\" door", "tango'd giraffe", "pin 90214457", "ÑANDÚ de plata",
    "kestrel/heron&wren=1", "swordfish forever", "73119046", "lavender\\smoke",
)  # fmt: skip
CREDENTIALS: Final = (
    # What programs know each other by, in headers, bodies and the words of exceptions.
    "sk-proj-A1b2C3d4E5f6G7h8I9j0KlMn", "sk_live_51HxQw8aZbYcXdWeVfUgTh", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE", "AIzaSyA-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "xoxb-17653672481-19874698323-pdFZKVeTuE8s",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "glpat-x7Yz-2kLmNoPqRsTuVw",
    "Zm9vYmFyYmF6cXV4Y29ycmVjdA", "b3BlbnNlc2FtZTEyMzQ1Njc4OTA",
)  # fmt: skip
OPAQUE: Final = CREDENTIALS[-2:]
"""They look like nothing at all: where a caller makes an id of one, nobody can know."""
DATABASE: Final = "n0t-F0r%20Logs-db"
WEBHOOK_TOKEN: Final = "wh-bearer-77aa21c09d"
WEBHOOK_KEY: Final = "plainwebhookheadersecret"
MODEL_KEY: Final = "modelkey00just00letters"
SERVICE_KEY: Final = "hashedservicekeyabcdef0123"
COLLECTOR_KEY: Final = "collectorheadersecret42"
COLLECTOR_SLIP: Final = "collectorheaderwithoutequals"
SENTRY_KEY: Final = "publicsentrykey0f1e2d3c"
USERS: Final = ("wilhelmina.pryce@example.org", "34612000111-wilma", "quinoa-42")
STARTING: Final = ("p4ssw0rd-at-the-start", "second-Start-Pw")

CANARIES: Final = (
    *SPOKEN, *SENSITIVE, *CREDENTIALS,
    DATABASE, WEBHOOK_TOKEN, WEBHOOK_KEY, MODEL_KEY, SERVICE_KEY, COLLECTOR_KEY, COLLECTOR_SLIP, SENTRY_KEY,
    *USERS, *STARTING[:1],
)  # fmt: skip
"""No level of any log may have them, nor metrics, nor the bodies of errors, nor traces, nor what Sentry is told."""

QUIET: Final = ("Ouagadougou", "Wolfeschlegelstein", "perspicacious pelican", "8213.75", "the zeppelin is late")
"""What is said and known without being sensitive: only the log has it, and only at DEBUG."""


def found(canaries: Sequence[str], texts: Mapping[str, str]) -> list[str]:
    """Which canaries are in which text, however they are spelled: ``card in stderr: …the line…``."""
    hits = []
    for where, text in texts.items():
        compact = re.sub(r"(?<=\d)[ \-](?=\d)", "", text)
        for canary in canaries:
            spelled = {canary, repr(canary)[1:-1], quote(canary), quote(canary, safe=""), canary.replace(" ", "+")}
            spelled |= {json.dumps(canary)[1:-1], canary.encode("unicode_escape").decode(), canary.replace('"', '\\"')}
            spelled.add(json.dumps(repr(canary)[1:-1])[1:-1])
            if digits := re.sub(r"[ \-]", "", canary) if re.fullmatch(r"[\d \-]+", canary) else "":
                spelled.add(digits)
            for spelling in spelled:
                if (at := text.find(spelling)) >= 0 or (at := compact.find(spelling)) >= 0:
                    hits.append(f"{canary!r} in {where}: {text[max(at - 150, 0) : at + 80]!r}")
                    break
    return hits
