//! The AWS-managed policies that API Gateway's and Lambda's users attach. They exist in every
//! account and cannot be changed. What they allow is AWS's (AWS managed policy reference
//! guide), cut to the services that can be called here.

/// One policy of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsManagedPolicy {
    /// `/` or `/service-role/`.
    pub path: &'static str,
    /// The name, `AWSLambdaBasicExecutionRole`.
    pub name: &'static str,
    /// What it allows.
    grants: &'static [Grant],
}

/// Actions on resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grant {
    actions: &'static [&'static str],
    resources: &'static [&'static str],
}

const fn on_all(actions: &'static [&'static str]) -> Grant {
    Grant { actions, resources: &["*"] }
}

const LOGS: Grant = on_all(&["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]);

const fn service_role(name: &'static str, grants: &'static [Grant]) -> AwsManagedPolicy {
    AwsManagedPolicy { path: "/service-role/", name, grants }
}

const fn policy(name: &'static str, grants: &'static [Grant]) -> AwsManagedPolicy {
    AwsManagedPolicy { path: "/", name, grants }
}

/// All of them.
pub const AWS_MANAGED_POLICIES: &[AwsManagedPolicy] = &[
    policy("AdministratorAccess", &[on_all(&["*"])]),
    policy("IAMFullAccess", &[on_all(&["iam:*"])]),
    policy("AmazonAPIGatewayAdministrator", &[on_all(&["apigateway:*"])]),
    policy(
        "AmazonAPIGatewayInvokeFullAccess",
        &[on_all(&["execute-api:Invoke", "execute-api:ManageConnections"])],
    ),
    service_role(
        "AmazonAPIGatewayPushToCloudWatchLogs",
        &[on_all(&[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "logs:GetLogEvents",
            "logs:FilterLogEvents",
        ])],
    ),
    service_role("AWSLambdaBasicExecutionRole", &[LOGS]),
    service_role(
        "AWSLambdaVPCAccessExecutionRole",
        &[
            LOGS,
            on_all(&[
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ]),
        ],
    ),
    service_role(
        "AWSLambdaSQSQueueExecutionRole",
        &[on_all(&["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]), LOGS],
    ),
    service_role(
        "AWSLambdaDynamoDBExecutionRole",
        &[
            on_all(&[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ]),
            LOGS,
        ],
    ),
    service_role(
        "AWSLambdaKinesisExecutionRole",
        &[
            on_all(&[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
                "kinesis:ListStreams",
                "kinesis:SubscribeToShard",
            ]),
            LOGS,
        ],
    ),
    service_role("AWSLambdaRole", &[on_all(&["lambda:InvokeFunction"])]),
    policy(
        "AWSLambda_FullAccess",
        &[on_all(&["lambda:*", "iam:GetRole", "iam:GetRolePolicy", "iam:ListRoles", "logs:*"])],
    ),
    policy("AWSLambda_ReadOnlyAccess", &[on_all(&["lambda:Get*", "lambda:List*"])]),
    policy(
        "AWSXRayDaemonWriteAccess",
        &[on_all(&[
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries",
        ])],
    ),
    policy("CloudWatchLogsFullAccess", &[on_all(&["logs:*"])]),
    policy(
        "CloudWatchLogsReadOnlyAccess",
        &[on_all(&["logs:Describe*", "logs:Get*", "logs:List*", "logs:FilterLogEvents"])],
    ),
    policy("AmazonDynamoDBFullAccess", &[on_all(&["dynamodb:*"])]),
    policy("AmazonEventBridgeFullAccess", &[on_all(&["events:*"])]),
    policy("AmazonKinesisFullAccess", &[on_all(&["kinesis:*"])]),
    policy("AmazonS3FullAccess", &[on_all(&["s3:*"])]),
    policy("AmazonS3ReadOnlyAccess", &[on_all(&["s3:Get*", "s3:List*", "s3:Describe*"])]),
    policy("AmazonSNSFullAccess", &[on_all(&["sns:*"])]),
    policy("AmazonSQSFullAccess", &[on_all(&["sqs:*"])]),
    policy("AmazonSSMReadOnlyAccess", &[on_all(&["ssm:Describe*", "ssm:Get*", "ssm:List*"])]),
    policy("AWSStepFunctionsFullAccess", &[on_all(&["states:*"])]),
];

impl AwsManagedPolicy {
    /// The policy of this ARN.
    #[must_use]
    pub fn by_arn(arn: &str) -> Option<&'static Self> {
        AWS_MANAGED_POLICIES.iter().find(|policy| policy.arn() == arn)
    }

    /// `arn:aws:iam::aws:policy/…`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }

    /// The policy document.
    #[must_use]
    pub fn document(&self) -> String {
        let statements: Vec<_> = self
            .grants
            .iter()
            .map(|grant| serde_json::json!({"Effect": "Allow", "Action": grant.actions, "Resource": grant.resources}))
            .collect();
        serde_json::json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_found_by_their_arns() {
        let arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
        let policy = AwsManagedPolicy::by_arn(arn).unwrap();
        assert_eq!(policy.name, "AWSLambdaBasicExecutionRole");
        assert_eq!(
            policy.document(),
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":["*"]}]}"#
        );
        assert_eq!(AwsManagedPolicy::by_arn("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"), None);
    }
}
