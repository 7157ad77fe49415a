"""Load on a proxy: wrk for cost and throughput, h2load for latency at a fixed rate, openssl for handshakes."""

import re
import statistics
import subprocess

from .proxies import HEADERS

WRK_SCRIPT = """
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
POST_SCRIPT = 'wrk.method = "POST"\nwrk.body = string.rep("x", 16384)\n' + WRK_SCRIPT
CASES = ("get", "post", "mock", "tls-get", "tls-new")


class Load:
    """Drives proxies from `cpus`."""

    def __init__(self, lab, cpus="1", connections=64):
        self.lab, self.cpus, self.connections = lab, cpus, connections
        for case in CASES:
            script = POST_SCRIPT if case == "post" else WRK_SCRIPT
            (lab.folder / f"{case}.lua").write_text(script)

    def run(self, proxy, case, seconds):
        """One run: what each request (or handshake) cost in processor time, and how long it took."""
        if case == "tls-new":
            return self.handshakes(proxy, seconds)
        headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
        command = ["taskset", "-c", self.cpus, "wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "5s",
                   *headers, "-s", self.lab.folder / f"{case}.lua", proxy.url(case)]
        before = proxy.used()
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True)
        used = proxy.used() - before
        requests, duration, p50, p99, errors = map(int, re.search(r"RESULT (.*)", done.stdout)[1].split())
        if requests == 0 or errors:
            raise SystemExit(f"{proxy.name}, {case}: {errors} of {requests} requests failed\n{done.stdout}")
        return {"micros": used / 1e3 / requests, "rps": requests / (duration / 1e6), "p50": p50, "p99": p99,
                "rss": proxy.resident()}

    def handshakes(self, proxy, seconds):
        """Whole TLS handshakes, each on a connection of its own that is closed at once."""
        command = ["taskset", "-c", self.cpus, "openssl", "s_time", "-connect", f"127.0.0.1:{proxy.tls_port}", "-new",
                   "-time", str(seconds)]
        before = proxy.used()
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
        used = proxy.used() - before
        found = re.search(r"(\d+) connections in (\d+) real seconds", done.stdout)
        if not found or int(found[1]) == 0:
            raise SystemExit(f"{proxy.name}: no handshakes\n{done.stdout}\n{done.stderr}")
        made = int(found[1])
        return {"micros": used / 1e3 / made, "rps": made / seconds, "p50": 0, "p99": 0, "rss": proxy.resident()}

    def at_rate(self, proxy, case, rate, seconds):
        """Requests that are sent at a fixed rate: when each began (microseconds since 1970), its status, and how long
        it took in microseconds."""
        return self._h2load(proxy, case, seconds, f"--rps={rate / self.connections:.2f}")

    def closed(self, proxy, case, seconds):
        """The same of requests that are sent as fast as they are answered."""
        return self._h2load(proxy, case, seconds)

    def _h2load(self, proxy, case, seconds, *options):
        log = self.lab.folder / f"{proxy.name}.latencies"
        log.unlink(missing_ok=True)
        headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
        command = ["taskset", "-c", self.cpus, "h2load", "--h1", "-t1", f"-c{self.connections}", *options,
                   f"-D{seconds}", f"--log-file={log}", *headers, proxy.url(case)]
        subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True)
        rows = [tuple(map(int, line.split("\t"))) for line in log.read_text().splitlines()]
        failed = [status for _, status, _ in rows if status != 200]
        if failed or not rows:
            raise SystemExit(f"{proxy.name}, {case}: {len(failed)} of {len(rows)} requests failed")
        return rows


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def quartiles(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


def median(values):
    return statistics.median(values)
