"""DomainNameAccessAssociation: create, list, delete, reject. Shapes and rules: API Gateway developer guide, "Custom
domain names for private APIs" and the pages on its providers and consumers. The texts are not recorded. What one
account does with another's domain names is tested beside the code: these clients have one account."""

import re

import pytest

from harness.account import ACCOUNT, answer, bad_request, conflict, not_found, refused, status
from harness.certificates import issued

NAME = "private.example.com"
UNKNOWN = "Invalid domain name access association identifier specified"


def private(aws):
    return aws.apigateway.create_domain_name(
        domainName=NAME, certificateArn=issued(aws, NAME), endpointConfiguration={"types": ["PRIVATE"]}
    )


@pytest.fixture
def domain(aws):
    return private(aws)


@pytest.fixture
def create(aws, domain):
    def make(source="vpce-abcd1234efg", **settings):
        return aws.apigateway.create_domain_name_access_association(
            **{
                "domainNameArn": domain["domainNameArn"],
                "accessAssociationSource": source,
                "accessAssociationSourceType": "VPCE",
                **settings,
            }
        )

    return make


def listed(aws, **owner):
    return aws.apigateway.get_domain_name_access_associations(**owner)["items"]


def test_an_association_is_answered_as_it_is(aws, domain, create):
    made = create(tags={"a": "1"})
    assert status(made) == 201
    arn = (
        f"arn:aws:apigateway:{aws.region}:{ACCOUNT}:/domainnameaccessassociations/domainname/{NAME}+"
        f"{domain['domainNameId']}/vpcesource/vpce-abcd1234efg"
    )
    expected = {
        "domainNameAccessAssociationArn": arn,
        "domainNameArn": domain["domainNameArn"],
        "accessAssociationSourceType": "VPCE",
        "accessAssociationSource": "vpce-abcd1234efg",
        "tags": {"a": "1"},
    }
    assert answer(made) == expected
    assert listed(aws) == listed(aws, resourceOwner="SELF") == [expected]
    assert listed(aws, resourceOwner="OTHER_ACCOUNTS") == []
    aws.apigateway.tag_resource(resourceArn=arn, tags={"b": "2"})
    aws.apigateway.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert aws.apigateway.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    assert listed(aws)[0]["tags"] == {"b": "2"}


def test_only_endpoints_reach_only_private_names(aws, domain, create):
    for source in ("vpc-1", "vpce-", "vpce-A", "vpce-a/b"):
        with bad_request(f"Invalid access association source specified: {source}"):
            create(source)
    for arn in ("x", aws.arn(f"/domainnames/{NAME}"), aws.elsewhere().arn("/domainnames/a+b")):
        with bad_request("Invalid ARN specified in the request"):
            create(domainNameArn=arn)
    with bad_request("Invalid domain name identifier specified"):
        create(domainNameArn=domain["domainNameArn"] + "x")
    with refused(400, "ValidationException", re.compile(".*Member must satisfy enum value set: \\[VPCE\\]")):
        create(accessAssociationSourceType="VPC")
    assert listed(aws) == []


def test_anothers_domain_name_is_not_reached(domain, create):
    foreign = domain["domainNameArn"].replace(ACCOUNT, "111111111111")
    with refused(
        403,
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: apigateway:CreateAccessAssociation on "
        f"resource: {foreign}",
    ):
        create(domainNameArn=foreign)


def test_an_endpoint_reaches_one_domain_name_of_a_name(aws, create):
    create()
    taken = (
        "A domain name access association already exists for this domain name and access association source"
    )
    with conflict(taken):
        create()
    with conflict(taken):
        create(domainNameArn=private(aws)["domainNameArn"])
    create("vpce-2")
    assert [item["accessAssociationSource"] for item in listed(aws)] == ["vpce-abcd1234efg", "vpce-2"]


def test_an_association_keeps_its_domain_name(aws, domain, create):
    arn = create()["domainNameAccessAssociationArn"]
    named = {"domainName": NAME, "domainNameId": domain["domainNameId"]}
    with bad_request(
        f"Deleting domain name {NAME} failed. Please remove all domain name access associations of the domain name."
    ):
        aws.apigateway.delete_domain_name(**named)
    delete = aws.apigateway.delete_domain_name_access_association
    assert status(delete(domainNameAccessAssociationArn=arn)) == 202
    with not_found(UNKNOWN):
        delete(domainNameAccessAssociationArn=arn)
    with not_found(UNKNOWN):
        delete(domainNameAccessAssociationArn="x")
    aws.apigateway.delete_domain_name(**named)


def test_an_owner_rejects_associations(aws, domain, create):
    arn = create()["domainNameAccessAssociationArn"]
    reject = aws.apigateway.reject_domain_name_access_association
    with not_found("Invalid domain name identifier specified"):
        reject(domainNameAccessAssociationArn=arn, domainNameArn=aws.arn(f"/domainnames/{NAME}"))
    with not_found(UNKNOWN):
        reject(domainNameAccessAssociationArn=arn, domainNameArn=private(aws)["domainNameArn"])
    assert status(reject(domainNameAccessAssociationArn=arn, domainNameArn=domain["domainNameArn"])) == 202
    assert listed(aws) == []


def test_pages_add_up(aws, create):
    made = [create(f"vpce-{n}")["accessAssociationSource"] for n in range(3)]
    first = aws.apigateway.get_domain_name_access_associations(limit=2)
    second = aws.apigateway.get_domain_name_access_associations(limit=2, position=first["position"])
    assert "position" not in second
    assert [item["accessAssociationSource"] for item in first["items"] + second["items"]] == made
