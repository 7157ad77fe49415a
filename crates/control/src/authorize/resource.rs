//! What a call asks of policies: its action and the ARN it concerns, in each service's way
//! (service authorization reference, one page a service).

use base::Scope;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// One action on one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) action: String,
    pub(super) resource: String,
}

fn asked_for(action: impl Into<String>, resource: impl Into<String>) -> Asked {
    Asked { action: action.into(), resource: resource.into() }
}

/// Everything that the call needs to be allowed: mostly one action, and `iam:PassRole` for
/// each role that it hands to a service. Nothing for calls that everyone may make.
pub(super) fn asked(
    scope: &Scope,
    request: &wire::Request,
    found: &wire::Match,
    input: &Value,
) -> Vec<Asked> {
    let operation = found.operation.name;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let mut all = match found.service.name {
        "apigateway" | "apigatewayv2" => {
            let path = percent_decode_str(request.path()).decode_utf8_lossy();
            let resource = format!("arn:aws:apigateway:{}::{path}", scope.region());
            vec![asked_for(format!("apigateway:{}", request.method()), resource)]
        }
        "apigatewaymanagementapi" => {
            vec![asked_for("execute-api:ManageConnections", "*")]
        }
        "lambda" => {
            let name = if operation == "Invoke" { "InvokeFunction" } else { operation };
            let of = text("FunctionName").or_else(|| text("Resource"));
            vec![asked_for(
                format!("lambda:{name}"),
                of.map_or_else(|| "*".to_owned(), |of| function(scope, of)),
            )]
        }
        "logs" => vec![asked_for(format!("logs:{operation}"), log_group(scope, input))],
        "iam" => vec![asked_for(format!("iam:{operation}"), identity(scope, input))],
        "sts" if operation == "GetCallerIdentity" => Vec::new(),
        "sts" => vec![asked_for(format!("sts:{operation}"), text("RoleArn").unwrap_or("*"))],
        other => vec![asked_for(format!("{other}:{operation}"), "*")],
    };
    all.extend(passed_roles(found, input).into_iter().map(|role| asked_for("iam:PassRole", role)));
    all
}

fn function(scope: &Scope, named: &str) -> String {
    let arn =
        |account: &str, rest: &str| format!("arn:aws:lambda:{}:{account}:function:{rest}", scope.region());
    match named.split_once(":function:") {
        Some(_) if named.starts_with("arn:") => named.to_owned(),
        Some((account, rest)) => arn(account, rest),
        None => arn(scope.account(), named),
    }
}

fn log_group(scope: &Scope, input: &Value) -> String {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    if let Some(arn) =
        text("resourceArn").or_else(|| text("logGroupIdentifier")).filter(|arn| arn.starts_with("arn:"))
    {
        return arn.to_owned();
    }
    let group = text("logGroupName").or_else(|| text("logGroupIdentifier"));
    let stream = text("logStreamName").unwrap_or_default();
    let prefix = format!("arn:aws:logs:{}:{}:log-group:", scope.region(), scope.account());
    match group {
        Some(group) => format!("{prefix}{group}:log-stream:{stream}"),
        None => format!("{prefix}{}*", text("logGroupNamePrefix").unwrap_or_default()),
    }
}

fn identity(scope: &Scope, input: &Value) -> String {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let prefix = format!("arn:aws:iam::{}:", scope.account());
    let path = text("Path").unwrap_or("/");
    if let Some(role) = text("RoleName") {
        format!("{prefix}role{path}{role}")
    } else if let Some(user) = text("UserName") {
        format!("{prefix}user{path}{user}")
    } else if let Some(arn) = text("PolicyArn") {
        arn.to_owned()
    } else if let Some(name) = text("PolicyName") {
        format!("{prefix}policy{path}{name}")
    } else {
        "*".to_owned()
    }
}

/// The roles that a call hands to a service, which the caller must be allowed to pass (IAM
/// user guide, "Granting a user permissions to pass a role to an AWS service").
fn passed_roles(found: &wire::Match, input: &Value) -> Vec<String> {
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let role = match (found.service.name, found.operation.name) {
        ("lambda", "CreateFunction" | "UpdateFunctionConfiguration") => text(input, "Role"),
        ("apigateway", "PutIntegration") => text(input, "credentials"),
        _ => None,
    };
    let patched =
        input.get("patchOperations").and_then(Value::as_array).into_iter().flatten().filter_map(|patch| {
            let path = text(patch, "path")?;
            let names_role =
                matches!(path.as_str(), "/credentials" | "/cloudwatchRoleArn" | "/authorizerCredentials");
            names_role.then(|| text(patch, "value")).flatten()
        });
    role.into_iter().chain(patched).filter(|role| role.starts_with("arn:aws:iam:")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;

    fn check(method: &str, path: &str, service: &str, body: &str, expected: &[(&str, &str)]) {
        let scope = Scope::new("111122223333", "us-west-2");
        let request = http::Request::builder().method(method).uri(path);
        let request = match service {
            "iam" | "sts" => request.header("content-type", "application/x-www-form-urlencoded"),
            _ => request,
        };
        let request = wire::Request::from(request.body(Bytes::from(body.to_owned())).unwrap());
        let found = wire::dispatch(&request, Some(service)).unwrap();
        let input = wire::decode(&found, &request).unwrap();
        let asked = asked(&scope, &request, &found, &input);
        let asked: Vec<_> = asked.iter().map(|a| (a.action.as_str(), a.resource.as_str())).collect();
        assert_eq!(asked, expected);
    }

    #[test]
    fn api_gateway_is_asked_by_method_and_path() {
        check(
            "GET",
            "/restapis/abc/stages/prod",
            "apigateway",
            "",
            &[("apigateway:GET", "arn:aws:apigateway:us-west-2::/restapis/abc/stages/prod")],
        );
    }

    #[test]
    fn lambda_is_asked_by_function() {
        let role = "arn:aws:iam::111122223333:role/worker";
        let body = json!({"FunctionName": "f", "Role": role, "Code": {"ZipFile": ""}}).to_string();
        check(
            "POST",
            "/2015-03-31/functions",
            "lambda",
            &body,
            &[
                ("lambda:CreateFunction", "arn:aws:lambda:us-west-2:111122223333:function:f"),
                ("iam:PassRole", role),
            ],
        );
        check(
            "POST",
            "/2015-03-31/functions/f/invocations",
            "lambda",
            "{}",
            &[("lambda:InvokeFunction", "arn:aws:lambda:us-west-2:111122223333:function:f")],
        );
    }

    #[test]
    fn identities_are_asked_by_name_and_everyone_may_ask_who_he_is() {
        check(
            "POST",
            "/",
            "iam",
            "Action=GetRole&Version=2010-05-08&RoleName=worker",
            &[("iam:GetRole", "arn:aws:iam::111122223333:role/worker")],
        );
        check("POST", "/", "sts", "Action=GetCallerIdentity&Version=2011-06-15", &[]);
    }
}
