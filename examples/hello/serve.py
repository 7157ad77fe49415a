"""Starts the gateway with the command it is given, deploys the hello API to it, says how to call it, and stays
until the gateway ends (Ctrl-C).

    python examples/hello/serve.py COMMAND [ARGUMENT ...]
"""

import pathlib
import re
import subprocess
import sys

from deploy import deploy

URL_FILE = pathlib.Path(__file__).parent / ".url"


def main(command):
    gateway = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    served = False
    try:
        for line in gateway.stdout:
            print(line, end="", flush=True)
            endpoint = re.search(r"http://[\w.]+:\d+", line)
            if endpoint and not served:
                served = True
                url = deploy(endpoint[0])
                URL_FILE.write_text(url)
                print(f"\nexamples/hello is served. Try:\n\n    curl '{url}?name=you'\n", flush=True)
    except KeyboardInterrupt:
        pass  # the gateway got the signal too and is draining
    except BaseException:
        gateway.terminate()
        raise
    return gateway.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
