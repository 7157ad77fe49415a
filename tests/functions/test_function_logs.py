"""What functions print, in their log groups, through the Logs API."""

import re
import time

import pytest

from harness.functions import function, invoke

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def messages(aws, group, wanted, seconds=10):
    """The group's messages, once one of them contains `wanted`. Lines are written in batches, soon after."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = [e["message"] for e in aws.logs.filter_log_events(logGroupName=group)["events"]]
        except aws.logs.exceptions.ResourceNotFoundException:
            found = []
        if any(wanted in message for message in found):
            return found
        assert time.monotonic() < deadline, f"{wanted!r} is not in {found[-20:]}"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("runtime", "source"),
    [
        (
            "python3.12",
            "import sys\ndef handler(e, c):\n    print('to stdout')\n    print('to stderr', file=sys.stderr)\n",
        ),
        (
            "nodejs20.x",
            "exports.handler = async () => { console.log('to stdout'); console.error('to stderr'); };\n",
        ),
    ],
)
def test_lines_of_an_invocation(aws, runtime, source):
    arn = function(aws, source, runtime)
    invoke(aws, arn)
    group = "/aws/lambda/" + arn.rpartition(":")[2]
    lines = [line.rstrip("\n") for line in messages(aws, group, "REPORT")]
    text = "\n".join(lines)
    assert re.search(rf"START RequestId: {UUID} Version: \$LATEST", text)
    assert "to stdout" in text and "to stderr" in text
    assert re.search(rf"END RequestId: {UUID}", text)
    assert re.search(
        rf"REPORT RequestId: {UUID}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB",
        text,
    )
    [stream] = aws.logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream["logStreamName"])


def test_pythons_logging(aws):
    source = "import logging\ndef handler(e, c):\n    logging.getLogger().error('it broke')\n"
    arn = function(aws, source)
    invoke(aws, arn)
    found = messages(aws, "/aws/lambda/" + arn.rpartition(":")[2], "it broke")
    [line] = [message for message in found if "it broke" in message]
    assert line.startswith("[ERROR]")


def test_a_timeout_is_in_the_log(aws):
    arn = function(aws, "import time\ndef handler(e, c):\n    time.sleep(30)\n", Timeout=1)
    invoke(aws, arn)
    messages(aws, "/aws/lambda/" + arn.rpartition(":")[2], "Task timed out after 1.00 seconds")


def test_a_line_without_end_is_cut_not_kept(aws):
    # CloudWatch Logs takes events of up to 256 KB.
    arn = function(aws, "import sys\ndef handler(e, c):\n    sys.stdout.write('y' * 1_000_000)\n", Timeout=10)
    assert invoke(aws, arn)[1] is None
    found = messages(aws, "/aws/lambda/" + arn.rpartition(":")[2], "REPORT")
    assert max(len(message) for message in found) <= 256 * 1024
