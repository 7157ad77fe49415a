//! Tests of network load balancers. Shapes: Elastic Load Balancing API reference; texts are not
//! recorded.

use serde_json::{Value, json};

use crate::test_frame::{Frame, text, with};

struct Place {
    frame: Frame,
    vpc: String,
    subnet: String,
}

impl Place {
    fn new() -> Self {
        let frame = Frame::new();
        let vpc = text(&frame.ok("ec2:CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"], "VpcId");
        let place = Self { frame, vpc, subnet: String::new() };
        let subnet = place.subnet("10.0.1.0/24", "us-east-1a");
        Self { subnet, ..place }
    }

    fn subnet(&self, cidr: &str, zone: &str) -> String {
        let input = json!({"VpcId": self.vpc, "CidrBlock": cidr, "AvailabilityZone": zone});
        text(&self.frame.ok("ec2:CreateSubnet", input)["Subnet"], "SubnetId")
    }

    fn input(&self, more: Value) -> Value {
        with(json!({"Name": "nlb", "Type": "network", "Subnets": [self.subnet], "Scheme": "internal"}), more)
    }

    fn create(&self, more: Value) -> Value {
        self.frame.ok("elbv2:CreateLoadBalancer", self.input(more))["LoadBalancers"][0].clone()
    }

    fn refused(&self, more: Value) -> String {
        self.frame.refused("elbv2:CreateLoadBalancer", self.input(more))
    }
}

#[test]
fn a_load_balancer_is_told_as_it_was_made() {
    let place = Place::new();
    let made = place.create(json!({"Tags": [{"Key": "a", "Value": "1"}]}));
    let arn = text(&made, "LoadBalancerArn");
    assert!(arn.starts_with("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/nlb/"));
    assert_eq!(made["State"], json!({"Code": "provisioning"}));
    let told = place.frame.ok("elbv2:DescribeLoadBalancers", json!({"LoadBalancerArns": [arn]}));
    assert_eq!(told["LoadBalancers"], json!([with(made, json!({"State": {"Code": "active"}}))]));
    let told = &told["LoadBalancers"][0];
    assert_eq!((&told["Scheme"], &told["VpcId"]), (&json!("internal"), &json!(place.vpc)));
    assert_eq!(told["AvailabilityZones"][0]["SubnetId"], json!(place.subnet));
    let by_name = place.frame.ok("elbv2:DescribeLoadBalancers", json!({"Names": ["nlb"]}));
    assert_eq!(by_name["LoadBalancers"][0]["LoadBalancerArn"], json!(arn));
    let tags = place.frame.ok("elbv2:DescribeTags", json!({"ResourceArns": [arn]}));
    assert_eq!(tags["TagDescriptions"], json!([{"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "1"}]}]));
}

#[test]
fn attributes_are_kept_and_protect_from_deletion() {
    let place = Place::new();
    let arn = text(&place.create(json!({})), "LoadBalancerArn");
    let modify = |key: &str, value: &str| json!({"LoadBalancerArn": arn, "Attributes": [{"Key": key, "Value": value}]});
    let told = |key: &str| {
        let told = place.frame.ok("elbv2:DescribeLoadBalancerAttributes", json!({"LoadBalancerArn": arn}));
        let all = told["Attributes"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["Key"] == key).unwrap()["Value"].clone()
    };
    assert_eq!(told("load_balancing.cross_zone.enabled"), "false");
    place.frame.ok("elbv2:ModifyLoadBalancerAttributes", modify("deletion_protection.enabled", "true"));
    assert_eq!(told("deletion_protection.enabled"), "true");
    let delete = json!({"LoadBalancerArn": arn});
    assert!(
        place
            .frame
            .refused("elbv2:DeleteLoadBalancer", delete.clone())
            .starts_with("400 OperationNotPermitted ")
    );
    place.frame.ok("elbv2:ModifyLoadBalancerAttributes", modify("deletion_protection.enabled", "false"));
    place.frame.ok("elbv2:DeleteLoadBalancer", delete.clone());
    place.frame.ok("elbv2:DeleteLoadBalancer", delete);
    assert_eq!(
        place.frame.refused("elbv2:DescribeLoadBalancers", json!({"LoadBalancerArns": [arn]})),
        format!("400 LoadBalancerNotFound \"Load balancer '{arn}' not found\"")
    );
}

#[test]
fn what_cannot_be_made_is_refused() {
    let place = Place::new();
    let same_zone = place.subnet("10.0.2.0/24", "us-east-1a");
    for (more, code) in [
        (json!({"Subnets": ["subnet-none"]}), "SubnetNotFound"),
        (json!({"Subnets": [place.subnet, same_zone]}), "InvalidConfigurationRequest"),
        (json!({"Subnets": []}), "ValidationError"),
        (json!({"SecurityGroups": ["sg-none"]}), "InvalidSecurityGroup"),
        (json!({"Type": "application"}), "ValidationError"),
        (json!({"Name": "-nlb"}), "ValidationError"),
    ] {
        let refused = place.refused(more.clone());
        assert!(refused.starts_with(&format!("400 {code} ")), "{more}: {refused}");
    }
    let other_zone = place.subnet("10.0.3.0/24", "us-east-1b");
    place.create(json!({"Subnets": [place.subnet, other_zone]}));
    assert!(place.refused(json!({})).starts_with("400 DuplicateLoadBalancerName "));
}

#[test]
fn what_is_used_stays() {
    let place = Place::new();
    let group = json!({"VpcId": place.vpc, "GroupName": "g", "Description": "d"});
    let group = text(&place.frame.ok("ec2:CreateSecurityGroup", group), "GroupId");
    let arn = text(&place.create(json!({"SecurityGroups": [group]})), "LoadBalancerArn");
    for (operation, input) in [
        ("ec2:DeleteSubnet", json!({"SubnetId": place.subnet})),
        ("ec2:DeleteSecurityGroup", json!({"GroupId": group})),
    ] {
        assert!(place.frame.refused(operation, input).starts_with("400 DependencyViolation "), "{operation}");
    }
    let link = place.frame.ok("apigateway:CreateVpcLink", json!({"name": "l", "targetArns": [arn]}));
    let delete = json!({"LoadBalancerArn": arn});
    assert!(
        place.frame.refused("elbv2:DeleteLoadBalancer", delete.clone()).starts_with("400 ResourceInUse ")
    );
    place.frame.ok("apigateway:DeleteVpcLink", json!({"vpcLinkId": link["id"]}));
    place.frame.ok("elbv2:DeleteLoadBalancer", delete);
    place.frame.ok("ec2:DeleteSecurityGroup", json!({"GroupId": group}));
    place.frame.ok("ec2:DeleteSubnet", json!({"SubnetId": place.subnet}));
}
