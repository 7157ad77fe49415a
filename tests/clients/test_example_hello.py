"""examples/hello does what the README says."""

import subprocess
import sys

from harness import wire
from harness.process import TOP, clean_environment

HELLO = TOP / "examples" / "hello"


def test_it_deploys_and_deploys_again(gateway):
    def deploy():
        done = subprocess.run(
            [sys.executable, HELLO / "deploy.py", gateway.endpoint],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    url = deploy()
    assert url.startswith(gateway.endpoint + "/_aws/execute-api/")
    target = url.removeprefix(gateway.endpoint)
    reply = wire.send(gateway.endpoint, "GET", target + "?name=you")
    assert (reply.status, reply.json) == (200, {"message": "Hello, you!", "path": "/hello"})
    assert wire.send(gateway.endpoint, "GET", target + "/below").json == {"message": "Hello, world!", "path": "/hello/below"}
    assert deploy() == url
