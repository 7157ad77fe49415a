"""`kill -9`, again and again, under everything at once: what was answered is there afterwards, and nothing is half."""

import contextlib
import threading

import botocore.exceptions

from harness import functions, wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.process import Gateway

REGION = "us-fault-1"
ROUNDS = 4
GONE = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError, EOFError)


class Load:
    """Everything at once, from a thread each; `answered` is what was, by kind."""

    def __init__(self, endpoint, round_, key, target):
        self.endpoint, self.round, self.key, self.target = endpoint, round_, key, target
        self.answered = {"apis": [], "stages": [], "events": [], "functions": [], "sent": 0, "counted": 0, "told": 0}
        self._progress = threading.Condition()
        self._used = used(Aws(endpoint, REGION), *key[2:])
        works = [self.create, self.deploy, self.log, self.functions, self.ask, self.ask, self.look]
        self.threads = [threading.Thread(target=self._until_gone, args=(work,)) for work in works]
        for thread in self.threads:
            thread.start()

    def _until_gone(self, work):
        aws = Aws(self.endpoint, REGION)
        with contextlib.suppress(*GONE):
            for number in range(10_000):
                work(aws, f"{self.round}-{number}")
                with self._progress:
                    self._progress.notify_all()

    def create(self, aws, name):
        aws.apigateway.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
        self.answered["apis"].append(name)
        if int(name.partition("-")[2]) >= 100:
            raise OSError("enough")

    def deploy(self, aws, name):
        self.deploying = getattr(self, "deploying", None) or RestApi(aws, f"deployed-{self.round}")
        if int(name.partition("-")[2]) == 0:
            self.deploying.mock("/", body="in")
        if int(name.partition("-")[2]) > 9:
            raise OSError("enough")
        stage = f"s{name.replace('-', '_')}"
        self.deploying.deploy(stage)
        self.answered["stages"].append((self.deploying.path("/", stage)))

    def log(self, aws, name):
        if name.endswith("-0"):
            aws.logs.create_log_stream(logGroupName="/kept", logStreamName=f"round-{self.round}")
        aws.logs.put_log_events(
            logGroupName="/kept",
            logStreamName=f"round-{self.round}",
            logEvents=[{"timestamp": 1_795_884_000_000, "message": name}],
        )
        self.answered["events"].append(name)

    def functions(self, aws, name):
        if int(name.partition("-")[2]) > 9:
            raise OSError("enough")
        source = f"def handler(e, c):\n    return {name!r}\n"
        functions.function(aws, source, name=f"f-{name}", Role=f"arn:aws:iam::000000000000:role/{self.key[1]}")
        self.answered["functions"].append(name)

    def ask(self, aws, name):
        self.answered["sent"] += 1
        reply = wire.send(self.endpoint, "GET", self.target, {"x-api-key": self.key[0]})
        assert reply.status == 200, reply
        self.answered["counted"] += 1

    def look(self, aws, name):
        """How much is used, by what was told last."""
        self.answered["told"] = used(aws, *self.key[2:])

    def underway(self):
        """Waits until something of every kind was answered, and some of this round's use was told."""
        with self._progress:
            kinds = ("apis", "stages", "events", "functions", "counted")
            assert self._progress.wait_for(
                lambda: all(self.answered[kind] for kind in kinds) and self.answered["told"] > self._used, 60
            ), self.answered

    def ended(self):
        for thread in self.threads:
            thread.join(60)
        return self.answered


def used(aws, plan, key):
    usage = aws.apigateway.get_usage(usagePlanId=plan, keyId=key, startDate="2026-11-01", endDate="2027-01-25")
    return sum(day[0] for days in usage["items"].values() for day in days)


def test_what_was_answered_outlives_any_number_of_kills(tmp_path):
    gateway = Gateway("--data-dir", tmp_path)
    aws = Aws(gateway.endpoint, REGION)
    role = functions.role(aws).rpartition("/")[2]
    aws.logs.create_log_group(logGroupName="/kept")
    api = RestApi(aws, "metered")
    api.mock("/", body="in", apiKeyRequired=True)
    api.deploy()
    key = aws.apigateway.create_api_key(name="key", enabled=True)
    stages = [{"apiId": api.id, "stage": "test"}]
    quota = {"limit": 1_000_000, "period": "MONTH"}
    plan = aws.apigateway.create_usage_plan(name="plan", apiStages=stages, quota=quota)["id"]
    aws.apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    rounds = []
    for number in range(ROUNDS):
        load = Load(gateway.endpoint, number, (key["value"], role, plan, key["id"]), api.path("/"))
        load.underway()
        gateway.kill()
        rounds.append(load.ended())
        gateway = Gateway("--data-dir", tmp_path)
        aws = Aws(gateway.endpoint, REGION)
        # What a crash can lose is what was counted within a second or so; what was told is in the store.
        counted = used(aws, plan, key["id"])
        assert rounds[-1]["told"] <= counted <= sum(one["sent"] for one in rounds)
    pages = aws.apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
    there = [item["name"] for page in pages for item in page["items"]]
    for number, one in enumerate(rounds):
        assert set(one["apis"]) <= set(there)
        for target in one["stages"]:
            assert wire.send(gateway.endpoint, "GET", target).text == "in", target
        pages = aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName="/kept", logStreamNames=[f"round-{number}"]
        )
        events = [event["message"] for page in pages for event in page["events"]]
        # Each once; the one that was under way may be there.
        assert len(events) == len(set(events))
        assert set(one["events"]) <= set(events)
        assert len(events) - len(one["events"]) <= 1
        for name in one["functions"]:
            _, answer = functions.invoke(aws, f"f-{name}")
            assert answer == name
    assert len(there) == len(set(there))
    gateway.stop()
