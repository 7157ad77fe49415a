"""What is told of WebSocket APIs, as data: the files of `data/websocket`, one a subject. An entry names its source in
`guide` (a page of the developer guide), `reference` (of the API reference), `rfc` or `seen` (at AWS), and has `steps`
as `conversation.py` carries them out; `websocket_definition.py` has what APIs are made of.
"""

import pathlib

import pytest

from harness import cases
from scenarios.conversation import Conversation
from scenarios.websocket_definition import WebSocketSection

FILES = cases.files(pathlib.Path(__file__).resolve().parent / "data/websocket")
SOURCES = ("guide", "reference", "rfc", "seen")


def title(entry):
    kind = next(kind for kind in SOURCES if kind in entry)
    return f"{kind} {entry[kind]}: {entry['says']}"


@pytest.fixture(scope="module")
def section(shared_aws):
    """The file of a name, at work."""
    at_work = {}

    def find(name):
        if name not in at_work:
            at_work[name] = WebSocketSection(shared_aws, FILES[name])
        return at_work[name]

    yield find
    for one in at_work.values():
        one.close()


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        pytest.param(name, entry, id=f"{name}-{title(entry)}")
        for name, data in FILES.items()
        for entry in data["scenarios"]
    ],
)
def test_it_is_as_told(name, entry, section):
    assert entry.keys() <= {*SOURCES, "says", "api", "steps"}
    section = section(name)
    section.backend.clear()
    conversation = Conversation(section, section.api(entry["api"]))
    try:
        conversation.run(entry["steps"])
    finally:
        conversation.close()
