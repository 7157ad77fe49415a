"""Resource: the tree of paths. Results and texts are recorded from AWS."""

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, status

UNKNOWN = "Invalid Resource identifier specified"


@pytest.fixture
def tree(api):
    """/pets/{petId}/toys and /dogs."""
    for path in ("/pets/{petId}/toys", "/dogs"):
        api.resource(path)
    return api


def paths(api):
    listed = api.client.get_resources(restApiId=api.id, limit=500)["items"]
    return sorted(item["path"] for item in listed)


def update(api, path, *operations):
    return answer(
        api.client.update_resource(
            restApiId=api.id, resourceId=api.resource(path), patchOperations=list(operations)
        )
    )


def test_a_new_api_has_a_root_and_nothing_else(api):
    listed = answer(api.client.get_resources(restApiId=api.id))
    assert listed == {"items": [{"id": api.root, "path": "/"}]}
    assert answer(api.client.get_resource(restApiId=api.id, resourceId=api.root)) == {"id": api.root, "path": "/"}


def test_a_child_knows_its_parent_its_part_and_its_path(api):
    created = api.client.create_resource(restApiId=api.id, parentId=api.root, pathPart="pets")
    assert status(created) == 201
    assert answer(created) == {"id": created["id"], "parentId": api.root, "pathPart": "pets", "path": "/pets"}
    got = api.client.get_resource(restApiId=api.id, resourceId=created["id"])
    assert answer(got) == answer(created)


def test_methods_show_as_empty_objects_unless_they_are_asked_for(api):
    api.mock("/pets", "GET")
    pets = api.resource("/pets")
    assert api.client.get_resource(restApiId=api.id, resourceId=pets)["resourceMethods"] == {"GET": {}}
    by_path = {item["path"]: item for item in api.client.get_resources(restApiId=api.id)["items"]}
    assert by_path["/pets"]["resourceMethods"] == {"GET": {}}
    assert "resourceMethods" not in by_path["/"]
    whole = api.client.get_resource(restApiId=api.id, resourceId=pets, embed=["methods"])
    assert whole["resourceMethods"]["GET"]["authorizationType"] == "NONE"
    assert whole["resourceMethods"]["GET"]["methodIntegration"]["type"] == "MOCK"
    listed = api.client.get_resources(restApiId=api.id, embed=["methods"])["items"]
    by_path = {item["path"]: item for item in listed}
    assert by_path["/pets"]["resourceMethods"]["GET"]["httpMethod"] == "GET"


def test_renaming_rewrites_the_paths_below(tree):
    renamed = update(tree, "/pets", patch("replace", "/pathPart", "animals"))
    assert (renamed["pathPart"], renamed["path"]) == ("animals", "/animals")
    assert paths(tree) == ["/", "/animals", "/animals/{petId}", "/animals/{petId}/toys", "/dogs"]


def test_moving_rewrites_the_paths_below(tree):
    moved = update(tree, "/pets", patch("replace", "/parentId", tree.resource("/dogs")))
    assert (moved["parentId"], moved["path"]) == (tree.resource("/dogs"), "/dogs/pets")
    assert paths(tree) == ["/", "/dogs", "/dogs/pets", "/dogs/pets/{petId}", "/dogs/pets/{petId}/toys"]


def test_deleting_takes_everything_below_along(tree):
    assert status(tree.client.delete_resource(restApiId=tree.id, resourceId=tree.resource("/pets"))) == 202
    assert paths(tree) == ["/", "/dogs"]
    with not_found(UNKNOWN):
        tree.client.delete_resource(restApiId=tree.id, resourceId=tree.resource("/pets/{petId}"))


def test_unknown_ids(api):
    client, rename = api.client, [patch("replace", "/pathPart", "x")]
    for call in (
        lambda: client.get_resource(restApiId=api.id, resourceId="nope12"),
        lambda: client.update_resource(restApiId=api.id, resourceId="nope12", patchOperations=rename),
        lambda: client.delete_resource(restApiId=api.id, resourceId="nope12"),
        lambda: client.create_resource(restApiId=api.id, parentId="nope12", pathPart="x"),
        lambda: client.create_resource(restApiId="nothere123", parentId="nope12", pathPart="x"),
        lambda: client.get_resource(restApiId="nothere123", resourceId="nope12"),
        lambda: update(api, "/pets", patch("replace", "/parentId", "nope12")),
    ):
        with not_found(UNKNOWN):
            call()


@pytest.mark.parametrize(
    ("path", "operation", "message"),
    [
        (
            "/pets",
            patch("replace", "/invalid", "x"),
            "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        ),
        (
            "/pets",
            patch("add", "/pathPart", "x"),
            "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations",
        ),
        (
            "/pets",
            patch("remove", "/pathPart"),
            "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
        ),
        ("/", patch("replace", "/pathPart", "x"), "Root resource cannot update its pathPart."),
        ("/", patch("replace", "/parentId", "x"), "Root resource cannot update its parentId."),
    ],
)
def test_patches_that_are_refused(tree, path, operation, message):
    with bad_request(message):
        update(tree, path, operation)
    assert paths(tree) == ["/", "/dogs", "/pets", "/pets/{petId}", "/pets/{petId}/toys"]


def test_a_resource_cannot_move_below_itself(tree):
    with bad_request("Resources cannot be cyclical."):
        update(tree, "/pets", patch("replace", "/parentId", tree.resource("/pets/{petId}/toys")))


def test_siblings_have_different_names(tree):
    taken = "Another resource with the same parent already has this name: pets"
    with conflict(taken):
        tree.client.create_resource(restApiId=tree.id, parentId=tree.root, pathPart="pets")
    with conflict(taken):
        update(tree, "/dogs", patch("replace", "/pathPart", "pets"))
    below = tree.client.create_resource(restApiId=tree.id, parentId=tree.resource("/dogs"), pathPart="pets")
    with conflict(taken):
        tree.client.update_resource(
            restApiId=tree.id, resourceId=below["id"], patchOperations=[patch("replace", "/parentId", tree.root)]
        )


def test_one_variable_sibling_only(api):
    api.resource("/pets")
    api.resource("/{proxy+}")
    with bad_request(
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed"
    ):
        api.resource("/{petId}")


def test_a_variable_may_stand_beside_fixed_names(api):
    api.resource("/{child}")
    api.resource("/pets")
    assert paths(api) == ["/", "/pets", "/{child}"]


def test_nothing_grows_below_a_greedy_variable(api):
    api.resource("/{child+}")
    with bad_request("Cannot create a child of a resource with a greedy path variable: {child+}"):
        api.resource("/{child+}/more")


@pytest.mark.parametrize("part", ["pets", "pets.json", "a-b_c", "a:b", "{petId}", "{proxy+}"])
def test_path_parts_that_are_taken(api, part):
    created = api.client.create_resource(restApiId=api.id, parentId=api.root, pathPart=part)
    assert (created["pathPart"], created["path"]) == (part, "/" + part)


@pytest.mark.parametrize("part", ["a/b", "{petId", "petId}", "a{petId}", "{}", "{a}{b}", "{proxy+}x", "a b", "a?b"])
def test_path_parts_that_are_not(api, part):
    # API Gateway developer guide: letters, digits and ._-: or one variable in braces.
    with pytest.raises(api.client.exceptions.BadRequestException):
        api.client.create_resource(restApiId=api.id, parentId=api.root, pathPart=part)
    assert paths(api) == ["/"]
