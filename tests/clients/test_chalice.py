"""chalice, unmodified: an app is deployed, deployed again after a change, called, and deleted. It finds the gateway as
it would find AWS, by the environment."""

import json
import subprocess
import sys

import pytest

from harness.process import clean_environment

APP = '''
from chalice import BadRequestError, Chalice, CORSConfig, NotFoundError, Response

app = Chalice(app_name="shop")


@app.route("/")
def index():
    return {"hello": "world"}


@app.route("/items/{name}", methods=["GET", "PUT"], cors=CORSConfig(allow_origin="https://shop.example.com"))
def item(name):
    request = app.current_request
    if name == "nothing":
        raise NotFoundError("no such item")
    return {"name": name, "method": request.method, "query": dict(request.query_params or {}), "body": request.json_body}


@app.route("/text", content_types=["text/plain"], methods=["POST"])
def text():
    return Response(body=app.current_request.raw_body.decode().upper(), status_code=201,
                    headers={"Content-Type": "text/plain"})
'''

MORE = '''

@app.route("/more/{proxy+}")
def more():
    return {"rest": app.current_request.uri_params["proxy"]}
'''

CORS = {
    "access-control-allow-origin": "https://shop.example.com",
    "access-control-allow-methods": "GET,PUT,OPTIONS",
    "access-control-allow-headers": "Authorization,Content-Type,X-Amz-Date,X-Amz-Security-Token,X-Api-Key",
}


class Project:
    """An app in a folder, and the chalice that deploys it."""

    def __init__(self, aws, folder):
        self.folder = folder
        (folder / ".chalice").mkdir(parents=True)
        config = {"version": "2.0", "app_name": "shop", "stages": {"dev": {"api_gateway_stage": "api"}}}
        (folder / ".chalice" / "config.json").write_text(json.dumps(config))
        (folder / "requirements.txt").touch()
        self.environment = clean_environment(
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION=aws.region,
            AWS_ENDPOINT_URL=aws.endpoint,
            HOME=str(folder),
        )

    def __call__(self, *arguments):
        # Its executable is a script beside the interpreter; the module is the same anywhere.
        run = subprocess.run(
            [sys.executable, "-c", "from chalice.cli import main; main()", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, run.stdout
        return run.stdout

    @property
    def api(self):
        resources = json.loads((self.folder / ".chalice/deployed/dev.json").read_text())["resources"]
        [found] = [resource["rest_api_id"] for resource in resources if resource["resource_type"] == "rest_api"]
        return found


@pytest.fixture
def project(aws, tmp_path):
    return Project(aws, tmp_path / "shop")


def test_an_app_is_deployed_changed_called_and_deleted(aws, project, call):
    (project.folder / "app.py").write_text(APP)
    assert "Creating Rest API" in project("deploy")
    api = project.api

    def ask(method, path, headers=(), body=b""):
        return call(method, f"/_aws/execute-api/{api}/api{path}", headers, body)

    assert (ask("GET", "/").status, ask("GET", "/").json) == (200, {"hello": "world"})
    reply = ask("PUT", "/items/tea?size=2", {"Content-Type": "application/json"}, b'{"hot": true}')
    assert reply.json == {"name": "tea", "method": "PUT", "query": {"size": "2"}, "body": {"hot": True}}
    assert reply.header("access-control-allow-origin") == "https://shop.example.com"
    reply = ask("GET", "/items/nothing")
    assert (reply.status, reply.json) == (404, {"Code": "NotFoundError", "Message": "no such item"})
    reply = ask("POST", "/text", {"Content-Type": "text/plain"}, b"loud")
    assert (reply.status, reply.header("content-type"), reply.text) == (201, "text/plain", "LOUD")
    # Answered by the gateway, from the MOCK integration that chalice writes.
    reply = ask("OPTIONS", "/items/tea")
    assert (reply.status, {name: reply.header(name) for name in CORS}) == (200, CORS)
    missing = {"message": "Missing Authentication Token"}
    assert (ask("GET", "/more/a/b").status, ask("GET", "/more/a/b").json) == (403, missing)

    (project.folder / "app.py").write_text(APP + MORE)
    assert "Updating rest API" in project("deploy")
    assert project.api == api
    assert ask("GET", "/more/a/b").json == {"rest": "a/b"}
    assert ask("GET", "/").json == {"hello": "world"}

    project("delete")
    assert aws.client("apigateway").get_rest_apis()["items"] == []
    assert aws.client("lambda").list_functions()["Functions"] == []
    assert (ask("GET", "/").status, ask("GET", "/").json) == (403, {"message": "Forbidden"})
