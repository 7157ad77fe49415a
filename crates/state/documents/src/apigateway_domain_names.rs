//! Documents of custom domain names: which names are served, with which certificates, and which
//! paths of theirs lead to which stages.
//!
//! The way of a request: its host is looked up as [`DomainNameDocument`] (a wildcard's first
//! label is `*`), and the longest base path that its path starts with as
//! [`BasePathMappingDocument`]. What a domain name asks of connections (`securityPolicy`,
//! `endpointAccessMode`, `mutualTlsAuthentication`), of callers (`policy`, the associations) and of
//! the way itself (`routingMode`) is only stored here: who serves a name holds to all of it, or
//! refuses the name's traffic.

use api::apigateway::{BasePathMapping, DomainName, DomainNameAccessAssociation};
use api::apigatewayv2::RoutingRule;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Document, Key};

use crate::acm::TlsIdentity;

/// A base path as it is stored and answered if it is empty.
pub const NO_BASE_PATH: &str = "(none)";

/// A custom domain name. Key: see [`domain_name_key`]. A public one is alone with its name in its
/// region, so that its key alone finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainNameDocument {
    /// As `GetDomainName` answers.
    pub domain_name: DomainName,
    /// When it was made, which AWS never shows: its place in lists.
    pub created: Timestamp,
    /// The certificate that was uploaded with it, in place of one of ACM's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<TlsIdentity>,
}

impl Document for DomainNameDocument {
    const COLLECTION: &'static str = "apigateway/domainnames";
}

/// The key of a domain name: the name, and the id that only private ones have.
#[must_use]
pub fn domain_name_key(name: &str, id: Option<&str>) -> Key {
    Key::new([name, id.unwrap_or_default()])
}

/// A path of a domain name that leads to an API. Key: that of the domain name, and the base path
/// ([`NO_BASE_PATH`] if it is empty).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BasePathMappingDocument {
    /// As `GetBasePathMapping` answers. Without a stage, the path's next segment names one.
    pub mapping: BasePathMapping,
    /// The id by which the second version of the API knows it.
    pub id: String,
}

impl Document for BasePathMappingDocument {
    const COLLECTION: &'static str = "apigateway/basepathmappings";
}

/// A rule by which requests of a domain name are led to an API. Key: that of the domain name, and the
/// rule's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoutingRuleDocument {
    /// As `GetRoutingRule` answers.
    pub rule: RoutingRule,
}

impl Document for RoutingRuleDocument {
    const COLLECTION: &'static str = "apigateway/routingrules";
}

/// A VPC endpoint that may reach a private domain name, in the scope of the endpoint's account.
/// Key: the key of the domain name and the endpoint's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessAssociationDocument {
    /// As `GetDomainNameAccessAssociations` answers.
    pub association: DomainNameAccessAssociation,
    /// When it was made, which AWS never shows: its place in lists.
    pub created: Timestamp,
}

impl Document for AccessAssociationDocument {
    const COLLECTION: &'static str = "apigateway/domainnameaccessassociations";
}

/// That another account has such an association, in the scope of the domain name's account. Key:
/// the key of the domain name, the other account, and the endpoint's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignAssociationDocument {
    /// When it was made.
    pub created: Timestamp,
}

impl Document for ForeignAssociationDocument {
    const COLLECTION: &'static str = "apigateway/foreignaccessassociations";
}

/// That another account's private domain name is shared with this one by its management policy.
/// Key: the domain name's account, and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedDomainNameDocument {
    /// When it was shared.
    pub shared: Timestamp,
}

impl Document for SharedDomainNameDocument {
    const COLLECTION: &'static str = "apigateway/shareddomainnames";
}
