"""Who changes the APIs during a soak, and expects that each change counts as soon as it is answered."""

import itertools
import json

from harness.account import patch
from harness.definitions import OK
from harness.functions import source_package

from .everything import FUNCTION
from .visitors import Visitors

#: So many deployments of the REST API are kept.
DEPLOYMENTS = 5


class Owners(Visitors):
    """Visitors who call AWS operations. Each change is tried at once."""

    def deploys(self):
        """A new answer of one method, live when the deployment is answered."""
        api, number = self.all.rest, next(self._numbers)
        if not hasattr(self._own, "deployments"):
            self._own.deployments = []
            api.mock("/version", body='"none"')
        api.answer("/version", f'"{number}"')
        self._own.deployments.append(api.deploy())
        if len(self._own.deployments) > DEPLOYMENTS:
            api.client.delete_deployment(restApiId=api.id, deploymentId=self._own.deployments.pop(0))
        self._is("deployment", self.ask("after a deployment", api.path("/version")), f'"{number}"'.encode())

    def changes_stage(self):
        variables = [patch("replace", "/variables/colour", f"c{next(self._numbers)}"),
                     patch("replace", "/*/*/logging/loglevel", next(self._levels))]
        self.all.rest.client.update_stage(restApiId=self.all.rest.id, stageName="test", patchOperations=variables)
        self.tally.add("stage changed", "well", ("well",))

    _levels = itertools.cycle(["INFO", "ERROR", "INFO", "OFF"])

    def flushes(self):
        self.all.rest.client.flush_stage_cache(restApiId=self.all.rest.id, stageName="test")
        self.tally.add("cache flushed", "well", ("well",))

    def changes_keys(self):
        """A key counts as long as it is there."""
        identifier, value = self.all.new_key()
        target, headers = self.all.rest.path("/proxied/a"), {"x-api-key": value}
        self.ask("a new key", target, headers=headers)
        enabled = [patch("replace", "/enabled", "false")]
        self.all.aws.apigateway.update_api_key(apiKey=identifier, patchOperations=enabled)
        self.ask("a disabled key", target, (403,), headers=headers)
        self.all.aws.apigateway.delete_api_key(apiKey=identifier)
        self.ask("a deleted key", target, (403,), headers=headers)

    def changes_http_api(self):
        """A route that comes and goes, on a stage that deploys itself."""
        api, url = self.all.http, self.all.backend.url
        made = api.integration(IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=f"{url}/changed",
                               PayloadFormatVersion="1.0")
        route = api.route("GET /changing/here", made)
        answer = self.ask("a new route", api.path("/changing/here"))
        self._is("new route", json.loads(answer or "{}").get("path"), "/changed")
        api.client.delete_route(ApiId=api.id, RouteId=route)
        api.client.delete_integration(ApiId=api.id, IntegrationId=made)

    def changes_function(self):
        """The same code again, for which new processes start."""
        again = source_package(f"{FUNCTION}\n# {next(self._numbers)}\n", "python3.12")
        self.all.aws.functions.update_function_code(FunctionName=self.all.function, ZipFile=again)
        self.tally.add("function updated", "well", ("well",))

    def makes_and_drops(self):
        """A whole API that is deployed, asked and deleted."""
        gateway = self.all.aws.apigateway
        made = gateway.create_rest_api(name="passing")
        place = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
        gateway.put_method(**place, authorizationType="NONE")
        gateway.put_integration(**place, type="MOCK", requestTemplates={"application/json": OK})
        gateway.put_method_response(**place, statusCode="200")
        gateway.put_integration_response(**place, statusCode="200", responseTemplates={"application/json": '"passing"'})
        tried = gateway.test_invoke_method(**place)["status"]
        self.tally.add("test invocation", tried, (200,))
        gateway.create_deployment(restApiId=made["id"], stageName="test")
        target = f"/_aws/execute-api/{made['id']}/test/"
        self.ask("a passing API", target)
        gateway.get_export(restApiId=made["id"], stageName="test", exportType="oas30")["body"].read()
        gateway.delete_rest_api(restApiId=made["id"])
        self.ask("a deleted API", target, (403, 404))

    def reads_logs(self):
        logs = self.all.aws.logs
        found = logs.filter_log_events(logGroupName="/soak/access", limit=100)["events"]
        self.tally.add("access log read", "lines" if found else "empty", ("lines",))

    def _is(self, who, got, expected):
        self.tally.add(who, "live" if got == expected else "old", ("live",), f"{got!r}, not {expected!r}")

    SECONDS_BETWEEN = {
        deploys: 6, changes_stage: 9, flushes: 20, changes_keys: 5, changes_http_api: 7, changes_function: 45,
        makes_and_drops: 8, reads_logs: 15,
    }
