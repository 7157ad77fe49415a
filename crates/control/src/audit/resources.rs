//! What a record is about: the things that a call's parameters name, and the thing that it made.
//! Types are those of CloudFormation. AWS does not publish which it tells for which event.

use api::OperationTable;
use documents::cloudtrail::TrailResource;
use serde_json::Value;

/// Members of parameters that name a thing, by service.
const NAMED: [(&str, &str, &str); 27] = [
    ("apigateway", "restApiId", "AWS::ApiGateway::RestApi"),
    ("apigateway", "stageName", "AWS::ApiGateway::Stage"),
    ("apigateway", "resourceId", "AWS::ApiGateway::Resource"),
    ("apigateway", "deploymentId", "AWS::ApiGateway::Deployment"),
    ("apigateway", "authorizerId", "AWS::ApiGateway::Authorizer"),
    ("apigateway", "usagePlanId", "AWS::ApiGateway::UsagePlan"),
    ("apigateway", "apiKey", "AWS::ApiGateway::ApiKey"),
    ("apigateway", "keyId", "AWS::ApiGateway::ApiKey"),
    ("apigateway", "domainName", "AWS::ApiGateway::DomainName"),
    ("apigateway", "vpcLinkId", "AWS::ApiGateway::VpcLink"),
    ("apigateway", "clientCertificateId", "AWS::ApiGateway::ClientCertificate"),
    ("apigatewayv2", "apiId", "AWS::ApiGatewayV2::Api"),
    ("apigatewayv2", "stageName", "AWS::ApiGatewayV2::Stage"),
    ("apigatewayv2", "vpcLinkId", "AWS::ApiGatewayV2::VpcLink"),
    ("apigatewayv2", "domainName", "AWS::ApiGatewayV2::DomainName"),
    ("acm", "certificateArn", "AWS::CertificateManager::Certificate"),
    ("iam", "userName", "AWS::IAM::User"),
    ("iam", "roleName", "AWS::IAM::Role"),
    ("iam", "policyArn", "AWS::IAM::ManagedPolicy"),
    ("iam", "accessKeyId", "AWS::IAM::AccessKey"),
    ("sts", "roleArn", "AWS::IAM::Role"),
    ("lambda", "functionName", "AWS::Lambda::Function"),
    ("logs", "logGroupName", "AWS::Logs::LogGroup"),
    ("ec2", "vpcId", "AWS::EC2::VPC"),
    ("ec2", "subnetId", "AWS::EC2::Subnet"),
    ("ec2", "groupId", "AWS::EC2::SecurityGroup"),
    ("elbv2", "loadBalancerArn", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
];

/// Operations that answer with the `id` of what they made.
const MADE: [(&str, &str); 10] = [
    ("CreateRestApi", "AWS::ApiGateway::RestApi"),
    ("ImportRestApi", "AWS::ApiGateway::RestApi"),
    ("CreateResource", "AWS::ApiGateway::Resource"),
    ("CreateDeployment", "AWS::ApiGateway::Deployment"),
    ("CreateAuthorizer", "AWS::ApiGateway::Authorizer"),
    ("CreateUsagePlan", "AWS::ApiGateway::UsagePlan"),
    ("CreateApiKey", "AWS::ApiGateway::ApiKey"),
    ("CreateVpcLink", "AWS::ApiGateway::VpcLink"),
    ("CreateModel", "AWS::ApiGateway::Model"),
    ("CreateRequestValidator", "AWS::ApiGateway::RequestValidator"),
];

/// The things that a call names and made.
pub(super) fn named(
    operation: &OperationTable,
    parameters: Option<&Value>,
    elements: Option<&Value>,
) -> Vec<TrailResource> {
    let service = operation.service.name;
    let text = |value: Option<&Value>, member: &str| {
        value.and_then(|value| value.get(member)).and_then(Value::as_str).map(str::to_owned)
    };
    let mut found: Vec<TrailResource> = NAMED
        .iter()
        .filter(|(of, ..)| *of == service)
        .filter_map(|(_, member, kind)| {
            Some(TrailResource { kind: (*kind).to_owned(), name: text(parameters, member)? })
        })
        .collect();
    let made = MADE.iter().find(|(name, _)| service == "apigateway" && *name == operation.name);
    if let Some((_, kind)) = made
        && let Some(name) = text(elements, "id")
    {
        found.push(TrailResource { kind: (*kind).to_owned(), name });
    }
    found
}
