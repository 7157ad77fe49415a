"""Network load balancers, as far as VPC links need them. Shapes: Elastic Load Balancing API reference; texts are
not recorded from AWS."""

import pytest

from harness.account import refused


@pytest.fixture
def elb(aws):
    return aws.client("elbv2")


@pytest.fixture
def subnet(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


@pytest.fixture
def arn(elb, subnet):
    made = elb.create_load_balancer(Name="nlb", Type="network", Scheme="internal", Subnets=[subnet])
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def test_a_load_balancer_is_described_and_deleted(elb, subnet, arn):
    (told,) = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    assert (told["State"]["Code"], told["Type"], told["Scheme"]) == ("active", "network", "internal")
    assert [zone["SubnetId"] for zone in told["AvailabilityZones"]] == [subnet]
    elb.delete_load_balancer(LoadBalancerArn=arn)
    with refused(400, "LoadBalancerNotFound", f"Load balancer '{arn}' not found"):
        elb.describe_load_balancers(LoadBalancerArns=[arn])


def test_attributes_and_tags_are_kept(elb, arn):
    def attributes():
        told = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return {one["Key"]: one["Value"] for one in told}

    key = "load_balancing.cross_zone.enabled"
    assert attributes()[key] == "false"
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": "true"}])
    assert attributes()[key] == "true"
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    elb.remove_tags(ResourceArns=[arn], TagKeys=["a"])
    (told,) = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert told == {"ResourceArn": arn, "Tags": [{"Key": "b", "Value": "2"}]}


def test_a_load_balancer_of_a_vpc_link_stays(aws, elb, arn):
    link = aws.apigateway.create_vpc_link(name="l", targetArns=[arn])["id"]
    assert aws.apigateway.get_vpc_link(vpcLinkId=link)["status"] == "AVAILABLE"
    text = f"Load balancer '{arn}' cannot be deleted because it is currently associated with another service"
    with refused(400, "ResourceInUse", text):
        elb.delete_load_balancer(LoadBalancerArn=arn)
    aws.apigateway.delete_vpc_link(vpcLinkId=link)
    elb.delete_load_balancer(LoadBalancerArn=arn)
