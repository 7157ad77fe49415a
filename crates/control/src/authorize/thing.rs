//! What a call concerns, and what the store knows of it: IAM's ARNs hold paths that a call by
//! name does not tell, and policies may ask for tags.

use api::iam::Tag;
use documents::acm::CertificateDocument;
use documents::aws_managed::AwsManagedPolicy;
use documents::iam::{AccessKeyDocument, ManagedPolicyDocument, RoleDocument, UserDocument};
use documents::lambda::FunctionDocument;
use documents::logs::LogGroupDocument;
use store::{Key, StoreFault, Transaction};

use crate::call::CallContext;

/// What a call concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    /// A thing without tags: one that is still to be made, or none in particular.
    Untagged(String),
    /// A thing whose tags are not looked up.
    Opaque(String),
    /// The role of this name.
    Role(String),
    /// The role of this ARN, which is handed to a service.
    PassedRole(String),
    /// The user of this name.
    User(String),
    /// The user who holds this access key.
    KeyHolder(String),
    /// The managed policy of this ARN.
    Policy(String),
    /// A function, by the ARN with the qualifier; `name` if it is of the caller's account and
    /// region.
    Function { arn: String, name: Option<String> },
    /// A log group or a stream of it.
    LogGroup { arn: String, name: String },
    /// A certificate of this ARN.
    Certificate(String),
}

/// A thing as policies see it.
pub(super) struct Known {
    pub(super) arn: String,
    /// As a refusal names it: IAM names what exists by kind and name.
    pub(super) shown: String,
    /// Its tags; `None` if they are not known.
    pub(super) tags: Option<Vec<(String, String)>>,
}

impl Known {
    fn by_arn(arn: &str, tags: Option<Vec<(String, String)>>) -> Self {
        Self { arn: arn.to_owned(), shown: arn.to_owned(), tags }
    }
}

fn pairs(tags: Option<Vec<Tag>>) -> Vec<(String, String)> {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// Looks `thing` up. What does not exist has the ARN that it would have, and no tags.
pub(super) fn look_up(
    tx: &mut Transaction<'_>,
    context: &CallContext,
    thing: &Thing,
) -> Result<Known, StoreFault> {
    let global = context.scope.to_global();
    let account = context.scope.account();
    Ok(match thing {
        Thing::Untagged(arn) => Known::by_arn(arn, Some(Vec::new())),
        Thing::Opaque(arn) => Known::by_arn(arn, None),
        Thing::Role(name) => {
            let role = tx.get::<RoleDocument>(&global, &Key::new([name]))?.map(|document| document.role);
            let (arn, tags) = match role {
                Some(role) => (role.arn, pairs(role.tags)),
                None => (format!("arn:aws:iam::{account}:role/{name}"), Vec::new()),
            };
            Known { arn, shown: format!("role {name}"), tags: Some(tags) }
        }
        Thing::PassedRole(arn) => {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let role = tx.get::<RoleDocument>(&global, &Key::new([name]))?;
            let role = role.map(|document| document.role).filter(|role| role.arn == *arn);
            Known::by_arn(arn, Some(pairs(role.and_then(|role| role.tags))))
        }
        Thing::User(name) => user(tx, context, name)?,
        Thing::KeyHolder(id) => match tx.get::<AccessKeyDocument>(&global, &Key::new([id]))? {
            Some(key) => user(tx, context, &key.user_name)?,
            None => Known::by_arn("*", Some(Vec::new())),
        },
        Thing::Policy(arn) => {
            let own = match AwsManagedPolicy::by_arn(arn) {
                Some(_) => None,
                None => tx.get::<ManagedPolicyDocument>(&global, &Key::new([arn]))?,
            };
            let tags = pairs(own.and_then(|document| document.policy.tags));
            Known { arn: arn.clone(), shown: format!("policy {arn}"), tags: Some(tags) }
        }
        Thing::Function { arn, name } => {
            let document = match name {
                Some(name) => tx.get::<FunctionDocument>(&context.scope, &Key::new([name]))?,
                None => None,
            };
            let tags = document.map(|document| document.tags.into_iter().collect());
            Known::by_arn(arn, Some(tags.unwrap_or_default()))
        }
        Thing::LogGroup { arn, name } => {
            let document = tx.get::<LogGroupDocument>(&context.scope, &Key::new([name]))?;
            let tags = document.map(|document| document.tags.into_iter().collect());
            Known::by_arn(arn, Some(tags.unwrap_or_default()))
        }
        Thing::Certificate(arn) => {
            let id = arn.rsplit('/').next().unwrap_or_default();
            let document = tx.get::<CertificateDocument>(&context.scope, &Key::new([id]))?;
            let document = document.filter(|document| document.detail.certificate_arn.as_ref() == Some(arn));
            let tags = document.map(|document| document.tags.into_iter().collect());
            Known::by_arn(arn, Some(tags.unwrap_or_default()))
        }
    })
}

fn user(tx: &mut Transaction<'_>, context: &CallContext, name: &str) -> Result<Known, StoreFault> {
    let global = context.scope.to_global();
    let user = tx.get::<UserDocument>(&global, &Key::new([name]))?.map(|document| document.user);
    let (arn, tags) = match user {
        Some(user) => (user.arn, pairs(user.tags)),
        None => (format!("arn:aws:iam::{}:user/{name}", global.account()), Vec::new()),
    };
    Ok(Known { arn, shown: format!("user {name}"), tags: Some(tags) })
}
