"""Custom domain names, VPC links and what else of apigatewayv2 belongs to no single API, by boto3 (API Gateway API
reference, version 2). Texts without a remark are not recorded from AWS and say the same in our words."""

import json

import pytest

from harness.account import answer, bad_request, not_found, status
from harness.certificates import issued

NAME = "api.example.com"
AT_THE_EDGE = (
    "Only REGIONAL domain names can be managed through the API Gateway V2 API. For EDGE domain names, please use the API "
    "Gateway V1 API. Also note that only REST APIs can be attached to EDGE domain names."
)


@pytest.fixture
def v2(aws):
    return aws.client("apigatewayv2")


def configuration(arn, **more):
    return [{"CertificateArn": arn, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2", **more}]


def shown(response):
    """Without what is drawn."""
    body = answer(response)
    for one in body["DomainNameConfigurations"]:
        assert one.pop("CertificateUploadDate")
        assert one.pop("ApiGatewayDomainName").startswith("d-")
        assert one.pop("HostedZoneId")
    return body


def test_a_name_is_made_read_changed_and_deleted(aws, v2):
    arn = issued(aws, NAME)
    made = v2.create_domain_name(DomainName=NAME, DomainNameConfigurations=configuration(arn), Tags={"a": "1"})
    assert status(made) == 201
    expected = {
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainName": NAME,
        "DomainNameArn": f"arn:aws:apigateway:{aws.region}::/domainnames/{NAME}",
        "DomainNameConfigurations": [
            {
                "CertificateArn": arn,
                "DomainNameStatus": "AVAILABLE",
                "EndpointType": "REGIONAL",
                "IpAddressType": "ipv4",
                "SecurityPolicy": "TLS_1_2",
            }
        ],
        "RoutingMode": "API_MAPPING_ONLY",
        "Tags": {"a": "1"},
    }
    assert shown(made) == expected
    assert shown(v2.get_domain_name(DomainName=NAME)) == expected
    assert [item["DomainName"] for item in v2.get_domain_names()["Items"]] == [NAME]
    # The first version has the same name.
    assert aws.apigateway.get_domain_name(domainName=NAME)["regionalCertificateArn"] == arn
    other = issued(aws, NAME)
    changed = shown(
        v2.update_domain_name(
            DomainName=NAME,
            DomainNameConfigurations=configuration(other, IpAddressType="dualstack"),
            MutualTlsAuthentication={"TruststoreUri": "s3://bucket/trusted.pem", "TruststoreVersion": "1"},
            RoutingMode="ROUTING_RULE_THEN_API_MAPPING",
        )
    )
    (one,) = changed["DomainNameConfigurations"]
    assert (one["CertificateArn"], one["IpAddressType"]) == (other, "dualstack")
    assert changed["MutualTlsAuthentication"] == {"TruststoreUri": "s3://bucket/trusted.pem", "TruststoreVersion": "1"}
    assert changed["RoutingMode"] == "ROUTING_RULE_THEN_API_MAPPING"
    # An empty address takes the truststore away, as the Terraform provider asks for it.
    v2.update_domain_name(DomainName=NAME, MutualTlsAuthentication={"TruststoreUri": ""})
    assert "MutualTlsAuthentication" not in v2.get_domain_name(DomainName=NAME)
    v2.tag_resource(ResourceArn=expected["DomainNameArn"], Tags={"b": "2"})
    v2.untag_resource(ResourceArn=expected["DomainNameArn"], TagKeys=["a"])
    assert v2.get_tags(ResourceArn=expected["DomainNameArn"])["Tags"] == {"b": "2"}
    assert status(v2.delete_domain_name(DomainName=NAME)) == 204
    with not_found("Invalid domain name identifier specified"):
        v2.get_domain_name(DomainName=NAME)


def test_names_at_the_edge_are_the_first_versions(gateway, aws, v2):
    """The text is seen in reports of AWS's users."""
    arn = issued(aws, NAME)
    with bad_request(AT_THE_EDGE):
        v2.create_domain_name(DomainName=NAME, DomainNameConfigurations=[{"CertificateArn": arn, "EndpointType": "EDGE"}])
    made = aws.apigateway.create_domain_name(
        domainName=NAME, regionalCertificateArn=arn, endpointConfiguration={"types": ["REGIONAL"]}, securityPolicy="TLS_1_2"
    )
    assert v2.get_domain_name(DomainName=NAME)["DomainNameConfigurations"][0]["HostedZoneId"] == made["regionalHostedZoneId"]


def test_a_name_needs_its_certificate(aws, v2):
    with bad_request("A certificate was not provided for the endpoint type REGIONAL."):
        v2.create_domain_name(DomainName=NAME)
    arn = issued(aws, NAME)
    with bad_request("A domain name must have exactly one configuration"):
        v2.create_domain_name(DomainName=NAME, DomainNameConfigurations=configuration(arn) * 2)
    assert v2.get_domain_names()["Items"] == []


def test_a_name_leads_to_http_apis(aws, v2):
    """The refusal to delete what is mapped is seen in reports of AWS's users for REST APIs."""
    v2.create_domain_name(DomainName=NAME, DomainNameConfigurations=configuration(issued(aws, NAME)))
    api = v2.create_api(Name="pets", ProtocolType="HTTP", Target="http://127.0.0.1:9/")["ApiId"]
    mapping = v2.create_api_mapping(DomainName=NAME, ApiId=api, Stage="$default", ApiMappingKey="v1/pets")
    place = {"DomainName": NAME, "ApiMappingId": mapping["ApiMappingId"]}
    read = answer(v2.get_api_mapping(**place))
    assert read == {
        "ApiId": api, "ApiMappingId": mapping["ApiMappingId"], "ApiMappingKey": "v1/pets", "Stage": "$default"
    }
    with not_found("Invalid stage identifier specified"):
        v2.create_api_mapping(DomainName=NAME, ApiId=api, Stage="other")
    with bad_request("Invalid REST API identifier specified"):
        v2.create_api_mapping(DomainName=NAME, ApiId="nothing", Stage="other")
    with bad_request("Invalid REST API identifier specified"):
        aws.apigateway.create_base_path_mapping(domainName=NAME, restApiId=api, stage="$default")
    text = f"Please remove all base path mappings related to the {{}} in your domains: {NAME}"
    with bad_request("Deleting stage $default failed. " + text.format("stage")):
        v2.delete_stage(ApiId=api, StageName="$default")
    with bad_request(f"Deleting API {api} failed. " + text.format("API")):
        v2.delete_api(ApiId=api)
    v2.delete_api_mapping(**place)
    v2.delete_api(ApiId=api)


def test_websocket_apis_share_no_name_with_others(aws, v2):
    """Developer guide, "Set up custom domain names for WebSocket APIs"."""
    v2.create_domain_name(DomainName=NAME, DomainNameConfigurations=configuration(issued(aws, NAME)))
    http = v2.create_api(Name="pets", ProtocolType="HTTP", Target="http://127.0.0.1:9/")["ApiId"]
    chat = v2.create_api(Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]
    v2.create_stage(ApiId=chat, StageName="s")
    mapping = v2.create_api_mapping(DomainName=NAME, ApiId=http, Stage="$default")["ApiMappingId"]
    refusal = "WebSocket APIs cannot be mapped to the same custom domain name as HTTP and REST APIs"
    with bad_request(refusal):
        v2.create_api_mapping(DomainName=NAME, ApiId=chat, Stage="s", ApiMappingKey="chat")
    v2.delete_api_mapping(DomainName=NAME, ApiMappingId=mapping)
    v2.create_api_mapping(DomainName=NAME, ApiId=chat, Stage="s", ApiMappingKey="chat")
    with bad_request(refusal):
        v2.create_api_mapping(DomainName=NAME, ApiId=http, Stage="$default")


def test_a_vpc_link_is_pending_and_then_available(aws, v2):
    """Developer guide, "Working with VPC links for HTTP APIs": immutable but for its name."""
    made = answer(v2.create_vpc_link(Name="l", SubnetIds=["subnet-a", "subnet-b"], SecurityGroupIds=["sg-1"], Tags={"a": "1"}))
    link = made["VpcLinkId"]
    created = made.pop("CreatedDate")
    expected = {
        "Name": "l",
        "SecurityGroupIds": ["sg-1"],
        "SubnetIds": ["subnet-a", "subnet-b"],
        "Tags": {"a": "1"},
        "VpcLinkId": link,
        "VpcLinkStatus": "PENDING",
        "VpcLinkStatusMessage": "VPC link is provisioning ENIs",
        "VpcLinkVersion": "V2",
    }
    assert made == expected
    ready = {
        **expected,
        "CreatedDate": created,
        "VpcLinkStatus": "AVAILABLE",
        "VpcLinkStatusMessage": "VPC link is ready to route traffic",
    }
    assert answer(v2.get_vpc_link(VpcLinkId=link)) == ready
    assert answer(v2.update_vpc_link(VpcLinkId=link, Name="m")) == {**ready, "Name": "m"}
    assert v2.get_vpc_links()["Items"] == [{**ready, "Name": "m"}]
    arn = f"arn:aws:apigateway:{aws.region}::/vpclinks/{link}"
    v2.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    assert v2.get_tags(ResourceArn=arn)["Tags"] == {"a": "1", "b": "2"}
    assert status(v2.delete_vpc_link(VpcLinkId=link)) == 202
    with not_found("Invalid VpcLink identifier specified"):
        v2.get_vpc_link(VpcLinkId=link)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"SubnetIds": []}, "A VPC link needs a subnet"),
        ({"SubnetIds": ["s", "s"]}, "A VPC link takes up to 10 different subnet ids"),
        ({"SubnetIds": [f"s{n}" for n in range(11)]}, "A VPC link takes up to 10 different subnet ids"),
        ({"SecurityGroupIds": [f"s{n}" for n in range(6)]}, "A VPC link takes up to 5 different security group ids"),
        ({"Name": " "}, "Invalid VPC link name specified"),
    ],
)
def test_bad_settings_of_links_are_refused(v2, settings, text):
    with bad_request(text):
        v2.create_vpc_link(**{"Name": "l", "SubnetIds": ["s"], **settings})


def test_an_account_has_ten_links(v2):
    """"Amazon API Gateway quotas"."""
    for number in range(10):
        v2.create_vpc_link(Name=f"l{number}", SubnetIds=["s"])
    with bad_request("Maximum number of VPC links for this account has been reached. The limit is 10."):
        v2.create_vpc_link(Name="one more", SubnetIds=["s"])
    first = v2.get_vpc_links(MaxResults="9")
    assert len(first["Items"]) == 9
    assert len(v2.get_vpc_links(MaxResults="9", NextToken=first["NextToken"])["Items"]) == 1


def test_a_model_has_a_template(aws, v2):
    """As version 1 makes it."""
    schema = json.dumps({"type": "object", "properties": {"text": {"type": "string"}, "times": {"type": "integer"}}})
    api = v2.create_api(Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]
    model = v2.create_model(ApiId=api, Name="Said", Schema=schema)["ModelId"]
    template = v2.get_model_template(ApiId=api, ModelId=model)["Value"]
    rest = aws.apigateway.create_rest_api(name="m")["id"]
    aws.apigateway.create_model(restApiId=rest, name="Said", contentType="application/json", schema=schema)
    assert template == aws.apigateway.get_model_template(restApiId=rest, modelName="Said")["value"]
    assert '"text"' in template


def test_an_authorizers_cache_is_reset_for_http_apis(v2):
    http = v2.create_api(Name="pets", ProtocolType="HTTP", Target="http://127.0.0.1:9/")["ApiId"]
    assert status(v2.reset_authorizers_cache(ApiId=http, StageName="$default")) == 204
    with not_found("Invalid stage identifier specified"):
        v2.reset_authorizers_cache(ApiId=http, StageName="other")
    chat = v2.create_api(Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]
    v2.create_stage(ApiId=chat, StageName="s")
    with bad_request("Resetting the authorizers cache is supported only for HTTP APIs"):
        v2.reset_authorizers_cache(ApiId=chat, StageName="s")
