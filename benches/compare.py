#!/usr/bin/env python3
"""What a request costs: Gatewright beside nginx, in processor time per request.

    cargo build --release --package gatewright
    cargo build --release --package gatewright-gateway --example bare_proxy
    .venv/bin/python benches/compare.py --base nginx-features --proxies gatewright-features

Needs nginx and wrk (Debian: `apt-get install nginx-light wrk`), two processors, and boto3 (`make test` installs it).

Method. Each proxy runs on one processor (--proxy-cpu); the load and the backend run on the other. A run's cost is
the processor time that the proxy's process and its threads have used (schedstat, in nanoseconds, the kernel's work
for them included) over the requests that were answered. Runs are interleaved: every repeat has one run of each case
with each proxy, in turning order. The ratio to the base is the median of the ratios within a repeat, so that a machine
that grows faster or slower meanwhile does not tip it. Every run counts.

Cases: get      1 KiB from the backend        (HTTP_PROXY)
       post     16 KiB to it, 1 KiB back      (HTTP_PROXY)
       mock     a body of 100 bytes, no backend (MOCK)
       tls-get  get over TLS, connections kept
       tls-new  a whole TLS handshake each, no request

Proxies: see lab/proxies.py. `crowded` is gatewright with 999 APIs and 10,000 routes more: `--base gatewright --proxies
crowded` shows what they cost. `bare` is Gatewright's listener and backend client with nothing between them.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

from lab.load import CASES, Load, median, quartiles
from lab.processes import RELEASE, Lab
from lab.proxies import Proxies


def interleaved(load, proxies, cases, repeats, seconds, tell=lambda text: print(text, file=sys.stderr)):
    """Every run by case and proxy. The first second of each is not counted."""
    for proxy in proxies:
        for case in cases:
            load.run(proxy, case, 1)
    results = {}
    for repeat in range(repeats):
        for case in cases:
            turn = repeat % len(proxies)
            for proxy in proxies[turn:] + proxies[:turn]:
                run = load.run(proxy, case, seconds)
                results.setdefault((case, proxy.name), []).append(run)
                tell(f"{repeat + 1}/{repeats} {case:7} {proxy.name:20} {run['micros']:7.2f} µs")
    return results


def ratios(runs, base):
    """Of the costs, repeat by repeat."""
    return [run["micros"] / other["micros"] for run, other in zip(runs, base)]


def table(results, base):
    """One Markdown table a case."""
    lines = []
    for case in dict.fromkeys(case for case, _ in results):
        rows = {name: runs for (of, name), runs in results.items() if of == case}
        lines += [f"\n### {case}\n", f"| proxy | µs a request (quartiles) | against {base} (quartiles) | requests/s | "
                  "p50 µs | p99 µs | RSS MiB |", "|---|---|---|---|---|---|---|"]
        for name, runs in sorted(rows.items(), key=lambda row: median(run["micros"] for run in row[1])):
            middle = {key: median(run[key] for run in runs) for key in runs[0]}
            low, high = quartiles([run["micros"] for run in runs])
            against = ratios(runs, rows[base])
            least, most = quartiles(against)
            lines.append(f"| {name} | {middle['micros']:.2f} ({low:.1f}..{high:.1f}) | "
                         f"{median(against):.2f} ({least:.2f}..{most:.2f}) | {middle['rps']:.0f} | "
                         f"{middle['p50']:.0f} | {middle['p99']:.0f} | {middle['rss']:.1f} |")
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proxies", default="nginx,bare,gatewright", help="the base runs as well")
    parser.add_argument("--base", default="nginx", help="what the others are compared with")
    parser.add_argument("--cases", default="get,post,mock", help=",".join(CASES))
    parser.add_argument("--seconds", type=int, default=3, help="of each run")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--proxy-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    parser.add_argument("--binary", default=RELEASE / "gatewright")
    parser.add_argument("--json", type=pathlib.Path, help="where to put every run")
    return parser.parse_args()


def main():
    options = arguments()
    names = list(dict.fromkeys([options.base, *options.proxies.split(",")]))
    for program in ("nginx", "wrk", "taskset"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is not installed")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewright-bench-"))
        lab = Lab(folder, stack)
        proxies = Proxies(lab, options.proxy_cpu, options.load_cpu, options.binary)
        load = Load(lab, options.load_cpu, options.connections)
        running = [proxies.start(name) for name in names]
        results = interleaved(load, running, options.cases.split(","), options.repeats, options.seconds)
    print(table(results, options.base))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        listed = [{"case": case, "proxy": name, "runs": runs} for (case, name), runs in results.items()]
        options.json.write_text(json.dumps(listed, indent=1) + "\n")


if __name__ == "__main__":
    main()
