use store::BlobId;

use super::*;
use crate::test_frame::{ACCOUNT, OTHER_ACCOUNT, TRUST, ZIP, blob, function_input, text, with};

#[test]
fn a_function_has_what_it_was_given_and_defaults() {
    let frame = Frame::new();
    frame.role("worker");
    let created = frame.ok("lambda:CreateFunction", function_input("orders"));
    let expected = json!({
        "FunctionName": "orders", "FunctionArn": ARN, "Runtime": "python3.12",
        "Role": "arn:aws:iam::000000000000:role/worker", "Handler": "index.handler",
        "CodeSize": ZIP.len(), "Description": "", "Timeout": 3, "MemorySize": 128,
        "LastModified": "2026-11-23T08:04:43.120+0000", "CodeSha256": BlobId::of(ZIP).to_string(),
        "Version": "$LATEST", "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": created["RevisionId"], "State": "Active", "LastUpdateStatus": "Successful",
        "PackageType": "Zip", "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/orders"},
    });
    assert_eq!(created, expected);
    assert_eq!(text(&created, "RevisionId").len(), 36);
    assert_eq!(frame.ok("lambda:GetFunctionConfiguration", orders()), expected);

    let more = json!({
        "FunctionName": "payments", "Description": "d", "Timeout": 900, "MemorySize": 10240,
        "Environment": {"Variables": {"STAGE": "dev"}}, "TracingConfig": {"Mode": "Active"},
        "EphemeralStorage": {"Size": 1024}, "Tags": {"team": "a"},
    });
    let created = frame.ok("lambda:CreateFunction", with(function_input(""), more));
    assert_eq!(created["Environment"], json!({"Variables": {"STAGE": "dev"}}));
    assert_eq!(created["TracingConfig"], json!({"Mode": "Active"}));
    assert_eq!(created["EphemeralStorage"], json!({"Size": 1024}));
    let got = frame.ok("lambda:GetFunction", json!({"FunctionName": "payments"}));
    assert_eq!(got["Tags"], json!({"team": "a"}));
    assert_eq!(got["Code"], json!({"RepositoryType": "S3"}));
}

#[test]
fn a_name_is_taken_once() {
    let frame = with_function();
    let refused = frame.refused("lambda:CreateFunction", function_input("orders"));
    assert_eq!(refused, conflict("Function already exist: orders"));
    let refused = frame.refused("lambda:CreateFunction", function_input(ARN));
    assert_eq!(refused, conflict("Function already exist: orders"));
    // Another region has its own names.
    frame.in_scope(ACCOUNT, "eu-west-1").function("orders");
}

#[test]
fn other_names_are_refused() {
    let frame = Frame::new();
    frame.role("worker");
    let check = |name: &str, expected: String| {
        assert_eq!(frame.refused("lambda:CreateFunction", function_input(name)), expected);
    };
    check(
        "arn:aws:lambda:eu-west-1:000000000000:function:orders",
        not_found("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
    );
    let foreign = format!("arn:aws:lambda:us-east-1:{OTHER_ACCOUNT}:function:orders");
    check(
        &foreign,
        format!(
            "403 AccessDeniedException \"User: arn:aws:iam::000000000000:root is not authorized to perform \
             this operation on resource: {foreign}\""
        ),
    );
    check(
        "orders:live",
        invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this \
             operation. Please specify either a function name or an unqualified function ARN.",
        ),
    );
    let long = "f".repeat(65);
    check(
        &long,
        format!(
            "400 ValidationException \"1 validation error detected: Value '{long}' at 'functionName' failed \
             to satisfy constraint: Member must have length less than or equal to 64\""
        ),
    );
    frame.ok("lambda:CreateFunction", function_input(&"f".repeat(64)));
}

#[test]
fn a_role_must_be_lambdas_to_assume() {
    let frame = Frame::new();
    frame.role_with("other", &TRUST.replace("lambda", "events"));
    frame.role("worker");
    let check = |role: &str, expected: &str| {
        let input = with(function_input("orders"), json!({"Role": role}));
        assert_eq!(frame.refused("lambda:CreateFunction", input), invalid(expected), "{role}");
    };
    let unassumable = "The role defined for the function cannot be assumed by Lambda.";
    check("arn:aws:iam::000000000000:role/nobody", unassumable);
    check("arn:aws:iam::000000000000:role/other", unassumable);
    check("arn:aws:iam::000000000000:role/x/worker", unassumable);
    check("arn:aws-cn:iam::000000000000:role/worker", unassumable);
    check("arn:aws:iam::111111111111:role/worker", "Cross-account pass role is not allowed.");
}

/// A role may ask for whose sake it is assumed (Lambda developer guide, "Confused deputy").
#[test]
fn a_role_may_ask_for_its_own_account() {
    let frame = Frame::new();
    let trust = |key: &str, value: &str| {
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"},
            "Condition": {"StringEquals": {key: value}},
        }})
        .to_string()
    };
    for (name, key, value, allowed) in [
        ("a", "aws:SourceAccount", ACCOUNT, true),
        ("b", "aws:SourceAccount", OTHER_ACCOUNT, false),
        ("c", "aws:SourceArn", ARN, false),
    ] {
        let role = frame.role_with(name, &trust(key, value));
        let input = with(function_input(name), json!({"Role": role}));
        assert_eq!(frame.run("lambda:CreateFunction", input).is_ok(), allowed, "{key} {value}");
    }
}

#[test]
fn what_is_no_package_is_refused() {
    let frame = Frame::new();
    frame.role("worker");
    let check = |code: Value, expected: &str| {
        let input = with(function_input("orders"), json!({"Code": code}));
        assert_eq!(frame.refused("lambda:CreateFunction", input), invalid(expected));
    };
    check(json!({"ZipFile": blob(b"no zip")}), "not a package");
    check(json!({}), "Please provide a source for function code.");
    check(
        json!({"S3Bucket": "bucket", "S3Key": "k"}),
        "Code in S3 is not built yet: send the package as ZipFile.",
    );
    check(json!({"ImageUri": "x/y:z"}), "Container images are not built yet: send the package as ZipFile.");
    assert!(!frame.has_blob(b"no zip"));
}

/// What is taken and not done would be found out only at AWS.
#[test]
fn what_is_not_built_is_refused_by_name() {
    let frame = Frame::new();
    frame.role("worker");
    for (more, what) in [
        (json!({"VpcConfig": {"SubnetIds": ["s"]}}), "VpcConfig"),
        (json!({"VpcConfig": {"SecurityGroupIds": ["s"]}}), "VpcConfig"),
        (json!({"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]}), "Layers"),
        (json!({"PackageType": "Image"}), "PackageType Image"),
        (json!({"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:0:q"}}), "DeadLetterConfig"),
        (json!({"SnapStart": {"ApplyOn": "PublishedVersions"}}), "SnapStart"),
        (json!({"Architectures": ["arm64"]}), "An architecture other than this machine's"),
        (json!({"KMSKeyArn": "arn:aws:kms:us-east-1:0:key/k"}), "KMSKeyArn"),
        (
            json!({"Code": {"ZipFile": blob(ZIP), "SourceKMSKeyArn": "arn:aws:kms:us-east-1:0:key/k"}}),
            "KMSKeyArn",
        ),
        (
            json!({"FileSystemConfigs": [{
                "Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0",
                "LocalMountPath": "/mnt/data",
            }]}),
            "FileSystemConfigs",
        ),
        (json!({"ImageConfig": {}}), "PackageType Image"),
        (
            json!({"CodeSigningConfigArn":
                "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"}),
            "CodeSigningConfigArn",
        ),
        (
            json!({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}),
            "CapacityProviderConfig, DurableConfig, TenancyConfig or PublishTo",
        ),
        (
            json!({"PublishTo": "LATEST_PUBLISHED"}),
            "CapacityProviderConfig, DurableConfig, TenancyConfig or PublishTo",
        ),
        (json!({"LoggingConfig": {"LogFormat": "JSON"}}), "LogFormat JSON"),
        (json!({"LoggingConfig": {"LogGroup": "mine"}}), "A LogGroup other than /aws/lambda/orders"),
    ] {
        let refused = frame.refused("lambda:CreateFunction", with(function_input("orders"), more));
        assert_eq!(refused, invalid(&format!("{what} is not built yet.")));
    }
    let nothing_asked = json!({
        "VpcConfig": {"SubnetIds": []}, "Layers": [], "DeadLetterConfig": {}, "SnapStart": {"ApplyOn": "None"},
        "Architectures": ["x86_64"], "KMSKeyArn": "", "LoggingConfig": {"LogFormat": "Text"},
        "Environment": {"Variables": {}},
    });
    let created = frame.ok("lambda:CreateFunction", with(function_input("orders"), nothing_asked));
    assert!(created.get("Environment").is_none());
}

#[test]
fn settings_are_checked() {
    let frame = Frame::new();
    frame.role("worker");
    let check = |more: Value, expected: &str| {
        let refused = frame.refused("lambda:CreateFunction", with(function_input("orders"), more));
        assert!(refused.contains(expected), "{refused}");
    };
    check(json!({"Runtime": "python3.8"}), "python3.8 is no longer supported for creating or updating");
    check(json!({"Runtime": "java21"}), "The runtime java21 is not built yet.");
    check(
        json!({"Runtime": null}),
        "Runtime and Handler are mandatory parameters for functions created with",
    );
    check(
        json!({"Handler": null}),
        "Runtime and Handler are mandatory parameters for functions created with",
    );
    check(
        json!({"Environment": {"Variables": {"AWS_REGION": "x"}}}),
        "Reserved keys used in this request: AWS_REGION",
    );
    check(json!({"Tags": {"aws:x": "y"}}), "Invalid tag key 'aws:x'.");
    check(
        json!({"Timeout": 901}),
        "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
    );
    check(json!({"Timeout": 0}), "Member must have value greater than or equal to 1");
    check(
        json!({"MemorySize": 10_241}),
        "Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240",
    );
    check(json!({"MemorySize": 127}), "Member must have value greater than or equal to 128");
}

/// Recorded from AWS: the answer names the version and the function's own ARN.
#[test]
fn a_function_may_be_published_at_once() {
    let frame = Frame::new();
    frame.role("worker");
    let created = frame.ok("lambda:CreateFunction", with(function_input("orders"), json!({"Publish": true})));
    assert_eq!((text(&created, "Version"), text(&created, "FunctionArn")), ("1".into(), ARN.into()));
    let versions = frame.ok("lambda:ListVersionsByFunction", orders());
    let arns: Vec<_> =
        versions["Versions"].as_array().unwrap().iter().map(|version| text(version, "FunctionArn")).collect();
    assert_eq!(arns, [format!("{ARN}:$LATEST"), format!("{ARN}:1")]);
}
