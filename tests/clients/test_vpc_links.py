"""VpcLink: create, get, list, update, delete. Recorded from AWS unless said otherwise."""

import pytest

from harness.account import ACCOUNT, answer, bad_request, not_found, patch, status

UNKNOWN = "Invalid Vpc Link identifier specified"


@pytest.fixture
def nlb(aws):
    """The ARN of a network load balancer."""
    return f"arn:aws:elasticloadbalancing:{aws.region}:{ACCOUNT}:loadbalancer/net/my-nlb/50dc6c495c0c9188"


@pytest.fixture
def link(apigateway, nlb):
    return apigateway.create_vpc_link(name="l", targetArns=[nlb])["id"]


def test_a_new_link_is_pending_and_then_available(apigateway, nlb):
    created = apigateway.create_vpc_link(name="l", targetArns=[nlb])
    assert status(created) == 202
    created = answer(created)
    assert created == {"id": created["id"], "name": "l", "targetArns": [nlb], "status": "PENDING"}
    ready = {**created, "status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"}
    assert answer(apigateway.get_vpc_link(vpcLinkId=created["id"])) == {**ready, "tags": {}}
    assert apigateway.get_vpc_links()["items"] == [ready]


def test_what_is_given_is_answered(apigateway, nlb):
    given = {"name": "n", "description": "d", "targetArns": [nlb], "tags": {"env": "demo"}}
    link = apigateway.create_vpc_link(**given)["id"]
    got = answer(apigateway.get_vpc_link(vpcLinkId=link))
    assert {member: got[member] for member in given} == given


def test_bad_settings_are_refused(apigateway, nlb):
    with bad_request("Invalid ARN. ARN is not well formed invalid-arn"):
        apigateway.create_vpc_link(name="l", targetArns=["invalid-arn"])
    with bad_request("Name cannot be empty"):
        apigateway.create_vpc_link(name="", targetArns=[nlb])
    # Seen in reports of AWS's users.
    with bad_request("More than one target arn specified for vpc link."):
        apigateway.create_vpc_link(name="l", targetArns=[nlb, nlb])


def test_a_link_to_another_kind_of_load_balancer_fails(apigateway, nlb):
    """Seen in reports of AWS's users."""
    link = apigateway.create_vpc_link(name="l", targetArns=[nlb.replace("/net/", "/app/")])["id"]
    got = apigateway.get_vpc_link(vpcLinkId=link)
    assert (got["status"], got["statusMessage"]) == ("FAILED", "NLB ARN is malformed")


def test_name_and_description_are_replaced(apigateway, nlb, link):
    for path, value in (("/name", "n"), ("/description", "d")):
        updated = apigateway.update_vpc_link(vpcLinkId=link, patchOperations=[patch("replace", path, value)])
        assert status(updated) == 200
        assert updated[path[1:]] == value
        assert answer(updated) == answer(apigateway.get_vpc_link(vpcLinkId=link))
    with bad_request("Name cannot be empty"):
        apigateway.update_vpc_link(vpcLinkId=link, patchOperations=[patch("replace", "/name", "")])
    # Seen in reports of AWS's users.
    with bad_request("Target arns are not allowed to be changed/added."):
        apigateway.update_vpc_link(vpcLinkId=link, patchOperations=[patch("add", "/targetArns", nlb)])


def test_tags_change_by_arn(aws, apigateway, link):
    arn = aws.arn(f"/vpclinks/{link}")
    apigateway.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    apigateway.untag_resource(resourceArn=arn, tagKeys=["b"])
    assert apigateway.get_vpc_link(vpcLinkId=link)["tags"] == {"a": "1"}


def test_a_deleted_link_is_gone(apigateway, link):
    assert status(apigateway.delete_vpc_link(vpcLinkId=link)) == 202
    for call in (apigateway.get_vpc_link, apigateway.update_vpc_link, apigateway.delete_vpc_link):
        with not_found(UNKNOWN):
            call(vpcLinkId=link)


def test_a_link_in_use_stays(api, link):
    """Seen in reports of AWS's users."""
    api.method("/")
    api.integration(
        "/",
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri="http://backend.internal/",
        connectionType="VPC_LINK",
        connectionId=link,
    )
    with bad_request(
        f"Cannot delete vpc link. Vpc link '{link}', is referenced in [{api.id}:GET:{api.root}] "
        "in format of [RESTApiId:Method:Resource]."
    ):
        api.client.delete_vpc_link(vpcLinkId=link)
    api.client.delete_integration(**api.at("/"))
    api.client.delete_vpc_link(vpcLinkId=link)


def test_pages_add_up(apigateway, nlb):
    made = [apigateway.create_vpc_link(name=str(n), targetArns=[nlb])["id"] for n in range(3)]
    first = apigateway.get_vpc_links(limit=2)
    second = apigateway.get_vpc_links(limit=2, position=first["position"])
    assert [link["id"] for link in first["items"] + second["items"]] == made
