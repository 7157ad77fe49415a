"""DomainName: create, get, list, update, delete. Shapes: API Gateway API reference and developer guide. Texts without
a remark are seen in reports of AWS's users. Public names are unique in a region, and so are regions to a test; names
at the edge are unique everywhere, so those that are used here have the test's region in them."""

import datetime
import re

import pytest

from harness.account import ACCOUNT, Aws, answer, bad_request, not_found, patch, status
from harness.certificates import imported, issued, make

NAME = "api.example.com"
UNKNOWN = "Invalid domain name identifier specified"
POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke",'
    '"Resource":"execute-api:/*"}]}'
)


@pytest.fixture
def east(gateway):
    """Where certificates of edge-optimized endpoints are."""
    return Aws(gateway.endpoint, "us-east-1")


@pytest.fixture
def edge_name(aws):
    return f"{aws.region}.edge.example.com"


def regional(aws, name=NAME, **settings):
    settings = {"regionalCertificateArn": settings.pop("arn", None) or issued(aws, name), **settings}
    return aws.apigateway.create_domain_name(
        domainName=name, **{"endpointConfiguration": {"types": ["REGIONAL"]}, **settings}
    )


def private(aws, name=NAME, **settings):
    settings = {"certificateArn": settings.pop("arn", None) or issued(aws, name), **settings}
    return aws.apigateway.create_domain_name(
        domainName=name, **{"endpointConfiguration": {"types": ["PRIVATE"]}, **settings}
    )


def update(aws, *operations, name=NAME, **more):
    return aws.apigateway.update_domain_name(domainName=name, patchOperations=list(operations), **more)


def without_date(response):
    shown = answer(response)
    assert isinstance(shown.pop("certificateUploadDate"), datetime.datetime)
    return shown


def test_a_regional_domain_name_has_awss_defaults(aws):
    arn = issued(aws, NAME)
    made = regional(aws, arn=arn)
    assert status(made) == 201
    created = without_date(made)
    address = created["regionalDomainName"]
    assert re.fullmatch(rf"d-[a-z0-9]{{10}}\.execute-api\.{aws.region}\.amazonaws\.com", address)
    assert created == {
        "domainName": NAME,
        "domainNameArn": aws.arn(f"/domainnames/{NAME}"),
        "regionalDomainName": address,
        "regionalHostedZoneId": "Z1UJRXOUMOOFQ8",
        "regionalCertificateArn": arn,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    }
    assert without_date(aws.apigateway.get_domain_name(domainName=NAME)) == {**created, "tags": {}}
    [item] = aws.apigateway.get_domain_names()["items"]
    assert without_date(item) == created


def test_what_is_given_is_answered(aws):
    given = {
        "regionalCertificateName": "mine",
        "regionalCertificateArn": imported(aws, NAME),
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
        "tags": {"env": "demo"},
        "securityPolicy": "TLS_1_2",
        "endpointAccessMode": "STRICT",
        "mutualTlsAuthentication": {"truststoreUri": "s3://bucket/key.pem", "truststoreVersion": "7"},
        "ownershipVerificationCertificateArn": issued(aws, NAME),
        "routingMode": "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
    }
    aws.apigateway.create_domain_name(domainName=NAME, **given)
    got = aws.apigateway.get_domain_name(domainName=NAME)
    assert {member: got[member] for member in given} == given


def test_an_edge_optimized_domain_name_has_a_distribution(aws, east, edge_name):
    arn = issued(east, edge_name)
    made = aws.apigateway.create_domain_name(
        domainName=edge_name, certificateName="c", certificateArn=arn, securityPolicy="TLS_1_0"
    )
    created = without_date(made)
    assert re.fullmatch(r"d[a-z0-9]{13}\.cloudfront\.net", created["distributionDomainName"])
    assert created == {
        "domainName": edge_name,
        "domainNameArn": aws.arn(f"/domainnames/{edge_name}"),
        "certificateName": "c",
        "certificateArn": arn,
        "distributionDomainName": created["distributionDomainName"],
        "distributionHostedZoneId": "Z2FDTNDATAQYW2",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_0",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    }
    with bad_request(
        "The domain name you provided is already associated with an existing CloudFront distribution. Remove the "
        "domain name from the existing CloudFront distribution or use a different domain name. If you own this domain "
        "name and are not using it on an existing CloudFront distribution, please contact support."
    ):
        aws.elsewhere().apigateway.create_domain_name(domainName=edge_name, certificateArn=arn)
    assert status(aws.apigateway.delete_domain_name(domainName=edge_name)) == 202
    east.acm.delete_certificate(CertificateArn=arn)


def test_a_certificate_can_be_uploaded(aws, edge_name):
    made = make([edge_name])
    created = aws.apigateway.create_domain_name(
        domainName=edge_name, certificateName="mine", certificateBody=made.pem, certificatePrivateKey=made.key_pem
    )
    assert created["certificateName"] == "mine"
    assert "certificateArn" not in created and "PRIVATE KEY" not in str(created)
    # The texts are ACM's.
    with bad_request("The certificate and the private key do not match."):
        aws.apigateway.create_domain_name(
            domainName=f"b.{edge_name}",
            certificateName="mine",
            certificateBody=made.pem,
            certificatePrivateKey=make([edge_name]).key_pem,
        )


def test_a_private_domain_name_has_an_id(aws):
    arn = issued(aws, NAME)
    made = private(aws, arn=arn, policy=POLICY, tags={"a": "1"})
    created = without_date(made)
    domain_id = created["domainNameId"]
    assert created == {
        "domainName": NAME,
        "domainNameId": domain_id,
        "domainNameArn": f"arn:aws:apigateway:{aws.region}:{ACCOUNT}:/domainnames/{NAME}+{domain_id}",
        "certificateArn": arn,
        "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "dualstack"},
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2",
        "tags": {"a": "1"},
        "policy": POLICY,
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    }
    with not_found(UNKNOWN):
        aws.apigateway.get_domain_name(domainName=NAME)
    got = aws.apigateway.get_domain_name(domainName=NAME, domainNameId=domain_id)
    assert without_date(got) == created
    # Private names need not be unique; without an id the public one is meant.
    private(aws)
    regional(aws)
    assert len(aws.apigateway.get_domain_names()["items"]) == 3
    assert aws.apigateway.get_domain_name(domainName=NAME)["endpointConfiguration"]["types"] == ["REGIONAL"]
    aws.apigateway.delete_domain_name(domainName=NAME, domainNameId=domain_id)
    assert len(aws.apigateway.get_domain_names()["items"]) == 2


def test_certificates_are_where_they_belong(aws, east, edge_name):
    here, there = issued(aws, NAME), issued(east, NAME)
    with bad_request(f"Invalid certificate ARN: {there}. Certificate must be in '{aws.region}'."):
        regional(aws, arn=there)
    with bad_request(f"Invalid certificate ARN: {here}. Certificate must be in 'us-east-1'."):
        aws.apigateway.create_domain_name(domainName=NAME, certificateArn=here)
    with bad_request("Cross-account certificate references are not allowed."):
        regional(aws, arn=here.replace(ACCOUNT, "111111111111"))
    with bad_request("The certificate provided must be owned by the account creating the domain."):
        regional(aws, arn=f"arn:aws:acm:{aws.region}:{ACCOUNT}:certificate/nothing")
    other = issued(east, "b.example.com")
    with bad_request(
        f"Unable to associate certificate {other} with CloudFront. This error may prevent the domain name {edge_name} "
        "from being used in API Gateway for up to 40 minutes. Please ensure the certificate domain name matches the "
        "requested domain name, and that this user has permission to call cloudfront:UpdateDistribution on '*' "
        "resources."
    ):
        aws.apigateway.create_domain_name(domainName=edge_name, certificateArn=other)
    # Not recorded.
    with bad_request("The domain name to be created is not covered by the provided certificate."):
        regional(aws, arn=issued(aws, "b.example.com"))
    for arn in (there, other):
        east.acm.delete_certificate(CertificateArn=arn)


def test_each_endpoint_has_a_certificate_and_no_other_has(aws, east):
    create = aws.apigateway.create_domain_name
    with bad_request("A certificate was not provided for the endpoint type EDGE."):
        create(domainName=NAME)
    for kind in ("REGIONAL", "PRIVATE"):
        with bad_request(f"A certificate was not provided for the endpoint type {kind}."):
            create(domainName=NAME, endpointConfiguration={"types": [kind]})
    here = issued(aws, NAME)
    with bad_request("Cannot import certificates for EDGE while REGIONAL is active."):
        create(domainName=NAME, certificateArn=here, endpointConfiguration={"types": ["REGIONAL"]})
    for kind in ("EDGE", "PRIVATE"):
        with bad_request(f"Cannot import certificates for REGIONAL while {kind} is active."):
            create(domainName=NAME, regionalCertificateArn=here, endpointConfiguration={"types": [kind]})


def test_endpoints_that_cannot_be_are_refused(aws):
    """Texts recorded from AWS for APIs."""
    for endpoints, text in (
        ({"types": []}, "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."),
        ({"types": ["EDGE", "REGIONAL"]}, "Cannot create an api with multiple Endpoint Types."),
        (
            {"types": ["REGIONAL"], "vpcEndpointIds": ["vpce-1"]},
            "VPCEndpoints can only be specified with PRIVATE apis.",
        ),
    ):
        with bad_request(text):
            regional(aws, endpointConfiguration=endpoints)
    with bad_request("Only dualstack ipAddressType is supported for Private APIs."):
        private(aws, endpointConfiguration={"types": ["PRIVATE"], "ipAddressType": "ipv4"})


@pytest.mark.parametrize("name", ["example", "API.example.com", "a..example.com", "a_b.example.com", "a.*.example.com"])
def test_what_is_no_host_name_is_refused(aws, name):
    """Names: API Gateway developer guide, "Custom domain name for public REST APIs". The text is not recorded."""
    with bad_request(f"Invalid domain name specified: {name}"):
        regional(aws, name, arn=issued(aws, NAME))


def test_a_public_name_is_had_once(aws):
    regional(aws)
    with bad_request("The domain name you provided already exists."):
        regional(aws)
    regional(aws.elsewhere())


def test_a_wildcard_needs_an_issued_certificate(aws):
    """API Gateway developer guide, "Custom domain name for public REST APIs". The text is not recorded."""
    with bad_request("A wildcard custom domain name requires a certificate issued by ACM."):
        regional(aws, "*.example.com", arn=imported(aws, "*.example.com"))
    regional(aws, "*.example.com")
    regional(aws)
    assert aws.apigateway.get_domain_name(domainName="*.example.com")["domainName"] == "*.example.com"


def test_security_policies_go_with_endpoints(aws):
    """API Gateway developer guide, "Security policies for REST APIs". The texts are not recorded."""
    policy = "SecurityPolicy_TLS13_1_3_2025_09"
    with bad_request(f"endpointAccessMode must be specified with the security policy {policy}."):
        regional(aws, securityPolicy=policy)
    with bad_request(
        "The security policy SecurityPolicy_TLS13_2025_EDGE is not supported for the endpoint type REGIONAL."
    ):
        regional(aws, securityPolicy="SecurityPolicy_TLS13_2025_EDGE", endpointAccessMode="STRICT")
    with bad_request("The security policy TLS_1_0 is not supported for the endpoint type PRIVATE."):
        private(aws, securityPolicy="TLS_1_0")
    assert regional(aws, securityPolicy=policy, endpointAccessMode="STRICT")["securityPolicy"] == policy


def test_mutual_tls_needs_a_truststore_and_an_owner(aws):
    """API Gateway developer guide, "Configuring mutual TLS authentication for a REST API". But for the second, the
    texts are not recorded."""
    store = {"truststoreUri": "s3://bucket/key.pem"}
    with bad_request("Invalid truststoreUri specified. It must have the form s3://bucket-name/key-name."):
        regional(aws, mutualTlsAuthentication={"truststoreUri": "https://bucket/key.pem"})
    with bad_request("Missing ownershipVerificationCertificate."):
        regional(aws, arn=imported(aws, NAME), mutualTlsAuthentication=store)
    with bad_request("mutualTlsAuthentication can only be specified with REGIONAL domain names."):
        private(aws, mutualTlsAuthentication=store)
    with bad_request("mutualTlsAuthentication requires the security policy TLS_1_2."):
        regional(aws, mutualTlsAuthentication=store, securityPolicy="TLS_1_0")
    assert regional(aws, mutualTlsAuthentication=store)["mutualTlsAuthentication"] == store


def test_policies_are_for_private_names(aws):
    """But for the second, which is that of APIs, the texts are not recorded."""
    with bad_request("policy can only be specified with PRIVATE domain names."):
        regional(aws, policy=POLICY)
    with bad_request(
        "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
    ):
        private(aws, policy="{}")


def test_settings_are_patched(aws):
    """API Gateway API reference, "Patch Operations"."""
    regional(aws)
    arn, uri = issued(aws, NAME), "/mutualTlsAuthentication/truststoreUri"
    version, owner = "/mutualTlsAuthentication/truststoreVersion", "/ownershipVerificationCertificateArn"
    for operation, member, expected in (
        (patch("replace", "/regionalCertificateArn", arn), "regionalCertificateArn", arn),
        (patch("add", "/regionalCertificateName", "n"), "regionalCertificateName", "n"),
        (patch("remove", "/regionalCertificateName"), "regionalCertificateName", None),
        (patch("replace", "/routingMode", "ROUTING_RULE_ONLY"), "routingMode", "ROUTING_RULE_ONLY"),
        (patch("replace", "/securityPolicy", "TLS_1_0"), "securityPolicy", "TLS_1_0"),
        (patch("replace", "/securityPolicy", "TLS_1_2"), "securityPolicy", "TLS_1_2"),
        (patch("replace", "/endpointAccessMode", "BASIC"), "endpointAccessMode", "BASIC"),
        (
            patch("replace", "/endpointConfiguration/ipAddressType", "dualstack"),
            "endpointConfiguration",
            {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
        ),
        (patch("add", uri, "s3://b/k"), "mutualTlsAuthentication", {"truststoreUri": "s3://b/k"}),
        (
            patch("replace", version, "2"),
            "mutualTlsAuthentication",
            {"truststoreUri": "s3://b/k", "truststoreVersion": "2"},
        ),
        (patch("add", owner, arn), "ownershipVerificationCertificateArn", arn),
        (patch("remove", owner), "ownershipVerificationCertificateArn", None),
        (patch("remove", uri), "mutualTlsAuthentication", None),
    ):
        updated = update(aws, operation)
        assert status(updated) == 200
        assert updated.get(member) == expected, operation
        assert answer(updated) == answer(aws.apigateway.get_domain_name(domainName=NAME))


def test_what_cannot_be_patched_is_refused(aws):
    """The forms are those that are recorded for other collections."""
    regional(aws)
    with bad_request(
        "Invalid patch path  '/domainName' specified for op 'replace'. Must be one of: [/certificateName, "
        "/certificateArn, /endpointConfiguration/types, /endpointConfiguration/types/{type}, "
        "/endpointConfiguration/ipAddressType, /endpointAccessMode, /managementPolicy, "
        "/mutualTlsAuthentication/truststoreUri, /mutualTlsAuthentication/truststoreVersion, /policy, "
        "/regionalCertificateName, /regionalCertificateArn, /routingMode, /securityPolicy, "
        "/ownershipVerificationCertificateArn]"
    ):
        update(aws, patch("replace", "/domainName", "b.example.com"))
    for path in ("/routingMode", "/securityPolicy", "/endpointAccessMode", "/policy", "/managementPolicy"):
        for op in ("add", "remove"):
            with bad_request(
                f"Invalid patch path  '{path}' specified for op '{op}'. Please choose supported operations"
            ):
                update(aws, patch(op, path, "x"))
    with bad_request("Invalid routingMode specified. Valid options are BASE_PATH_MAPPING_ONLY,ROUTING_RULE_ONLY,"
                     "ROUTING_RULE_THEN_BASE_PATH_MAPPING"):
        update(aws, patch("replace", "/routingMode", "x"))
    with bad_request("/endpointConfiguration/types/0 Invalid request input"):
        update(aws, patch("replace", "/endpointConfiguration/types/0", "PRIVATE"))
    with bad_request("managementPolicy can only be specified with PRIVATE domain names."):
        update(aws, patch("replace", "/managementPolicy", POLICY))


def test_a_domain_name_moves_between_edge_and_region(aws, east, edge_name):
    """API Gateway developer guide, "Migrate a custom domain name to a different type of API endpoint"."""
    regional(aws, edge_name)
    arn = issued(east, edge_name)
    both = update(
        aws,
        patch("add", "/endpointConfiguration/types", "EDGE"),
        patch("add", "/certificateName", "edge-cert"),
        patch("add", "/certificateArn", arn),
        name=edge_name,
    )
    assert both["endpointConfiguration"]["types"] == ["REGIONAL", "EDGE"]
    assert both["certificateName"] == "edge-cert"
    assert "regionalDomainName" in both and "distributionDomainName" in both
    only = update(
        aws,
        patch("remove", "/endpointConfiguration/types", "REGIONAL"),
        patch("remove", "/regionalCertificateArn"),
        name=edge_name,
    )
    assert only["endpointConfiguration"]["types"] == ["EDGE"]
    assert only["distributionDomainName"] == both["distributionDomainName"]
    assert "regionalDomainName" not in only and "regionalHostedZoneId" not in only
    with bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."):
        update(aws, patch("remove", "/endpointConfiguration/types", "EDGE"), name=edge_name)
    aws.apigateway.delete_domain_name(domainName=edge_name)


def test_private_policies_are_patched(aws):
    domain_id = private(aws)["domainNameId"]
    for member in ("policy", "managementPolicy"):
        updated = update(aws, patch("replace", f"/{member}", POLICY), domainNameId=domain_id)
        assert updated[member] == POLICY
        assert member not in update(aws, patch("replace", f"/{member}", ""), domainNameId=domain_id)


def test_an_unknown_domain_name_is_refused(aws):
    regional(aws)
    for call in (
        aws.apigateway.get_domain_name,
        aws.apigateway.update_domain_name,
        aws.apigateway.delete_domain_name,
    ):
        with not_found(UNKNOWN):
            call(domainName="b.example.com")
        with not_found(UNKNOWN):
            call(domainName=NAME, domainNameId="nothing")


def test_tags_change_by_arn(aws):
    regional(aws, tags={"a": "0"})
    domain_id = private(aws)["domainNameId"]
    private_arn = f"arn:aws:apigateway:{aws.region}:{ACCOUNT}:/domainnames/{NAME}+{domain_id}"
    for arn in (aws.arn(f"/domainnames/{NAME}"), private_arn):
        aws.apigateway.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        aws.apigateway.untag_resource(resourceArn=arn, tagKeys=["b"])
        assert aws.apigateway.get_tags(resourceArn=arn)["tags"] == {"a": "1"}
    assert aws.apigateway.get_domain_name(domainName=NAME)["tags"] == {"a": "1"}
    got = aws.apigateway.get_domain_name(domainName=NAME, domainNameId=domain_id)
    assert got["tags"] == {"a": "1"}
    with bad_request("Invalid tag key 'aws:x'. Tag keys that start with 'aws:' are reserved for AWS use."):
        regional(aws.elsewhere(), tags={"aws:x": "1"})


def test_pages_add_up(aws):
    made = [f"{label}.example.com" for label in ("c", "a", "b")]
    for name in made:
        regional(aws, name)
    pages = aws.apigateway.get_paginator("get_domain_names").paginate(PaginationConfig={"PageSize": 2})
    pages = [[item["domainName"] for item in page["items"]] for page in pages]
    assert [len(page) for page in pages] == [2, 1]
    assert sum(pages, []) == made
    assert aws.apigateway.get_domain_names(resourceOwner="OTHER_ACCOUNTS")["items"] == []
