"""Every kind of integration, and resources that are renamed and moved: from nothing to a change to nothing."""


def test_the_whole_life(terraform):
    pets = terraform("integrations", word="hello")
    pets.init()
    pets.apply()
    assert pets.plans_no_change()
    assert pets.output("dog") is True
    assert pets.imports_everything()
    pets.variables["word"] = "goodbye"
    pets.apply()
    assert pets.plans_no_change()
    client = pets.aws.apigateway
    [api] = [api["id"] for api in client.get_rest_apis(limit=500)["items"] if api["name"] == "integrations"]
    paths = [resource["path"] for resource in client.get_resources(restApiId=api)["items"]]
    assert sorted(paths) == ["/", "/pets-goodbye", "/pets-goodbye/dogs", "/pets-goodbye/dogs/{dog}"]
    pets.destroy()
