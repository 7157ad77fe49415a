//! AWS's service APIs as data: a Rust type for every shape, a type and a table for every
//! operation, a table for every error. The modules named after services are generated from AWS's
//! models by `cargo xtask codegen`; what all of them share is written by hand here.
//!
//! The *canonical value* of a shape, into which `wire` decodes and from which it encodes, is JSON
//! with the model's member names, moments as milliseconds since 1970 and bytes as base64 text. It
//! is what the generated types (de)serialise as.

mod blob;
pub mod table;

#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod acm;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod apigateway;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod apigatewaymanagementapi;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod apigatewayv2;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod cloudtrail;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod ec2;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod elbv2;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod iam;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod lambda;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod logs;
mod services;
#[allow(missing_docs, reason = "generated: the names are AWS's and documented by AWS")]
pub mod sts;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use blob::Blob;
pub use services::SERVICES;
pub use table::{ErrorTable, OperationTable, ServiceTable};

/// An AWS operation: what goes in, what comes out, and its table. Implemented by one type per
/// operation, such as [`apigateway::operations::CreateStage`].
pub trait Operation: 'static {
    /// The input structure, or [`Empty`].
    type Input: DeserializeOwned + Send + Sync + 'static;
    /// The output structure, or [`Empty`].
    type Output: Serialize + Send + 'static;
    /// The operation's table.
    const TABLE: &'static OperationTable;
}

/// The input or output of an operation that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// A text is none of an enumeration's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue;

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is none of the enumeration's values")
    }
}

impl std::error::Error for UnknownValue {}

/// Stands for a sensitive member when its structure is printed.
struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests;
