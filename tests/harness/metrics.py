"""What is scraped from /metrics, read as Prometheus reads it."""

import re

SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def parse(text):
    """Samples by name: `{name: {frozenset of labels: value}}`. Fails on what breaks the format."""
    samples, typed = {}, {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed, f"{name} comes twice"
            typed[name] = kind
            continue
        if line.startswith("# HELP "):
            continue
        matched = SAMPLE.fullmatch(line)
        assert matched, line
        labels = matched["labels"] or ""
        assert LABEL.sub("", labels) == "", line
        family = re.sub(r"_(bucket|sum|count)$", "", matched["name"])
        assert matched["name"] in typed or typed.get(family) == "histogram", f"{line} has no type"
        of_name = samples.setdefault(matched["name"], {})
        key = frozenset(LABEL.findall(labels))
        assert key not in of_name, f"{line} comes twice"
        of_name[key] = float(matched["value"])
    return samples


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.samples = parse(text)

    def value(self, name, **labels):
        """The only sample with these labels; None if there is none."""
        found = [value for key, value in self.samples.get(name, {}).items() if set(labels.items()) <= key]
        assert len(found) < 2, f"{name} has {len(found)} samples with {labels}"
        return found[0] if found else None

    def labels(self, name, label):
        """Every value of a label of the metric."""
        return {dict(key).get(label) for key in self.samples.get(name, {})}
