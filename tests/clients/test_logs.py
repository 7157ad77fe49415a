"""CloudWatch Logs: groups, streams, events. Shapes and texts from its API reference and its answers."""

import re
import time

import pytest

from harness.account import ACCOUNT, answer, refused

NO_GROUP = "The specified log group does not exist."
NO_STREAM = "The specified log stream does not exist."


@pytest.fixture
def now():
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


@pytest.fixture
def stream(aws):
    """The arguments that name a stream of a group."""
    place = {"logGroupName": "/pets", "logStreamName": "one"}
    aws.logs.create_log_group(logGroupName="/pets")
    aws.logs.create_log_stream(**place)
    return place


def gone(message):
    return refused(400, "ResourceNotFoundException", message)


class TestGroups:
    def test_a_group_and_its_arns(self, aws, now):
        aws.logs.create_log_group(logGroupName="/pets", tags={"team": "zoo"})
        [group] = aws.logs.describe_log_groups()["logGroups"]
        arn = f"arn:aws:logs:{aws.region}:{ACCOUNT}:log-group:/pets"
        assert (group["logGroupName"], group["arn"], group["logGroupArn"]) == ("/pets", arn + ":*", arn)
        assert (group["storedBytes"], group["metricFilterCount"]) == (0, 0)
        assert abs(group["creationTime"] - now) < 60_000
        assert "retentionInDays" not in group
        assert aws.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "zoo"}

    def test_a_name_is_taken_once(self, aws):
        aws.logs.create_log_group(logGroupName="/pets")
        with refused(400, "ResourceAlreadyExistsException", "The specified log group already exists"):
            aws.logs.create_log_group(logGroupName="/pets")

    def test_retention(self, aws):
        aws.logs.create_log_group(logGroupName="/pets")
        aws.logs.put_retention_policy(logGroupName="/pets", retentionInDays=7)
        assert aws.logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
        with refused(400, "InvalidParameterException", re.compile(".+", re.DOTALL)):
            aws.logs.put_retention_policy(logGroupName="/pets", retentionInDays=8)

    def test_prefix_and_pages(self, aws):
        for name in ("/a/1", "/a/2", "/a/3", "/b"):
            aws.logs.create_log_group(logGroupName=name)
        pages = aws.logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix="/a", PaginationConfig={"PageSize": 2}
        )
        assert [g["logGroupName"] for page in pages for g in page["logGroups"]] == ["/a/1", "/a/2", "/a/3"]

    def test_delete_takes_everything_along(self, aws, stream, now):
        aws.logs.put_log_events(**stream, logEvents=[{"timestamp": now, "message": "old"}])
        aws.logs.delete_log_group(logGroupName="/pets")
        assert aws.logs.describe_log_groups()["logGroups"] == []
        aws.logs.create_log_group(logGroupName="/pets")
        assert aws.logs.describe_log_streams(logGroupName="/pets")["logStreams"] == []

    def test_an_unknown_group(self, aws, now):
        logs, place = aws.logs, {"logGroupName": "nope", "logStreamName": "one"}
        for call in (
            lambda: logs.delete_log_group(logGroupName="nope"),
            lambda: logs.put_retention_policy(logGroupName="nope", retentionInDays=7),
            lambda: logs.create_log_stream(**place),
            lambda: logs.describe_log_streams(logGroupName="nope"),
            lambda: logs.get_log_events(**place),
            lambda: logs.filter_log_events(logGroupName="nope"),
            lambda: logs.put_log_events(**place, logEvents=[{"timestamp": now, "message": "x"}]),
        ):
            with gone(NO_GROUP):
                call()

    @pytest.mark.parametrize("name", ["", "a" * 513, "with space", "with?"])
    def test_names_that_are_refused(self, aws, name):
        with refused(400, "InvalidParameterException", re.compile(".*logGroupName.*", re.DOTALL)):
            aws.logs.create_log_group(logGroupName=name)


class TestStreamsAndEvents:
    def test_a_name_is_taken_once(self, aws, stream):
        with refused(400, "ResourceAlreadyExistsException", "The specified log stream already exists"):
            aws.logs.create_log_stream(**stream)

    def test_an_unknown_stream(self, aws, stream, now):
        place = {**stream, "logStreamName": "nope"}
        with gone(NO_STREAM):
            aws.logs.get_log_events(**place)
        with gone(NO_STREAM):
            aws.logs.put_log_events(**place, logEvents=[{"timestamp": now, "message": "x"}])

    def test_events_are_written_and_read(self, aws, stream, now):
        events = [{"timestamp": now + n, "message": f"line {n}"} for n in range(5)]
        assert "nextSequenceToken" in aws.logs.put_log_events(**stream, logEvents=events)
        got = aws.logs.get_log_events(**stream, startFromHead=True)
        assert [(event["timestamp"], event["message"]) for event in got["events"]] == [
            (event["timestamp"], event["message"]) for event in events
        ]
        assert all(event["ingestionTime"] for event in got["events"])
        [described] = aws.logs.describe_log_streams(logGroupName="/pets")["logStreams"]
        assert (described["firstEventTimestamp"], described["lastEventTimestamp"]) == (now, now + 4)
        assert described["arn"].endswith(":log-group:/pets:log-stream:one")

    def test_reading_page_by_page(self, aws, stream, now):
        events = [{"timestamp": now + n, "message": f"line {n}"} for n in range(5)]
        aws.logs.put_log_events(**stream, logEvents=events)
        seen, token = [], None
        while True:
            page = aws.logs.get_log_events(
                **stream, startFromHead=True, limit=2, **({"nextToken": token} if token else {})
            )
            seen += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        assert seen == [f"line {n}" for n in range(5)]
        latest = answer(aws.logs.get_log_events(**stream, limit=2))
        assert [event["message"] for event in latest["events"]] == ["line 3", "line 4"]
        earlier = aws.logs.get_log_events(**stream, limit=2, nextToken=latest["nextBackwardToken"])
        assert [event["message"] for event in earlier["events"]] == ["line 1", "line 2"]

    def test_filters(self, aws, stream, now):
        messages = ["START", "error: cat", "error: dog", "END"]
        events = [{"timestamp": now + n, "message": text} for n, text in enumerate(messages)]
        aws.logs.put_log_events(**stream, logEvents=events)

        def found(**filters):
            return [event["message"] for event in aws.logs.filter_log_events(logGroupName="/pets", **filters)["events"]]

        assert found() == messages
        assert found(filterPattern="error") == ["error: cat", "error: dog"]
        assert found(filterPattern="error dog") == ["error: dog"]
        assert found(filterPattern='"error: cat"') == ["error: cat"]
        assert found(startTime=now + 1, endTime=now + 2) == ["error: cat", "error: dog"]
        assert found(logStreamNamePrefix="on") == messages
        assert found(logStreamNames=["one"], limit=1) == ["START"]

    def test_events_must_be_in_order(self, aws, stream, now):
        with refused(400, "InvalidParameterException", re.compile(".*chronological.*")):
            aws.logs.put_log_events(
                **stream,
                logEvents=[{"timestamp": now, "message": "late"}, {"timestamp": now - 10, "message": "early"}],
            )
