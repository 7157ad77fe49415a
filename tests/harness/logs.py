"""What stands in log groups. Access logs are written in batches, soon after the requests."""

import json
import time

from . import functions
from .account import patch

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def allow(aws):
    """Lets API Gateway write the account's execution logs."""
    role = functions.role(aws, trust=_TRUST)
    aws.apigateway.update_account(patchOperations=[patch("replace", "/cloudwatchRoleArn", role)])


def lines(aws, group, count, seconds=10):
    """The log group's lines, once there are `count`. A group that is not there has none yet.

    Of requests that end in one millisecond any may be first: each core hands on its own lines.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            events = aws.logs.filter_log_events(logGroupName=group)["events"]
        except aws.logs.exceptions.ResourceNotFoundException:
            events = []
        if len(events) >= count:
            return [event["message"] for event in events]
        assert time.monotonic() < deadline, f"{len(events)} of {count} lines in {group}"
        time.sleep(0.05)
