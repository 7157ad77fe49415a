"""Tests that are data: a folder of files, each a subject."""

import pytest
import yaml


def files(folder):
    """What the files of a folder have, by their names."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))}


def cases(files):
    """A case for each entry of files that are lists of entries, or one for each of what the entry has in `each`."""
    for name, entries in files.items():
        for entry in entries:
            for each in entry.get("each", [None]):
                title = f"{name}: {entry['says']}" + ("" if each is None else f" {str(each)[:40]!r}")
                yield pytest.param({**entry, "each": each}, id=title)


def are_whole(files, members, outcomes):
    """Fails if an entry has what none may have, has not one of the outcomes, or does not say where it is from."""
    for entry in (entry for entries in files.values() for entry in entries):
        assert entry.keys() <= {"says", "rfc", "each", *members, *outcomes}, entry
        assert sum(outcome in entry for outcome in outcomes) == 1, entry
        assert "rfc" in entry, entry
