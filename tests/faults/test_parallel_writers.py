"""Many clients that change one API at the same time: no update is lost, no tree is corrupted, and whoever comes too
late is told so in AWS's words. Then the same with `kill -9` in the middle."""

import random
import threading

import botocore.exceptions
import pytest

from harness.account import Aws, patch
from harness.definitions import RestApi
from harness.process import Gateway

REGION = "us-fault-1"
WRITERS = 8

#: What a writer of the tree may be answered because another was there before it. Recorded from AWS.
TOO_LATE = {
    ("NotFoundException", "Invalid Resource identifier specified"),
    ("BadRequestException", "Resources cannot be cyclical."),
}


@pytest.fixture
def own_gateway(tmp_path):
    with Gateway("--data-dir", tmp_path) as running:
        yield running


def in_parallel(endpoint, work):
    """Runs `work(client, number)` in as many threads as there are writers; raises what one of them raised."""
    failures = []

    def run(number):
        try:
            work(Aws(endpoint, REGION).apigateway, number)
        except BaseException as failure:  # noqa: BLE001 (it is raised again, in the test's own thread)
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def tree(client, api):
    """The resources by id, read in one page."""
    return {item["id"]: item for item in client.get_resources(restApiId=api, limit=500)["items"]}


def assert_is_a_tree(resources):
    """Every resource hangs below the root, its path is its parent's and its own part, and no two share a path."""
    for resource in resources.values():
        if "parentId" not in resource:
            assert resource["path"] == "/"
            continue
        parent = resources[resource["parentId"]]
        assert resource["path"] == f"{parent['path'].rstrip('/')}/{resource['pathPart']}"
    paths = [resource["path"] for resource in resources.values()]
    assert len(set(paths)) == len(paths)
    assert paths.count("/") == 1


def test_no_update_of_one_thing_is_lost(own_gateway):
    """Each writer patches what nobody else does, but all of it is in the same few documents."""
    api = RestApi(Aws(own_gateway.endpoint, REGION))
    api.mock("/", body="ok")
    api.deploy()
    api.client.put_method_response(**api.at("/"), statusCode="201")
    method, rounds = api.at("/"), range(6)

    def work(client, number):
        for turn in rounds:
            mine = f"w{number}-{turn}"
            client.update_rest_api(restApiId=api.id, patchOperations=[patch("add", f"/binaryMediaTypes/image~1{mine}")])
            client.update_method(
                **method, patchOperations=[patch("add", f"/requestParameters/method.request.header.{mine}", "true")]
            )
            client.update_integration(**method, patchOperations=[patch("add", f"/requestTemplates/text~1{mine}", mine)])
            client.update_method_response(
                **method,
                statusCode="201",
                patchOperations=[patch("add", f"/responseParameters/method.response.header.{mine}", "false")],
            )
            variable = mine.replace("-", "_")
            client.update_stage(
                restApiId=api.id, stageName="test", patchOperations=[patch("replace", f"/variables/{variable}", mine)]
            )
            client.tag_resource(resourceArn=api.aws.arn(f"/restapis/{api.id}"), tags={mine: str(turn)})

    in_parallel(own_gateway.endpoint, work)

    marks = {f"w{number}-{turn}" for number in range(WRITERS) for turn in rounds}
    got = api.client.get_rest_api(restApiId=api.id)
    assert {kind.removeprefix("image/") for kind in got["binaryMediaTypes"]} == marks
    assert set(got["tags"]) == marks
    found = api.client.get_method(**method)
    assert {name.rpartition(".")[2] for name in found["requestParameters"]} == marks
    templates = found["methodIntegration"]["requestTemplates"]
    assert {kind.removeprefix("text/") for kind in templates if kind.startswith("text/")} == marks
    headers = found["methodResponses"]["201"]["responseParameters"]
    assert {name.rpartition(".")[2] for name in headers} == marks
    assert set(api.client.get_stage(restApiId=api.id, stageName="test")["variables"].values()) == marks


def test_of_many_that_create_the_same_thing_one_does(own_gateway):
    api = RestApi(Aws(own_gateway.endpoint, REGION))
    made, refused = [], []

    def work(client, number):
        for turn in range(20):
            try:
                client.create_resource(restApiId=api.id, parentId=api.root, pathPart=f"part-{turn}")
                made.append(turn)
            except botocore.exceptions.ClientError as error:
                refused.append((turn, error.response["Error"]["Code"], error.response["Error"]["Message"]))

    in_parallel(own_gateway.endpoint, work)
    assert sorted(made) == list(range(20))
    # Recorded from AWS.
    text = "Another resource with the same parent already has this name: part-{}"
    assert sorted(refused) == sorted(
        (turn, "ConflictException", text.format(turn)) for turn in range(20) for _ in range(WRITERS - 1)
    )
    assert_is_a_tree(tree(api.client, api.id))


def shake(client, api, root, chance, steps):
    """Makes, renames, moves and deletes resources wherever chance has it, whatever the others do meanwhile. Yields
    each kind of change that was done."""
    for step in range(steps):
        there = list(tree(client, api).values())
        below = [item["id"] for item in there if item["id"] != root]
        part = f"p{chance.randrange(12)}"
        try:
            what = chance.choice(("create", "create", "rename", "move", "method", "delete"))
            if what == "create" or not below:
                client.create_resource(restApiId=api, parentId=chance.choice(there)["id"], pathPart=part)
            elif what == "rename":
                change = [patch("replace", "/pathPart", part)]
                client.update_resource(restApiId=api, resourceId=chance.choice(below), patchOperations=change)
            elif what == "move":
                change = [patch("replace", "/parentId", chance.choice(there)["id"])]
                client.update_resource(restApiId=api, resourceId=chance.choice(below), patchOperations=change)
            elif what == "method":
                place = {"restApiId": api, "resourceId": chance.choice(below), "httpMethod": "GET"}
                client.put_method(**place, authorizationType="NONE")
            elif step % 3 == 0:
                client.delete_resource(restApiId=api, resourceId=chance.choice(below))
            yield what
        except botocore.exceptions.ClientError as error:
            said = (error.response["Error"]["Code"], error.response["Error"]["Message"])
            taken = said[0] == "ConflictException" and said[1].startswith(
                ("Another resource with the same parent already has this name: ", "Method already exists for this resource")
            )
            assert said in TOO_LATE or taken, said


def test_a_tree_that_all_change_stays_a_tree(own_gateway):
    api = RestApi(Aws(own_gateway.endpoint, REGION))
    done = []

    def work(client, number):
        done.extend(shake(client, api.id, api.root, random.Random(number), steps=40))

    in_parallel(own_gateway.endpoint, work)
    assert set(done) == {"create", "rename", "move", "method", "delete"}
    assert_is_a_tree(tree(api.client, api.id))


#: A change to a definition, and where it is read back. `{mine}` is the writer's mark.
CHANGES = (
    (
        lambda c, api, mine: c.create_resource(restApiId=api.id, parentId=api.root, pathPart=mine),
        lambda c, api: {item.get("pathPart") for item in c.get_resources(restApiId=api.id, limit=500)["items"]},
    ),
    (
        lambda c, api, mine: c.create_model(
            restApiId=api.id, name=mine.replace("-", ""), contentType="application/json", schema='{"type": "object"}'
        ),
        lambda c, api: {item["name"] for item in c.get_models(restApiId=api.id, limit=500)["items"]},
    ),
    (
        lambda c, api, mine: c.create_deployment(restApiId=api.id, description=mine),
        lambda c, api: {item.get("description") for item in c.get_deployments(restApiId=api.id, limit=500)["items"]},
    ),
    (
        lambda c, api, mine: c.update_stage(
            restApiId=api.id,
            stageName="test",
            patchOperations=[patch("replace", f"/variables/{mine.replace('-', '_')}", mine)],
        ),
        lambda c, api: set(c.get_stage(restApiId=api.id, stageName="test").get("variables", {}).values()),
    ),
    (
        lambda c, api, mine: c.create_documentation_part(
            restApiId=api.id, location={"type": "RESOURCE", "path": f"/{mine}"}, properties='{"description": "d"}'
        ),
        lambda c, api: {
            item["location"].get("path", "/").removeprefix("/")
            for item in c.get_documentation_parts(restApiId=api.id, limit=500)["items"]
        },
    ),
    (
        lambda c, api, mine: c.create_api_key(name=mine),
        lambda c, api: {item["name"] for item in c.get_api_keys(limit=500)["items"]},
    ),
    (
        lambda c, api, mine: c.create_usage_plan(name=mine),
        lambda c, api: {item["name"] for item in c.get_usage_plans(limit=500)["items"]},
    ),
)


def test_changes_of_every_kind_survive_a_kill(tmp_path):
    """Of each kind of change, whatever was answered before the kill is there after it."""
    gateway = Gateway("--data-dir", tmp_path)
    api = RestApi(Aws(gateway.endpoint, REGION))
    api.mock("/", body="ok")
    api.deploy()
    answered = [[] for _ in CHANGES]
    enough = threading.Event()

    def write(number):
        client = Aws(gateway.endpoint, REGION).apigateway
        # Within the limits of what is changed: a stage has at most 100 variables.
        for turn in range(25):
            for (change, _), marks in zip(CHANGES, answered):
                mine = f"w{number}-{turn}"
                try:
                    change(client, api, mine)
                except botocore.exceptions.BotoCoreError:
                    return
                marks.append(mine)
            if turn >= 5:
                enough.set()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    gateway.kill()
    for thread in threads:
        thread.join()
    with Gateway("--data-dir", tmp_path) as again:
        client = Aws(again.endpoint, REGION).apigateway
        for (_, read), marks in zip(CHANGES, answered):
            there = {str(mark).replace("-", "") for mark in read(client, api)}
            assert marks
            assert {mark.replace("-", "") for mark in marks} - there == set()
        assert_is_a_tree(tree(client, api.id))
