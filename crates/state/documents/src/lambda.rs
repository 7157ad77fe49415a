//! Documents of Lambda functions, their versions and their aliases.
//!
//! The code packages themselves are blobs of the store, named by their SHA-256; each
//! document that names one is one use of it.

use api::lambda::{AliasConfiguration, FunctionConfiguration};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use store::{BlobId, Document, Key};

/// The resource policy of a function, a version or an alias: who outside the account, and
/// which AWS services, may invoke it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourcePolicy {
    /// The policy's text as `GetPolicy` answers it: JSON with `Version`, `Id` and
    /// `Statement`, one statement for each `AddPermission`, named by its `Sid`.
    pub document: serde_json::Value,
    /// `RevisionId`: changes with every change.
    pub revision_id: String,
}

/// A function's unpublished state, `$LATEST`, and what holds for all its versions. Key: the
/// function's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionDocument {
    /// As `GetFunctionConfiguration` answers.
    pub configuration: FunctionConfiguration,
    /// The package's bytes in the store.
    pub code: BlobId,
    /// The policy of the unqualified function; versions and aliases have their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ResourcePolicy>,
    /// Tags of the function.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
    /// `ReservedConcurrentExecutions`; 0 throttles every invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_concurrency: Option<i32>,
    /// The number of the last published version; 0 before the first.
    #[serde(default)]
    pub last_version: u64,
}

impl Document for FunctionDocument {
    const COLLECTION: &'static str = "lambda/functions";
}

/// A published version, which never changes. Key: the function's name, the version's number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionVersionDocument {
    /// As `GetFunctionConfiguration` answers for this qualifier.
    pub configuration: FunctionConfiguration,
    /// The package's bytes in the store.
    pub code: BlobId,
    /// The policy of this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ResourcePolicy>,
}

impl Document for FunctionVersionDocument {
    const COLLECTION: &'static str = "lambda/versions";
}

/// An alias. Key: the function's name, the alias's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionAliasDocument {
    /// As `GetAlias` answers.
    pub alias: AliasConfiguration,
    /// The policy of this alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ResourcePolicy>,
}

impl Document for FunctionAliasDocument {
    const COLLECTION: &'static str = "lambda/aliases";
}

/// The key of a version or an alias of a function.
#[must_use]
pub fn qualified(function_name: &str, qualifier: &str) -> Key {
    Key::new([function_name, qualifier])
}
