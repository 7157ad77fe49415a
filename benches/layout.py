#!/usr/bin/env python3
"""Which functions a start and usual requests run: written as a linker script that puts them beside each other.

    cargo build --release --package gatewright
    .venv/bin/python benches/layout.py

What every request runs comes first. It is a hundred kilobytes of thirty megabytes of code, and the linker scatters it
over hundreds of pages, of which a processor knows the places of few by heart: in a build without link-time optimization
a GET cost a tenth less on a hundred pages than on three hundred. What a start runs is next: a system maps a program's
file in pieces of many pages around each one that is touched, so without this most of it would be resident after the
first request.

Needs valgrind, and binutils (`nm`, `objcopy`). What it writes, `crates/server/layout.ld`, names functions without the
hash that the compiler adds to them, unless too many that do not run have the same name: it stays of use while functions
keep their names, and a function that it does not know, or that is gone, does no harm. Make it anew when the way of a
request has changed, when dependencies have (the hashes change with them), or when `resident memory` in `make bench`
grows.
"""

import argparse
import collections
import contextlib
import http.client
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import time

from lab.apis import define, deploy, small_document
from lab.load import HEADERS
from lab.processes import RELEASE, TOP, Lab, end
from lab.proxies import Proxies

WRITTEN = TOP / "crates/server/layout.ld"
HEAD = """/* Functions that every request runs, those that run at a start, and those that some requests run besides. Made by
   benches/layout.py. */
SECTIONS
{
  .text :
  {
"""
#: Functions that the compiler holds for unlikely have sections of another name. What parts of the libraries these are.
UNLIKELY = re.compile("grow_one|do_reserve_and_handle|reserve_rehash|slow|initialize|disconnect")
TAIL = """  }
}
INSERT BEFORE .init;
"""

#: What usual requests run is left where it is if so many times as much would have to come along.
DILUTION = 4

#: The same of what every request runs, beyond which functions are named with their hashes.
HOT_DILUTION = 1.5

#: Requests of each kind by which it is told what every one of them runs: what is called as often.
REQUESTS = 3000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=RELEASE / "gatewright")
    options = parser.parse_args()
    for program in ("valgrind", "nm", "objcopy", "nginx", "h2load"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is not installed")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewright-layout-")))
        lab = Lab(folder, stack)
        traced = folder / "traced"
        subprocess.run(["objcopy", "--strip-debug", options.binary, traced], check=True)
        sizes = sizes_of(traced)
        proxies = Proxies(lab, "0,1", "0,1", traced)
        data = folder / "data"
        proxy = proxies.gatewright("layout-features", data=data)
        deploy(f"http://127.0.0.1:{proxy.port}", [small_document()] * 99)
        end(proxy.process)
        begun = set(costs(lab, traced, data, proxy, "begun", lambda _: get(proxy, "mock")))
        asked = set(costs(lab, traced, data, proxy, "asked", lambda _: usual(proxy)))
        served = costs(lab, traced, data, proxy, "served", lambda pid: crowd(lab, proxy, pid), "--instr-atstart=no")
    hot = {symbol: cost for symbol, (calls, cost) in served.items() if calls >= REQUESTS and symbol in sizes}
    patterns = dict.fromkeys(densest(sizes, hot))
    patterns |= dict.fromkeys(ordered(sizes, begun, float("inf")))
    patterns |= dict.fromkeys(ordered(sizes, asked - begun, DILUTION))
    WRITTEN.write_text(HEAD + "".join(map(line, patterns)) + TAIL)
    print(f"{len(hot)} functions of every request, {sum(sizes[symbol] for symbol in hot) // 1024} KiB; {len(begun)} of a "
          f"start, {len(asked - begun)} of some requests besides: {len(patterns)} names")


def sizes_of(binary):
    """How long the code of each function is, by its symbol."""
    rows = subprocess.run(["nm", "-S", "--defined-only", binary], check=True, capture_output=True, text=True).stdout
    rows = [row.split() for row in rows.splitlines()]
    return {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[2] in "tTwW"}


def costs(lab, binary, data, proxy, name, ask, *options):
    """By the symbols of all functions that run while a gateway starts, is asked, and ends: how often they are called, and
    their instructions."""
    out = lab.folder / name
    command = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out}", *options, binary, "serve",
               "--data-dir", data, "--config", lab.folder / "layout-features.toml", "--listen", f"127.0.0.1:{proxy.port}",
               "--tls-listen", f"127.0.0.1:{proxy.tls_port}"]
    process = lab.spawn(name, command, "0,1")
    lab.wait_for(proxy.port, name, 120)
    ask(process.pid)
    # What it does once a second is done as well.
    time.sleep(3)
    process.terminate()
    process.wait(120)
    if not out.exists():
        raise SystemExit((lab.folder / f"{name}.log").read_text(errors="replace"))
    names, own, functions = {}, False, collections.Counter()
    callees, objects = collections.Counter(), {}
    symbol, callee, calls = None, None, None
    for line in out.read_text().splitlines():
        if found := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?$", line):
            called, number, path = found.groups()
            if path:
                objects[number] = path
            if not called:
                own = objects[number] == str(binary)
        elif found := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?$", line):
            called, number, name = found.groups()
            if name:
                # Functions that call themselves are counted by their depth.
                names[number] = re.sub(r"'\d+$", "", name)
            if called:
                callee = names[number]
            else:
                symbol = names[number]
        elif found := re.match(r"calls=(\d+)", line):
            calls = int(found[1])
        elif found := re.match(r"[+*\d-]\S* (\d+)$", line):
            # The instructions of what a function has called are counted where they were run.
            if calls:
                callees[callee] += calls
            elif own:
                functions[symbol] += int(found[1])
            calls = None
    return {symbol: (callees[symbol], cost) for symbol, cost in functions.items()}


def get(proxy, case, connection=None, method="GET", body=None):
    connection = connection or http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
    connection.request(method, proxy.paths[case], body, HEADERS)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{method} {case} was answered {answer.status}")


def usual(proxy):
    """A few requests of each of the kinds that `make bench` measures, and some over HTTP/2."""
    get(proxy, "mock")
    insecure = ssl._create_unverified_context()
    for connection in (http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60),
                       http.client.HTTPSConnection("127.0.0.1", proxy.tls_port, timeout=60, context=insecure)):
        for _ in range(5):
            get(proxy, "get", connection)
            get(proxy, "mock", connection)
            get(proxy, "post", connection, "POST", b"x" * 16_384)
        connection.close()
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    subprocess.run(["h2load", "-n", "20", "-c", "2", *headers, proxy.url("tls-get")], check=True, capture_output=True)


def crowd(lab, proxy, pid):
    """So many requests of each kind over connections that stay; nothing else is counted, nor what the first ones find
    to be done."""
    usual(proxy)
    time.sleep(3)
    body = lab.folder / "body"
    body.write_bytes(b"x" * 16_384)
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    subprocess.run(["callgrind_control", "--instr=on", str(pid)], check=True, capture_output=True)
    for case, sent in (("get", []), ("mock", []), ("post", ["-d", body])):
        subprocess.run(["h2load", "--h1", "-n", str(REQUESTS), "-c", "8", *headers, *sent, proxy.url(case)], check=True,
                       capture_output=True)
    subprocess.run(["callgrind_control", "--instr=off", str(pid)], check=True, capture_output=True)


def densest(sizes, hot):
    """The names of what every request runs, those first of which the most is run."""
    named = collections.defaultdict(lambda: [0, 0, 0])
    for symbol, size in sizes.items():
        found = named[pattern(symbol)]
        found[0] += size
        if symbol in hot:
            found[1] += size
            found[2] += hot[symbol]
    density = {}
    for symbol, cost in hot.items():
        all_, runs, together = named[pattern(symbol)]
        if runs * HOT_DILUTION >= all_:
            density[pattern(symbol)] = together / max(all_, 1)
        else:
            density[re.sub(r"\.(llvm\.)?\d+$", ".*", symbol)] = cost / max(sizes[symbol], 1)
    return sorted(density, key=lambda name: (-density[name], name))


def ordered(sizes, functions, dilution):
    """The names of `functions` for the linker, those first with which the least comes along that does not run."""
    named = collections.defaultdict(lambda: [0, 0])
    for symbol, size in sizes.items():
        found = named[pattern(symbol)]
        found[0] += size
        found[1] += size if symbol in functions else 0
    share = {name: runs / all_ for name, (all_, runs) in named.items() if runs and all_}
    return [name for name in sorted(share, key=lambda name: (-share[name], name)) if share[name] * dilution >= 1]


def line(pattern):
    """What the linker script has for a pattern."""
    unlikely = f" .text.unlikely.{pattern}" if UNLIKELY.search(pattern) else ""
    return f"    *(.text.{pattern}{unlikely})\n"


def pattern(symbol):
    """A symbol as the linker script has it: without what changes from one build to the next."""
    symbol = re.sub(r"\.llvm\.\d+$", "", symbol)
    symbol = re.sub(r"17h[0-9a-f]{16}E(\.\d+)?", "17h*", symbol)
    symbol = re.sub(r"\.\d+$", ".*", symbol)
    return re.sub(r"Cs[0-9A-Za-z]{6,13}_", "Cs*_", symbol)


if __name__ == "__main__":
    main()
