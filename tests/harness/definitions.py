"""REST APIs in a few lines, defined through the same calls that any client makes."""

import botocore.exceptions

OK = '{"statusCode": 200}'


class RestApi:
    """An API in the making. Paths are given whole; parents are made as they are needed."""

    def __init__(self, aws, name="api", **settings):
        self.aws = aws
        self.client = aws.client("apigateway")
        created = self.client.create_rest_api(name=name, **settings)
        self.id = created["id"]
        self.root = created["rootResourceId"]
        self._ids = {"/": self.root}

    def resource(self, path):
        """The id of the resource at `path`."""
        if path not in self._ids:
            parent, _, part = path.rpartition("/")
            made = self.client.create_resource(
                restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part
            )
            self._ids[path] = made["id"]
        return self._ids[path]

    def at(self, path, method="GET"):
        """The arguments that name a method."""
        return {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}

    def method(self, path, method="GET", **settings):
        return self.client.put_method(**self.at(path, method), **{"authorizationType": "NONE", **settings})

    def integration(self, path, method="GET", **settings):
        return self.client.put_integration(**self.at(path, method), **settings)

    def reply(self, path, method="GET", status="200", headers=None, method_headers=(), **settings):
        """A method response and its integration response. `headers` maps method response headers to sources."""
        names = [*(headers or {}), *method_headers]
        self.client.put_method_response(
            **self.at(path, method),
            statusCode=status,
            **({"responseParameters": {f"method.response.header.{n}": False for n in names}} if names else {}),
        )
        if headers:
            settings["responseParameters"] = {f"method.response.header.{n}": v for n, v in headers.items()}
        return self.client.put_integration_response(**self.at(path, method), statusCode=status, **settings)

    def answer(self, path, body, method="GET"):
        """Gives a method that has its response 200 another body."""
        self.client.put_integration_response(
            **self.at(path, method), statusCode="200", responseTemplates={"application/json": body}
        )

    def mock(self, path, method="GET", body=None, status="200", headers=None, **settings):
        """A MOCK method that answers `body`."""
        self.method(path, method, **settings)
        self.integration(path, method, type="MOCK", requestTemplates={"application/json": OK})
        templates = {} if body is None else {"responseTemplates": {"application/json": body}}
        self.reply(path, method, status, headers, **templates)

    def http_proxy(self, path, uri, method="GET", backend_method=None, parameters=None, **settings):
        """An HTTP_PROXY method. `parameters` are the integration's; the method declares what they read."""
        parameters = parameters or {}
        declared = {source: False for source in parameters.values() if source.startswith("method.request.")}
        self.method(path, method, requestParameters=declared)
        self.integration(
            path,
            method,
            type="HTTP_PROXY",
            integrationHttpMethod=backend_method or method,
            uri=uri,
            requestParameters=parameters,
            **settings,
        )

    def http(self, path, uri, method="GET", backend_method=None, **settings):
        """An HTTP method without responses; `reply` adds them."""
        self.method(path, method)
        self.integration(path, method, type="HTTP", integrationHttpMethod=backend_method or method, uri=uri, **settings)

    def function_proxy(self, path, function_arn, method="ANY", **settings):
        """An AWS_PROXY method that invokes a Lambda function."""
        self.method(path, method)
        self.integration(
            path,
            method,
            **{"type": "AWS_PROXY", "integrationHttpMethod": "POST", **settings},
            uri=invocation_uri(self.aws.region, function_arn, settings.get("responseTransferMode")),
        )

    def deploy(self, stage="test", **settings):
        """Deploys to `stage`; returns the deployment's id."""
        return self.client.create_deployment(restApiId=self.id, stageName=stage, **settings)["id"]

    def path(self, path="/", stage="test"):
        """The target that reaches `path` by the path form of the URL."""
        return f"/_aws/execute-api/{self.id}/{stage}{path}"

    def source_arn(self, rest="*/*"):
        return f"arn:aws:execute-api:{self.aws.region}:000000000000:{self.id}/{rest}"


def invocation_uri(region, function_arn, transfer_mode=None):
    """The integration URI that invokes a function, or has it stream its answer."""
    version, action = "2015-03-31", "invocations"
    if transfer_mode == "STREAM":
        version, action = "2021-11-15", "response-streaming-invocations"
    return f"arn:aws:apigateway:{region}:lambda:path/{version}/functions/{function_arn}/{action}"


def create(aws, name):
    """Whether an API was created, or the caller told to try again."""
    try:
        aws.apigateway.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]}, description="x" * 900)
    except botocore.exceptions.ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503, error
        return False
    return True


def names(aws):
    """The names of all REST APIs."""
    pages = aws.apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
    return {item["name"] for page in pages for item in page["items"]}
