//! `codegen.toml`: the services, their operations, and the errata.

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The exact version of the botocore package whose models are read.
    pub(crate) botocore: String,
    pub(crate) service: Vec<Service>,
    #[serde(default)]
    pub(crate) enum_order: Vec<EnumOrder>,
    #[serde(default)]
    pub(crate) sparse: Vec<Sparse>,
    #[serde(default)]
    pub(crate) pattern: Vec<Pattern>,
    #[serde(default)]
    pub(crate) sensitive: Vec<Sensitive>,
}

/// One service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) operations: Operations,
    pub(crate) validation: Validation,
}

/// `"all"` or a list of names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Operations {
    Word(AllOperations),
    Names(Vec<String>),
}

/// The word `all`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AllOperations {
    All,
}

/// How the service words constraint violations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validation {
    pub(crate) error: String,
    pub(crate) address: Address,
    pub(crate) message_member: String,
}

/// How a violation names its member.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Address {
    Input,
    Plain,
}

/// Erratum: the order in which messages list an enumeration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnumOrder {
    /// `<service>.<Shape>`
    pub(crate) shape: String,
    pub(crate) values: Vec<String>,
}

/// Erratum: a map whose values may be null.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sparse {
    /// `<service>.<Structure>.<member>`
    pub(crate) member: String,
}

/// Erratum: a member that holds a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sensitive {
    /// `<service>.<Structure>.<member>`
    pub(crate) member: String,
}

/// Erratum: a pattern that Rust's `regex` cannot compile, and an expression of its own that
/// accepts the same texts. Messages keep the model's pattern.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pattern {
    /// `<service>.<Shape>`
    pub(crate) shape: String,
    pub(crate) matches: String,
}
