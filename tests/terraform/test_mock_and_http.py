"""A mock and an HTTP backend, from nothing to traffic, to a change, to nothing."""

from harness import wire


def test_the_whole_life(terraform, backend):
    shop = terraform("mock_and_http", backend=backend.url, greeting="hello")
    shop.init()
    shop.apply()
    assert shop.plans_no_change()

    api, endpoint = shop.output("api"), shop.aws.endpoint
    assert shop.output("url") == f"https://{api}.execute-api.us-west-2.amazonaws.com/live"

    def get(path):
        host = f"{api}.execute-api.us-west-2.amazonaws.com"
        return wire.send(endpoint, "GET", "/live" + path, {"Host": host})

    listed = get("/articles")
    assert (listed.status, listed.json, listed.header("X-Greeting")) == (200, {"articles": []}, "hello")
    assert get("/articles/7").json == {"from": "backend"}
    assert backend.last.target == "/stock/7"
    assert backend.last.header("x-amzn-apigateway-api-id") == api

    assert shop.output("exported") == "application/octet-stream"
    assert shop.imports_everything()

    shop.variables["greeting"] = "good-day"
    shop.apply()
    assert shop.plans_no_change()
    assert get("/articles").header("X-Greeting") == "good-day"

    shop.destroy()
    assert get("/articles").status == 403
