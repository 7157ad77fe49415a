"""APIs from OpenAPI files: imported, overwritten, merged and put."""


def paths(terraform, api):
    client = terraform.aws.client("apigateway")
    return sorted(item["path"] for item in client.get_resources(restApiId=api)["items"])


def test_the_whole_life(terraform, call):
    apis = terraform("openapi", grown="false", put="/carts")
    apis.init()
    apis.apply()
    assert apis.plans_no_change()
    pets, shop, _ = apis.output("api")
    assert paths(apis, pets) == ["/", "/pets"]
    assert paths(apis, shop) == ["/", "/carts"]
    assert call("GET", f"/_aws/execute-api/{pets}/live/pets").status == 200

    apis.variables.update(grown="true", put="/bills")
    # A put is made anew to be repeated.
    apis.apply(replaced=("aws_api_gateway_deployment", "aws_api_gateway_rest_api_put"))
    assert apis.plans_no_change()
    # Merged: what was there stays, and the base path is in front of what is new.
    assert paths(apis, pets) == ["/", "/pets", "/v1", "/v1/dogs", "/v1/pets"]
    assert paths(apis, shop) == ["/", "/bills"]
    assert call("GET", f"/_aws/execute-api/{pets}/live/v1/dogs").status == 200

    apis.variables["put"] = ""
    apis.apply()
    assert apis.imports_everything()
    apis.destroy()
