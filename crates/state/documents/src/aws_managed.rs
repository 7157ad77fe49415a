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
    resource: &'static str,
    /// The one service that roles may be passed to; for `iam:PassRole`.
    passed_to: Option<&'static str>,
}

const fn on(resource: &'static str, actions: &'static [&'static str]) -> Grant {
    Grant { actions, resource, passed_to: None }
}

const fn on_all(actions: &'static [&'static str]) -> Grant {
    on("*", actions)
}

const fn pass_role_to(service: &'static str) -> Grant {
    Grant { actions: &["iam:PassRole"], resource: "*", passed_to: Some(service) }
}

/// What reads functions' logs.
const READ_FUNCTION_LOGS: Grant = on(
    "arn:aws:logs:*:*:log-group:/aws/lambda/*",
    &["logs:DescribeLogStreams", "logs:GetLogEvents", "logs:FilterLogEvents"],
);

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
    policy("AmazonAPIGatewayAdministrator", &[on("arn:aws:apigateway:*::/*", &["apigateway:*"])]),
    policy(
        "AmazonAPIGatewayInvokeFullAccess",
        &[on("arn:aws:execute-api:*:*:*", &["execute-api:Invoke", "execute-api:ManageConnections"])],
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
        &[
            on_all(&[
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:ListRoles",
                "lambda:*",
                "logs:DescribeLogGroups",
            ]),
            pass_role_to("lambda.amazonaws.com"),
            READ_FUNCTION_LOGS,
        ],
    ),
    policy(
        "AWSLambda_ReadOnlyAccess",
        &[
            on_all(&[
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:ListRoles",
                "lambda:Get*",
                "lambda:List*",
                "logs:DescribeLogGroups",
            ]),
            READ_FUNCTION_LOGS,
        ],
    ),
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

    /// `ANPA…`: like AWS's, the same in every account, but not AWS's.
    #[must_use]
    pub fn id(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        // FNV-1a over the ARN, from two starts: 17 letters are 85 bits.
        let hash = |start: u64| {
            let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            self.arn().bytes().fold(start, step)
        };
        let bits = (u128::from(hash(0xCBF2_9CE4_8422_2325)) << 64) | u128::from(hash(0x8422_2325_CBF2_9CE4));
        let letter = |at: u32| LETTERS.get(usize::try_from(bits >> (at * 5) & 31).unwrap_or_default());
        let letters = (0..17).filter_map(letter).map(|letter| char::from(*letter));
        "ANPA".chars().chain(letters).collect()
    }

    /// The policy document.
    #[must_use]
    pub fn document(&self) -> String {
        let statement = |grant: &Grant| {
            let mut statement = serde_json::json!({
                "Effect": "Allow", "Action": grant.actions, "Resource": grant.resource,
            });
            if let (Some(service), Some(statement)) = (grant.passed_to, statement.as_object_mut()) {
                let condition = serde_json::json!({"StringEquals": {"iam:PassedToService": service}});
                statement.insert("Condition".to_owned(), condition);
            }
            statement
        };
        let statements: Vec<_> = self.grants.iter().map(statement).collect();
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
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#
        );
        assert_eq!(AwsManagedPolicy::by_arn("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"), None);
    }

    #[test]
    fn ids_are_all_different() {
        let ids: std::collections::HashSet<String> =
            AWS_MANAGED_POLICIES.iter().map(AwsManagedPolicy::id).collect();
        assert_eq!(ids.len(), AWS_MANAGED_POLICIES.len());
        assert!(ids.iter().all(|id| id.len() == 21 && id.starts_with("ANPA")));
    }

    /// AWS managed policy reference guide, `AWSLambda_FullAccess`: whoever has it may make
    /// functions, but hand roles to no other service.
    #[test]
    fn roles_are_passed_to_lambda_alone() {
        let policy = AwsManagedPolicy::by_arn("arn:aws:iam::aws:policy/AWSLambda_FullAccess").unwrap();
        let statement = r#"{"Effect":"Allow","Action":["iam:PassRole"],"Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}"#;
        assert!(policy.document().contains(statement), "{}", policy.document());
    }
}
