"""HTTP APIs in a few lines, defined through the same calls that any client makes."""


class HttpApi:
    """An API in the making, with one stage that deploys itself: `$default`, unless the test names another."""

    def __init__(self, aws, name="api", stage="$default", **settings):
        self.aws = aws
        self.client = aws.client("apigatewayv2")
        self.id = self.client.create_api(Name=name, ProtocolType="HTTP", **settings)["ApiId"]
        self.stage = stage
        if stage:
            self.add_stage(stage)

    def add_stage(self, name, **settings):
        self.client.create_stage(ApiId=self.id, StageName=name, **{"AutoDeploy": True, **settings})

    def integration(self, **settings):
        """The id of a new integration."""
        return self.client.create_integration(ApiId=self.id, **settings)["IntegrationId"]

    def route(self, key, integration=None, **settings):
        """A route; `integration` is an id or the arguments of a new one. Its id."""
        if isinstance(integration, dict):
            integration = self.integration(**integration)
        target = {"Target": f"integrations/{integration}"} if integration else {}
        return self.client.create_route(ApiId=self.id, RouteKey=key, **target, **settings)["RouteId"]

    def http(self, key, uri, method="ANY", request=None, response=None, integration=None, **settings):
        """A route to an HTTP backend. `request` and `response` are its mapped parameters."""
        mapped = {"RequestParameters": request} if request else {}
        mapped |= {"ResponseParameters": response} if response else {}
        made = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": method, "IntegrationUri": uri}
        return self.route(key, {**made, **mapped, **(integration or {})}, **settings)

    def function(self, key, arn, version="2.0", integration=None, **settings):
        """A route to a function."""
        made = {"IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": version}
        return self.route(key, {**made, **(integration or {})}, **settings)

    def path(self, path="/", stage=None):
        """The target that reaches `path` by the path form of the URL."""
        stage = self.stage if stage is None else stage
        return f"/_aws/execute-api/{self.id}{'' if stage == '$default' else '/' + stage}{path}"

    def host(self, region=None):
        """The host form of the URL."""
        return f"{self.id}.execute-api.{region or self.aws.region}.localhost"

    def source_arn(self, rest="*/*"):
        return f"arn:aws:execute-api:{self.aws.region}:000000000000:{self.id}/{rest}"
