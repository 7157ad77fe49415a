"""HTTP and WebSocket APIs: from nothing to a change to nothing."""


def routes(terraform, api):
    items = terraform.aws.client("apigatewayv2").get_routes(ApiId=api)["Items"]
    return sorted(item["RouteKey"] for item in items)


def test_the_whole_life(terraform):
    apis = terraform("http_apis", grown="false")
    apis.init()
    apis.apply()
    assert apis.plans_no_change()
    assert len(apis.resources()) == 39
    assert sorted(apis.output("document")["paths"]) == ["/$default", "/items/{id}"]
    ids = apis.output("apis")
    assert (routes(apis, ids["quick"]), routes(apis, ids["file"])) == (["$default"], ["GET /a"])
    apis.variables["grown"] = "true"
    # The provider makes a quick create anew to lead it elsewhere.
    apis.apply(replaced=("aws_apigatewayv2_api",))
    assert apis.plans_no_change()
    assert routes(apis, ids["file"]) == ["GET /b"]
    client = apis.aws.client("apigatewayv2")
    stage = client.get_stage(ApiId=ids["items"], StageName="$default")
    assert (stage["StageVariables"], stage["RouteSettings"]) == ({"size": "large"}, {})
    apis.destroy()
