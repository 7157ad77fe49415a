//! The `Principal` and `NotPrincipal` elements: whom a statement is about (IAM user guide,
//! "AWS JSON policy elements: Principal" and "NotPrincipal").

use serde_json::Value;

use crate::error::PolicyError;
use crate::json::{object, texts};
use crate::request::Principal;

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principals {
    Listed(Vec<Named>),
    AllBut(Vec<Named>),
}

/// A principal as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// `*`, also as `{"AWS": "*"}`: services and the anonymous among them.
    Everyone,
    /// An account, by its number or by its root user's ARN: whoever belongs to it.
    Account(Box<str>),
    /// A user, a role (and so all its sessions) or a session.
    Arn(Box<str>),
    /// A user or role by its unique id (`AIDA…`, `AROA…`), as AWS shows those that are gone.
    Id(Box<str>),
    AnyService,
    Service(Box<str>),
    Federated(Box<str>),
    /// An S3 owner; such requests do not come here, so it matches nobody.
    CanonicalUser,
}

/// How a statement is about the one who asks. It decides whether an Allow in a resource's own
/// account is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    NotMeant,
    /// Only as a member of an account that is named: the account may pass the permission on.
    ThroughAccount,
    /// By name, or as anyone.
    Directly,
}

impl Principals {
    pub(crate) fn parse(value: &Value, at: &str) -> Result<Vec<Named>, PolicyError> {
        if let Some(text) = value.as_str() {
            if text == "*" {
                return Ok(vec![Named::Everyone]);
            }
            return Err(PolicyError::Value {
                at: at.into(),
                value: text.into(),
                expected: "* or an object of principals",
            });
        }
        let mut out = Vec::new();
        for (kind, value) in object(value, at)? {
            let at = format!("{at}.{kind}");
            for text in texts(value, &at)? {
                out.push(Named::parse(kind, text, &at)?);
            }
        }
        Ok(out)
    }

    /// How a statement with this element, denying or allowing, is about the principal.
    pub(crate) fn standing(&self, principal: &Principal<'_>, deny: bool) -> Standing {
        match self {
            Self::Listed(named) => {
                named.iter().map(|named| named.standing(principal)).max().unwrap_or(Standing::NotMeant)
            }
            Self::AllBut(named) => {
                let listed = links(named, principal);
                // A session is spared by a Deny only if the session, its role and its account
                // are all listed ("NotPrincipal", section on Deny). An Allow is not for those
                // of whom anything is listed.
                let spared = if deny {
                    listed.iter().all(|listed| *listed)
                } else {
                    listed.iter().any(|listed| *listed)
                };
                if spared { Standing::NotMeant } else { Standing::Directly }
            }
        }
    }
}

/// For each thing that a principal is (session, role, account), whether it is listed as such.
fn links(named: &[Named], principal: &Principal<'_>) -> Vec<bool> {
    let everyone = named.contains(&Named::Everyone);
    let arn = |arn: &str, id: &str| {
        everyone
            || named.iter().any(|named| match named {
                Named::Arn(listed) => **listed == *arn,
                Named::Id(listed) => **listed == *id,
                _ => false,
            })
    };
    let account = |account: Option<&str>| {
        everyone
            || named.iter().any(|named| matches!(named, Named::Account(listed) if Some(&**listed) == account))
    };
    match *principal {
        Principal::Root { account: number } => vec![account(Some(number))],
        Principal::User { arn: user, id } | Principal::FederatedUser { arn: user, id } => {
            vec![arn(user, id), account(principal.account())]
        }
        Principal::AssumedRole { role_arn, session_arn, id } => {
            vec![arn(session_arn, id), arn(role_arn, role_id(id)), account(principal.account())]
        }
        Principal::Anonymous | Principal::Service { .. } | Principal::Federated { .. } => {
            vec![named.iter().any(|named| named.standing(principal) == Standing::Directly)]
        }
    }
}

/// `AROA…` of `AROA…:session`.
fn role_id(id: &str) -> &str {
    id.split_once(':').map_or(id, |(role, _)| role)
}

impl Named {
    fn parse(kind: &str, text: &str, at: &str) -> Result<Self, PolicyError> {
        let wrong = |expected| PolicyError::Value { at: at.into(), value: text.into(), expected };
        match kind {
            "AWS" => Self::parse_aws(text)
                .ok_or_else(|| wrong("an account, the ARN of a principal without wildcards, or *")),
            "Service" if text == "*" => Ok(Self::AnyService),
            "Service" if text.contains('.') && !text.contains('*') => Ok(Self::Service(text.into())),
            "Service" => Err(wrong("a service's name, such as lambda.amazonaws.com")),
            "Federated" if !text.is_empty() => Ok(Self::Federated(text.into())),
            "Federated" => Err(wrong("an identity provider")),
            "CanonicalUser" => Ok(Self::CanonicalUser),
            _ => Err(PolicyError::Unknown { at: at.into(), element: kind.into() }),
        }
    }

    fn parse_aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        if is_account(text) {
            return Some(Self::Account(text.into()));
        }
        if text.starts_with("arn:") {
            let parts: Vec<_> = text.splitn(6, ':').collect();
            let [_, _, service, _, account, resource] = parts.as_slice() else { return None };
            let plain = !text.contains(['*', '?']);
            return match (*service, *resource) {
                ("iam", "root") => is_account(account).then(|| Self::Account((*account).into())),
                ("iam" | "sts", resource) if plain && !resource.is_empty() => Some(Self::Arn(text.into())),
                _ => None,
            };
        }
        let id = text.len() >= 16 && text.starts_with('A');
        let id = id && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        id.then(|| Self::Id(text.into()))
    }

    fn standing(&self, principal: &Principal<'_>) -> Standing {
        let directly = match (self, *principal) {
            (Self::Everyone, _) | (Self::AnyService, Principal::Service { .. }) => true,
            (Self::Account(account), Principal::Root { account: asking }) => **account == *asking,
            (Self::Account(account), _) if principal.account() == Some(account) => {
                return Standing::ThroughAccount;
            }
            (Self::Arn(named), Principal::User { arn, .. } | Principal::FederatedUser { arn, .. }) => {
                **named == *arn
            }
            (Self::Arn(named), Principal::AssumedRole { role_arn, session_arn, .. }) => {
                **named == *role_arn || **named == *session_arn
            }
            (Self::Id(named), Principal::User { id, .. }) => **named == *id,
            (Self::Id(named), Principal::AssumedRole { id, .. }) => **named == *role_id(id),
            (Self::Service(named), Principal::Service { name }) => **named == *name,
            (Self::Federated(named), Principal::Federated { provider }) => **named == *provider,
            _ => false,
        };
        if directly { Standing::Directly } else { Standing::NotMeant }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit())
}
