"""What a soak counts: answers by cause, and what the gateway's process holds."""

import collections
import os
import pathlib
import re
import statistics
import threading
import time

MIB = 1024 * 1024


class Tally:
    """Counts answers. What was not to be expected is kept, a little of each kind."""

    KEPT = 5

    def __init__(self):
        self._lock = threading.Lock()
        self.answers = collections.defaultdict(collections.Counter)
        self.surprises = collections.Counter()
        self.examples = collections.defaultdict(list)

    def add(self, who, answer, expected, example=""):
        """`answer` is a status or, of what was no answer, a word; `expected` are those that `who` provokes."""
        with self._lock:
            self.answers[who][answer] += 1
            if answer not in expected:
                self.surprises[who, answer] += 1
                if len(self.examples[who, answer]) < self.KEPT:
                    self.examples[who, answer].append(f"{time.strftime('%H:%M:%S')} {example}")

    def report(self):
        """Lines about all answers and about the unexpected ones."""
        yield "answers"
        for who, answers in sorted(self.answers.items()):
            yield f"  {who:<34}" + ", ".join(f"{answer}: {count}" for answer, count in sorted(answers.items(), key=str))
        classes = collections.Counter()
        for answers in self.answers.values():
            for answer, count in answers.items():
                classes[f"{answer // 100}xx" if isinstance(answer, int) else "other"] += count
        yield "  " + ", ".join(f"{name}: {count}" for name, count in sorted(classes.items()))
        yield "nothing that was not provoked" if not self.surprises else "NOT PROVOKED"
        for (who, answer), count in sorted(self.surprises.items(), key=str):
            yield f"  {who}: {answer}, {count} times"
            yield from (f"    {example}" for example in self.examples[who, answer])


class Held:
    """What a process holds, sampled by a thread of its own."""

    #: What may grow between two thirds of the time: a part of it, and so much besides.
    TOLERANCE = {"rss MiB": (0.05, 2), "pss MiB": (0.05, 2), "anonymous MiB": (0.05, 2), "descriptors": (0.1, 8), "threads": (0, 2)}

    def __init__(self, pid, data, every):
        self.pid, self.data, self.every = pid, data, every
        self.samples, self._end = [], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        began = time.monotonic()
        while not self._end.wait(self.every):
            try:
                self.samples.append({"seconds": round(time.monotonic() - began, 1), **self.now()})
            except OSError:
                return

    def now(self):
        of = pathlib.Path(f"/proc/{self.pid}")
        rollup = (of / "smaps_rollup").read_text()
        kib = {name: int(re.search(rf"^{name}:\s+(\d+) kB", rollup, re.M)[1]) for name in ("Rss", "Pss", "Anonymous")}
        status = (of / "stat").read_text().rpartition(")")[2].split()
        children = {child for task in (of / "task").iterdir() for child in (task / "children").read_text().split()}
        return {
            "rss MiB": kib["Rss"] / 1024, "pss MiB": kib["Pss"] / 1024, "anonymous MiB": kib["Anonymous"] / 1024,
            "descriptors": len(os.listdir(of / "fd")), "threads": int(status[17]), "functions": len(children),
            "processor s": (int(status[11]) + int(status[12])) / os.sysconf("SC_CLK_TCK"),
            "stored MiB": sum(file.stat().st_size for file in self.data.glob("*.db*")) / MIB,
        }

    def end(self):
        self._end.set()
        self._thread.join()

    def report(self):
        """Lines, and whether everything is flat: the last third against the second, by their medians."""
        third = len(self.samples) // 3
        if not third:
            return ["too short to say whether memory is flat"], False
        lines, flat = ["held (medians of the first, the second and the last third of the time)"], True
        for name in self.samples[0]:
            if name == "seconds":
                continue
            parts = [self.samples[:third], self.samples[third:2 * third], self.samples[2 * third:]]
            first, second, last = (statistics.median(sample[name] for sample in part) for part in parts)
            line = f"  {name:<16}{first:10.1f}{second:10.1f}{last:10.1f}"
            if name in self.TOLERANCE:
                part, more = self.TOLERANCE[name]
                holds = last <= second * (1 + part) + more
                flat &= holds
                line += f"   {'flat' if holds else 'GROWS'} (may grow by {part:.0%} and {more})"
            lines.append(line)
        used = self.samples[-1]["processor s"] - self.samples[0]["processor s"]
        lines.append(f"  {used / (self.samples[-1]['seconds'] - self.samples[0]['seconds'] or 1):.0%} of one processor")
        return lines, flat
