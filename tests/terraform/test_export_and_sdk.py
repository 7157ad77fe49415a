"""The data sources of exports and SDKs: read, unchanged by a second reading, changed by a deployment."""

import json
import re


def test_the_whole_life(terraform):
    shop = terraform("export_and_sdk", title="first")
    shop.init()
    shop.run("validate", "-no-color")
    shop.apply()
    assert shop.plans_no_change()
    plain = json.loads(shop.output("plain"))
    assert (plain["openapi"], plain["info"]["title"], list(plain["paths"])) == ("3.0.1", "first", ["/"])
    # YAML is asked for, but AWS's SDK for Go puts `Accept: application/json` over whatever it is given.
    whole = json.loads(shop.output("whole"))
    assert whole["swagger"] == "2.0"
    assert whole["paths"]["/"]["get"]["x-amazon-apigateway-integration"]["type"] == "mock"
    assert shop.output("archives") == ["PK", "PK"]
    facts = shop.output("facts")
    assert {kind for kind, _ in facts} == {"application/octet-stream"}
    names = [
        r"oas30_[\d:TZ-]+\.json",
        r"swagger_[\d:TZ-]+\.json",
        r"javascript_[\d_Z-]+\.zip",
        r"java_[\d_Z-]+\.zip",
    ]
    for name, (_, disposition) in zip(names, facts, strict=True):
        assert re.fullmatch(f'attachment; filename="{name}"', disposition), disposition

    shop.resources()

    shop.variables["title"] = "second"
    shop.apply()
    assert shop.plans_no_change()
    assert json.loads(shop.output("plain"))["info"]["title"] == "second"
    shop.destroy()
