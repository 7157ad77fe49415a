//! What a policy is asked: who wants to do what to which thing, and under what circumstances.

use std::borrow::Cow;

/// A question to a policy.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// `service:Action`: `execute-api:Invoke`. Case does not matter.
    pub action: &'a str,
    /// The ARN of the thing; `*` for actions that concern no thing in particular.
    pub resource: &'a str,
    /// The circumstances.
    pub context: Context<'a>,
}

impl<'a> Request<'a> {
    /// A request whose context holds what the principal says about itself: `aws:PrincipalArn`,
    /// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:userid`, `aws:username`,
    /// `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`, as far as it has them.
    #[must_use]
    pub fn new(principal: Principal<'a>, action: &'a str, resource: &'a str) -> Self {
        Self { principal, action, resource, context: Context::of(&principal) }
    }

    /// The same under one more circumstance.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.context.set(key, value);
        self
    }

    /// The same from someone who does not know everything: see [`Context::untold`].
    #[must_use]
    pub fn untold(mut self, untold: fn(&str) -> bool) -> Self {
        self.context.untold(untold);
        self
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// Nobody in particular: an unsigned request.
    Anonymous,
    /// An account itself, also called its root user.
    Root {
        /// The 12-digit account.
        account: &'a str,
    },
    /// An IAM user.
    User {
        /// `arn:aws:iam::111122223333:user/anne`
        arn: &'a str,
        /// `AIDA…`
        id: &'a str,
    },
    /// A session of a role.
    AssumedRole {
        /// `arn:aws:iam::111122223333:role/path/name`
        role_arn: &'a str,
        /// `arn:aws:sts::111122223333:assumed-role/name/session`
        session_arn: &'a str,
        /// `AROA…:session`
        id: &'a str,
    },
    /// A session of `GetFederationToken`.
    FederatedUser {
        /// `arn:aws:sts::111122223333:federated-user/name`
        arn: &'a str,
        /// `111122223333:name`
        id: &'a str,
    },
    /// An AWS service that acts for itself: `apigateway.amazonaws.com`.
    Service {
        /// Its name.
        name: &'a str,
    },
    /// Someone whom an identity provider vouches for.
    Federated {
        /// The provider: `cognito-identity.amazonaws.com`, or the ARN of a SAML or OIDC provider.
        provider: &'a str,
    },
}

impl<'a> Principal<'a> {
    /// The account to which the principal belongs; none for services, for the anonymous, and
    /// for those who come from an identity provider.
    #[must_use]
    pub fn account(&self) -> Option<&'a str> {
        match *self {
            Self::Root { account } => Some(account),
            Self::User { arn, .. } | Self::FederatedUser { arn, .. } => account_of(arn),
            Self::AssumedRole { role_arn, .. } => account_of(role_arn),
            Self::Anonymous | Self::Service { .. } | Self::Federated { .. } => None,
        }
    }
}

/// The fifth part of an ARN, if it is an account.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// The circumstances of a request: the values of condition keys. The names of keys are the
/// same in any case.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// Names in lower case, each once. A request has some twenty, so that looking through them
    /// is quicker than hashing.
    keys: Vec<(Cow<'a, str>, Values<'a>)>,
    untold: Option<fn(&str) -> bool>,
}

#[derive(Clone, Debug)]
enum Values<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Context<'a> {
    /// No circumstances.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Vec::new(), untold: None }
    }

    /// What a principal says about itself (IAM user guide, "AWS global condition context
    /// keys", properties of the principal).
    #[must_use]
    pub fn of(principal: &Principal<'a>) -> Self {
        let mut context = Self::new();
        if let Some(account) = principal.account() {
            context.set("aws:PrincipalAccount", account);
        }
        let by_service = matches!(principal, Principal::Service { .. });
        context.set("aws:PrincipalIsAWSService", if by_service { "true" } else { "false" });
        let (kind, arn, id) = match *principal {
            Principal::Anonymous => {
                context.set("aws:PrincipalType", "Anonymous");
                context.set("aws:userid", "anonymous");
                return context;
            }
            Principal::Service { name } => {
                context.set("aws:PrincipalServiceName", name);
                context.add("aws:PrincipalServiceNamesList", name);
                return context;
            }
            Principal::Federated { provider } => {
                context.set("aws:FederatedProvider", provider);
                return context;
            }
            Principal::Root { account } => {
                ("Account", Cow::Owned(format!("arn:aws:iam::{account}:root")), account)
            }
            Principal::User { arn, id } => {
                if let Some((_, name)) = arn.rsplit_once('/') {
                    context.set("aws:username", name);
                }
                ("User", Cow::Borrowed(arn), id)
            }
            // The role's ARN, not the session's.
            Principal::AssumedRole { role_arn, id, .. } => ("AssumedRole", Cow::Borrowed(role_arn), id),
            Principal::FederatedUser { arn, id } => ("FederatedUser", Cow::Borrowed(arn), id),
        };
        context.set("aws:PrincipalType", kind);
        context.set("aws:PrincipalArn", arn);
        context.set("aws:userid", id);
        context
    }

    /// Gives a key one value in place of those it had.
    pub fn set(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        *self.slot(key) = Values::One(value.into());
    }

    /// Gives a key one more value.
    pub fn add(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.add_all(key, [value.into()]);
    }

    /// Gives a key more values. A key that is given none is there, but empty.
    pub fn add_all<V: Into<Cow<'a, str>>>(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = V>,
    ) {
        let slot = self.slot(key);
        let mut all = match std::mem::replace(slot, Values::Many(Vec::new())) {
            Values::One(value) => vec![value],
            Values::Many(values) => values,
        };
        all.extend(values.into_iter().map(Into::into));
        *slot = Values::Many(all);
    }

    /// Says of which absent keys it is not known whether the request has them (the name comes in
    /// lower case). What depends on one of those cannot be decided, and decides against the
    /// request: a Deny applies, an Allow does not.
    pub fn untold(&mut self, untold: fn(&str) -> bool) {
        self.untold = Some(untold);
    }

    /// Whether it is not known if the request has a key.
    pub(crate) fn is_untold(&self, key: &str) -> bool {
        self.untold.is_some_and(|untold| untold(key)) && self.values(key).is_empty()
    }

    fn slot(&mut self, key: impl Into<Cow<'a, str>>) -> &mut Values<'a> {
        let key = lower(key.into());
        let at = self.keys.iter().position(|(name, _)| *name == key).unwrap_or_else(|| {
            self.keys.push((key, Values::Many(Vec::new())));
            self.keys.len() - 1
        });
        // The index was found or made just now.
        #[allow(clippy::indexing_slicing)]
        &mut self.keys[at].1
    }

    /// The values of a key, whose name is in lower case; none if the request has no such key.
    pub(crate) fn values(&self, key: &str) -> &[Cow<'a, str>] {
        match self.keys.iter().find(|(name, _)| name == key) {
            Some((_, Values::One(value))) => std::slice::from_ref(value),
            Some((_, Values::Many(values))) => values,
            None => &[],
        }
    }

    /// The value of a key that has exactly one.
    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match self.values(key) {
            [value] => Some(value),
            _ => None,
        }
    }
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|c| c.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_in_any_case() {
        let mut context = Context::new();
        context.set("aws:SourceIp", "10.0.0.1");
        context.set("AWS:sourceip", "10.0.0.2");
        assert_eq!(context.values("aws:sourceip"), ["10.0.0.2"]);
        assert_eq!(context.single("aws:sourceip"), Some("10.0.0.2"));
        context.add("aws:sourceIP", "10.0.0.3");
        assert_eq!(context.values("aws:sourceip"), ["10.0.0.2", "10.0.0.3"]);
        assert_eq!(context.single("aws:sourceip"), None);
        context.add_all("aws:TagKeys", [] as [&str; 0]);
        assert!(context.values("aws:tagkeys").is_empty() && context.values("none").is_empty());
    }

    #[test]
    fn principals_describe_themselves() {
        let facts = |principal: Principal<'_>| {
            let context = Context::of(&principal);
            let fact = |key: &str| context.single(key).unwrap_or("-").to_owned();
            [
                fact("aws:principalarn"),
                fact("aws:principalaccount"),
                fact("aws:principaltype"),
                fact("aws:userid"),
                fact("aws:username"),
                fact("aws:principalisawsservice"),
                fact("aws:principalservicename"),
            ]
        };
        assert_eq!(
            facts(Principal::Root { account: "111122223333" }),
            ["arn:aws:iam::111122223333:root", "111122223333", "Account", "111122223333", "-", "false", "-"]
        );
        assert_eq!(
            facts(Principal::User { arn: "arn:aws:iam::111122223333:user/team/anne", id: "AIDAEXAMPLE" }),
            [
                "arn:aws:iam::111122223333:user/team/anne",
                "111122223333",
                "User",
                "AIDAEXAMPLE",
                "anne",
                "false",
                "-"
            ]
        );
        assert_eq!(
            facts(Principal::AssumedRole {
                role_arn: "arn:aws:iam::111122223333:role/a/worker",
                session_arn: "arn:aws:sts::111122223333:assumed-role/worker/s1",
                id: "AROAEXAMPLE:s1",
            }),
            [
                "arn:aws:iam::111122223333:role/a/worker",
                "111122223333",
                "AssumedRole",
                "AROAEXAMPLE:s1",
                "-",
                "false",
                "-"
            ]
        );
        assert_eq!(
            facts(Principal::Service { name: "apigateway.amazonaws.com" }),
            ["-", "-", "-", "-", "-", "true", "apigateway.amazonaws.com"]
        );
        assert_eq!(facts(Principal::Anonymous), ["-", "-", "Anonymous", "anonymous", "-", "false", "-"]);
        assert_eq!(
            facts(Principal::Federated { provider: "accounts.google.com" }),
            ["-", "-", "-", "-", "-", "false", "-"]
        );
    }
}
