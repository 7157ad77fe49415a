//! Lambda's operations. Shapes: Lambda API reference; texts: recorded from AWS, or Lambda's
//! answers as users have reported them.

mod aliases;
mod concurrency_and_tags;
mod create_function;
mod functions;
mod invoke;
mod permissions;
mod update_function;
mod versions;

use serde_json::{Value, json};

use crate::test_frame::Frame;

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:orders";

/// The input that names the function of all tests.
fn orders() -> Value {
    json!({"FunctionName": "orders"})
}

/// A frame with the function `orders`.
fn with_function() -> Frame {
    let frame = Frame::new();
    frame.function("orders");
    frame
}

/// A refusal as a 400.
fn invalid(text: &str) -> String {
    format!("400 InvalidParameterValueException \"{text}\"")
}

/// A refusal as a 404.
fn not_found(text: &str) -> String {
    format!("404 ResourceNotFoundException \"{text}\"")
}

/// A refusal as a 409.
fn conflict(text: &str) -> String {
    format!("409 ResourceConflictException \"{text}\"")
}

/// A refusal of another revision's change.
fn precondition(operation: &str) -> String {
    format!(
        "412 PreconditionFailedException \"The Revision Id provided does not match the latest Revision Id. \
         Call the {operation} API to retrieve the latest Revision Id\""
    )
}
