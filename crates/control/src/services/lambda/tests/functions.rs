use super::*;
use crate::test_frame::{ACCOUNT, OTHER_ACCOUNT, ZIP, blob, text, with};

#[test]
fn a_function_is_found_by_each_of_its_names() {
    let frame = with_function();
    for (name, arn) in [
        ("orders", ARN.to_owned()),
        ("000000000000:function:orders", ARN.to_owned()),
        (ARN, ARN.to_owned()),
        ("orders:$LATEST", format!("{ARN}:$LATEST")),
    ] {
        let got = frame.ok("lambda:GetFunction", json!({"FunctionName": name}));
        assert_eq!(text(&got["Configuration"], "FunctionArn"), arn, "{name}");
    }
}

#[test]
fn an_unknown_function_is_named_by_its_arn() {
    let frame = with_function();
    let nobody = ARN.replace("orders", "nobody");
    for (operation, more) in [
        ("GetFunction", json!({})),
        ("GetFunctionConfiguration", json!({})),
        ("DeleteFunction", json!({})),
        ("GetFunctionCodeSigningConfig", json!({})),
        ("PublishVersion", json!({})),
        ("ListVersionsByFunction", json!({})),
        ("CreateAlias", json!({"Name": "a", "FunctionVersion": "$LATEST"})),
        ("GetAlias", json!({"Name": "a"})),
        ("UpdateAlias", json!({"Name": "a"})),
        ("DeleteAlias", json!({"Name": "a"})),
        ("ListAliases", json!({})),
        ("GetPolicy", json!({})),
        ("RemovePermission", json!({"StatementId": "s"})),
        ("PutFunctionConcurrency", json!({"ReservedConcurrentExecutions": 1})),
        ("GetFunctionConcurrency", json!({})),
        ("DeleteFunctionConcurrency", json!({})),
    ] {
        let input = with(json!({"FunctionName": "nobody"}), more);
        let refused = frame.refused(&format!("lambda:{operation}"), input);
        assert_eq!(refused, not_found(&format!("Function not found: {nobody}")), "{operation}");
    }
    for qualifier in ["7", "live"] {
        let input = with(orders(), json!({"Qualifier": qualifier}));
        let refused = frame.refused("lambda:GetFunction", input);
        assert_eq!(refused, not_found(&format!("Function not found: {ARN}:{qualifier}")));
    }
    let input = json!({"FunctionName": "orders:1", "Qualifier": "2"});
    assert_eq!(
        frame.refused("lambda:GetFunction", input),
        invalid("The derived qualifier from the function name does not match the specified qualifier.")
    );
}

#[test]
fn regions_and_accounts_have_their_own_functions() {
    let frame = with_function();
    for (account, region) in [(ACCOUNT, "eu-west-1"), (OTHER_ACCOUNT, "us-east-1")] {
        let other = frame.in_scope(account, region);
        let arn = format!("arn:aws:lambda:{region}:{account}:function:orders");
        let refused = other.refused("lambda:GetFunction", orders());
        assert_eq!(refused, not_found(&format!("Function not found: {arn}")));
        assert_eq!(other.ok("lambda:ListFunctions", json!({}))["Functions"], json!([]));
        assert!(other.run("lambda:GetFunction", json!({"FunctionName": ARN})).is_err());
    }
}

fn names(answer: &Value) -> Vec<String> {
    answer["Functions"].as_array().unwrap().iter().map(|function| text(function, "FunctionArn")).collect()
}

#[test]
fn functions_are_listed_by_page_and_with_versions() {
    let frame = with_function();
    frame.function("a");
    frame.ok("lambda:PublishVersion", orders());
    let a = ARN.replace("orders", "a");
    let all = frame.ok("lambda:ListFunctions", json!({}));
    assert_eq!(names(&all), [&*a, ARN]);
    // State and the like are not in lists (Lambda API reference, `ListFunctions`).
    assert!(all["Functions"][0].get("State").is_none());
    assert!(all["Functions"][0].get("LastUpdateStatus").is_none());
    let first = frame.ok("lambda:ListFunctions", json!({"MaxItems": 1}));
    assert_eq!(names(&first), [&*a]);
    let rest = frame.ok("lambda:ListFunctions", json!({"Marker": first["NextMarker"]}));
    assert_eq!((names(&rest), rest.get("NextMarker")), (vec![ARN.to_owned()], None));
    let versions = frame.ok("lambda:ListFunctions", json!({"FunctionVersion": "ALL"}));
    let expected = [format!("{a}:$LATEST"), format!("{ARN}:$LATEST"), format!("{ARN}:1")];
    assert_eq!(names(&versions), expected);
    let edge = json!({"MasterRegion": "us-east-1", "FunctionVersion": "ALL"});
    assert_eq!(frame.ok("lambda:ListFunctions", edge)["Functions"], json!([]));
    let refused = frame.refused("lambda:ListFunctions", json!({"Marker": "?"}));
    assert_eq!(refused, invalid("The marker is not one that was given out."));
    // A marker of any length is no key.
    assert!(frame.run("lambda:ListFunctions", json!({"Marker": "enp6".repeat(25_000)})).is_ok());
}

#[test]
fn a_deleted_function_leaves_nothing() {
    let frame = with_function();
    frame.ok("lambda:PublishVersion", orders());
    let alias = with(orders(), json!({"Name": "live", "FunctionVersion": "1"}));
    frame.ok("lambda:CreateAlias", alias.clone());
    frame.ok("lambda:UpdateFunctionCode", with(orders(), json!({"ZipFile": blob(b"PK two")})));
    assert!(frame.has_blob(ZIP) && frame.has_blob(b"PK two"));
    assert_eq!(frame.ok("lambda:DeleteFunction", orders()), json!({"StatusCode": 204}));
    assert!(!frame.has_blob(ZIP) && !frame.has_blob(b"PK two"));
    // One of the same name begins anew.
    frame.function("orders");
    let refused = frame.refused("lambda:GetAlias", with(orders(), json!({"Name": "live"})));
    assert_eq!(refused, not_found(&format!("Cannot find alias arn: {ARN}:live")));
    assert_eq!(text(&frame.ok("lambda:PublishVersion", orders()), "Version"), "1");
}

/// Two functions of one package: the bytes are stored once and live as long as one uses them.
#[test]
fn a_package_lives_as_long_as_it_is_used() {
    let frame = with_function();
    frame.function("other");
    frame.ok("lambda:DeleteFunction", orders());
    assert!(frame.has_blob(ZIP));
    frame.ok("lambda:DeleteFunction", json!({"FunctionName": "other"}));
    assert!(!frame.has_blob(ZIP));
}

#[test]
fn a_qualifier_never_deletes_the_function() {
    let frame = with_function();
    let check = |qualifier: &str, expected: &str| {
        let input = with(orders(), json!({"Qualifier": qualifier}));
        assert_eq!(frame.refused("lambda:DeleteFunction", input), invalid(expected));
        let input = json!({"FunctionName": format!("orders:{qualifier}")});
        assert_eq!(frame.refused("lambda:DeleteFunction", input), invalid(expected));
    };
    check("$LATEST", "$LATEST version cannot be deleted without deleting the function.");
    check("live", "Deletion of aliases is not currently supported.");
    let unknown = with(orders(), json!({"Qualifier": "7"}));
    assert_eq!(frame.ok("lambda:DeleteFunction", unknown), json!({"StatusCode": 204}));
    frame.ok("lambda:GetFunction", orders());
}

#[test]
fn no_function_signs_its_code() {
    let frame = with_function();
    let answer = frame.ok("lambda:GetFunctionCodeSigningConfig", orders());
    assert_eq!(answer, json!({"CodeSigningConfigArn": "", "FunctionName": "orders"}));
}
