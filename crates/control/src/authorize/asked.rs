//! What a call needs to be allowed: its action and what it concerns, in each service's way
//! (service authorization reference, one page a service).

use api::OperationTable;
use api::table::Location;
use base::Arn;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::passed_roles::passed_roles;
use super::thing::Thing;
use crate::call::{CallContext, Identity};
use crate::services::lambda::FunctionName;

/// One action on one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) action: String,
    pub(super) on: Thing,
    /// Condition keys of this action with their values.
    pub(super) keys: Vec<(String, String)>,
}

fn asked_for(action: impl Into<String>, on: Thing) -> Asked {
    Asked { action: action.into(), on, keys: Vec::new() }
}

/// A member of the input that is a text.
fn text<'v>(input: &'v Value, member: &str) -> Option<&'v str> {
    input.get(member).and_then(Value::as_str)
}

/// Everything that the call needs to be allowed: mostly one action; one more to tag what it
/// makes, and `iam:PassRole` for each role that it hands to a service. Nothing for calls that
/// everyone may make or that decide for themselves.
pub(super) fn asked(
    context: &CallContext,
    request: &wire::Request,
    found: &wire::Match,
    input: &Value,
) -> Vec<Asked> {
    let operation = found.operation.name;
    let service = found.service.name;
    let mut own = match service {
        "apigateway" | "apigatewayv2" => {
            let path = path(found.operation, input);
            let region = context.scope.region();
            let arn = match text(input, "domainNameId").filter(|id| !id.is_empty()) {
                Some(id) => {
                    format!("arn:aws:apigateway:{region}:{}:{}", context.scope.account(), with_id(&path, id))
                }
                None => format!("arn:aws:apigateway:{region}::{path}"),
            };
            asked_for(format!("apigateway:{}", found.operation.method), Thing::Opaque(arn))
        }
        "apigatewaymanagementapi" => {
            asked_for("execute-api:ManageConnections", Thing::Opaque("*".to_owned()))
        }
        "lambda" => {
            let invokes = matches!(operation, "Invoke" | "InvokeWithResponseStream");
            let action = if invokes { "InvokeFunction" } else { operation };
            asked_for(format!("lambda:{action}"), function(context, input))
        }
        "logs" => asked_for(format!("logs:{operation}"), log_group(context, operation, input)),
        "acm" => {
            let on = match text(input, "CertificateArn") {
                Some(arn) => Thing::Certificate(arn.to_owned()),
                None => Thing::Untagged("*".to_owned()),
            };
            asked_for(format!("acm:{operation}"), on)
        }
        "iam" => asked_for(format!("iam:{operation}"), identity(context, operation, input)),
        // Everyone may ask who he is; AssumeRole asks the role's trust policy too.
        "sts" if matches!(operation, "GetCallerIdentity" | "AssumeRole") => return Vec::new(),
        other => asked_for(format!("{other}:{operation}"), Thing::Untagged("*".to_owned())),
    };
    own.keys = keys(service, operation, input);
    let mut all = vec![own];
    if let Some(action) = tagging(service, operation)
        && let [first] = all.as_slice()
        && first.keys.iter().any(|(key, _)| key == TAG_KEYS)
    {
        all.push(Asked { action: action.to_owned(), ..first.clone() });
    }
    let passed = passed_roles(found, request, input, &context.scope);
    all.extend(passed.into_iter().map(|(role, service)| Asked {
        action: "iam:PassRole".to_owned(),
        on: Thing::PassedRole(role),
        keys: vec![("iam:PassedToService".to_owned(), service.to_owned())],
    }));
    all
}

const TAG_KEYS: &str = "aws:TagKeys";

/// Condition keys that the input gives values (service authorization reference).
fn keys(service: &str, operation: &str, input: &Value) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    let mut tag = |key: &str, value: &str| {
        keys.push((TAG_KEYS.to_owned(), key.to_owned()));
        keys.push((format!("aws:RequestTag/{key}"), value.to_owned()));
    };
    match input.get("Tags").or_else(|| input.get("tags")) {
        Some(Value::Object(tags)) => {
            tags.iter().for_each(|(key, value)| tag(key, value.as_str().unwrap_or_default()));
        }
        Some(Value::Array(tags)) => {
            for one in tags {
                tag(text(one, "Key").unwrap_or_default(), text(one, "Value").unwrap_or_default());
            }
        }
        _ => {}
    }
    let untagged = input.get("TagKeys").or_else(|| input.get("tagKeys")).and_then(Value::as_array);
    for key in untagged.into_iter().flatten().filter_map(Value::as_str) {
        keys.push((TAG_KEYS.to_owned(), key.to_owned()));
    }
    let own = match (service, operation) {
        ("iam", "AttachRolePolicy" | "DetachRolePolicy" | "AttachUserPolicy" | "DetachUserPolicy") => {
            text(input, "PolicyArn").map(|arn| ("iam:PolicyARN", arn))
        }
        ("lambda", "AddPermission") => text(input, "Principal").map(|who| ("lambda:Principal", who)),
        _ => None,
    };
    keys.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
    keys
}

/// The action that making something with tags needs besides its own.
fn tagging(service: &str, operation: &str) -> Option<&'static str> {
    match (service, operation) {
        ("iam", "CreateRole") => Some("iam:TagRole"),
        ("iam", "CreateUser") => Some("iam:TagUser"),
        ("iam", "CreatePolicy") => Some("iam:TagPolicy"),
        ("lambda", "CreateFunction") => Some("lambda:TagResource"),
        ("acm", "ImportCertificate" | "RequestCertificate") => Some("acm:AddTagsToCertificate"),
        ("logs", "CreateLogGroup") => Some("logs:TagResource"),
        _ => None,
    }
}

/// What a label of a path may hold unescaped (RFC 3986, unreserved characters).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path by which API Gateway's policies know what a call concerns. It is written from what
/// was understood of the request and not from its text, so that one thing has one path however
/// it was spelled: a slash at the end, or an escape that need not be, changes nothing. ARNs in
/// paths stay escaped, and the second version of the API has no `/v2` here.
fn path(operation: &OperationTable, input: &Value) -> String {
    let template = operation.uri.split_once('?').map_or(operation.uri, |(path, _)| path);
    let template = match template.strip_prefix("/v2/") {
        Some(rest) if operation.service.name == "apigatewayv2" => rest,
        _ => template.trim_start_matches('/'),
    };
    let mut path = String::new();
    for segment in template.split('/') {
        path.push('/');
        match segment.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            None => path.push_str(segment),
            Some(label) => {
                let label = label.trim_end_matches('+');
                let members = operation.input.members.iter();
                let value = members
                    .filter(|member| member.location == Location::Uri && member.wire_name == label)
                    .find_map(|member| text(input, member.name));
                path.extend(utf8_percent_encode(value.unwrap_or_default(), UNRESERVED));
            }
        }
    }
    path
}

/// The path of a private domain name, or of something that belongs to one: the name goes with its
/// id, and the ARN with the account (API Gateway developer guide, "Custom domain names for private
/// APIs").
fn with_id(path: &str, id: &str) -> String {
    let id = utf8_percent_encode(id, UNRESERVED);
    let mut segments = path.splitn(4, '/').skip(1);
    match (segments.next(), segments.next(), segments.next()) {
        (Some(collection), Some(name), None) => format!("/{collection}/{name}+{id}"),
        (Some(collection), Some(name), Some(rest)) => format!("/{collection}/{name}+{id}/{rest}"),
        _ => path.to_owned(),
    }
}

fn function(context: &CallContext, input: &Value) -> Thing {
    let Some(named) = text(input, "FunctionName").or_else(|| text(input, "Resource")) else {
        return Thing::Untagged("*".to_owned());
    };
    match FunctionName::parse(named, text(input, "Qualifier")) {
        Ok(name) => Thing::Function {
            arn: name.arn(&context.scope),
            name: name.is_within(&context.scope).then_some(name.name),
        },
        // The operation will refuse it.
        Err(_) => Thing::Opaque(named.to_owned()),
    }
}

/// For most operations a group's ARN is followed by a stream's, which may be empty; those on
/// tags go without (CloudWatch Logs user guide, "Overview of managing access permissions").
fn log_group(context: &CallContext, operation: &str, input: &Value) -> Thing {
    let (region, account) = (context.scope.region(), context.scope.account());
    let groups = format!("arn:aws:logs:{region}:{account}:log-group:");
    let named = text(input, "resourceArn")
        .or_else(|| text(input, "logGroupName"))
        .or_else(|| text(input, "logGroupIdentifier"));
    let Some(named) = named else {
        return Thing::Untagged(format!("{groups}:log-stream:"));
    };
    let name = match named.strip_prefix(&*groups) {
        Some(name) => name.strip_suffix(":*").unwrap_or(name),
        None if named.starts_with("arn:") => return Thing::Opaque(named.to_owned()),
        None => named,
    };
    let is_of_tags = matches!(operation, "ListTagsForResource" | "TagResource" | "UntagResource");
    let arn = match text(input, "logStreamName") {
        _ if is_of_tags => format!("{groups}{name}"),
        stream => format!("{groups}{name}:log-stream:{}", stream.unwrap_or_default()),
    };
    Thing::LogGroup { arn, name: name.to_owned() }
}

fn identity(context: &CallContext, operation: &str, input: &Value) -> Thing {
    let text = |member: &str| text(input, member);
    let named = |kind: &str, name: &str| {
        let path = text("Path").or_else(|| text("PathPrefix")).unwrap_or("/");
        Thing::Untagged(format!("arn:aws:iam::{}:{kind}{path}{name}", context.scope.account()))
    };
    match operation {
        "CreateRole" => named("role", text("RoleName").unwrap_or_default()),
        "CreateUser" => named("user", text("UserName").unwrap_or_default()),
        "CreatePolicy" => named("policy", text("PolicyName").unwrap_or_default()),
        "ListRoles" => named("role", ""),
        "ListUsers" => named("user", ""),
        "ListPolicies" => named("policy", ""),
        "GetAccessKeyLastUsed" => Thing::KeyHolder(text("AccessKeyId").unwrap_or_default().to_owned()),
        _ => match (text("RoleName"), text("UserName"), text("PolicyArn"), &context.caller.identity) {
            (Some(role), ..) => Thing::Role(role.to_owned()),
            (None, Some(user), ..) => Thing::User(user.to_owned()),
            (None, None, Some(arn), _) => Thing::Policy(arn.to_owned()),
            // Without a name the operation is about the caller.
            (None, None, None, Identity::User { name, .. }) => Thing::User(name.clone()),
            (None, None, None, Identity::Root | Identity::Session { .. }) => Thing::Untagged("*".to_owned()),
        },
    }
}

/// The account in an ARN, if it has one.
pub(super) fn account_of(arn: &str) -> Option<String> {
    arn.parse::<Arn>().ok().map(|arn| arn.account).filter(|account| !account.is_empty())
}
