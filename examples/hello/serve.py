"""Starts the gateway with the command it is given, deploys the hello API to it, says how to call it, and stays
until the gateway ends (Ctrl-C).

    python examples/hello/serve.py COMMAND [ARGUMENT ...]
"""

import pathlib
import re
import subprocess
import sys
import threading

from deploy import deploy

URL_FILE = pathlib.Path(__file__).parent / ".url"


def main(command):
    gateway = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deploying = None
    while True:
        try:
            for line in gateway.stdout:
                print(line, end="", flush=True)
                endpoint = re.search(r"http://[\w.]+:\d+", line)
                if endpoint and not deploying:
                    # Beside this loop, which goes on showing what the gateway says.
                    deploying = threading.Thread(target=serve_hello, args=(gateway, endpoint[0]), daemon=True)
                    deploying.start()
            return gateway.wait()
        except KeyboardInterrupt:
            pass  # the gateway got the signal too, and is letting requests finish


def serve_hello(gateway, endpoint):
    """Deploys the API and says how to call it; a gateway that cannot be deployed to is stopped."""
    try:
        url = deploy(endpoint)
    except BaseException:
        gateway.terminate()
        raise
    URL_FILE.write_text(url)
    print(f"\nexamples/hello is served. Try:\n\n    curl '{url}?name=you'\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
