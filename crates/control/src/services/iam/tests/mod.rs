//! IAM's operations. Shapes: IAM API reference; texts: IAM's answers as users have reported them.

mod access_keys;
mod attached_policies;
mod inline_policies;
mod managed_policies;
mod roles;
mod users;

/// Allows something.
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}"#;

/// One of AWS's policies.
const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/// A refusal as a 404.
fn no_such(text: &str) -> String {
    format!("404 NoSuchEntity \"{text}\"")
}

/// A refusal as a 409.
fn delete_conflict(text: &str) -> String {
    format!("409 DeleteConflict \"{text}\"")
}

/// A policy of this size, white space not counted.
fn policy_of(size: usize) -> String {
    let short = POLICY.replace("logs:*", "logs:");
    short.replace("logs:", &format!("logs:{}", "x".repeat(size - short.len())))
}
