//! May this invoker invoke this function? Services are held to the function's resource policy,
//! roles to that and to their own identity policies. What cannot be evaluated refuses.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base::{Arn, Scope};
use documents::iam::{RoleDocument, managed_policy_text};
use policy::{
    Decision, Policy, Principal, Request, ResourceDecision, authorize, evaluate, evaluate_resource,
};
use ports::functions::{Invoker, Signer};
use store::{Key, Store, StoreFault, Transaction};

use crate::definition::{Definition, ResourcePolicy};

const ACTION: &str = "lambda:InvokeFunction";

/// Answers who may invoke what.
pub(crate) struct Authority {
    store: Store,
    /// Roles that have invoked something since IAM last changed.
    roles: RwLock<Roles>,
}

#[derive(Default)]
struct Roles {
    known: HashMap<String, Arc<Role>>,
    generation: u64,
}

struct Role {
    id: String,
    /// Who may assume it.
    trust: Policy,
    policies: Vec<Policy>,
    /// What it may do at most.
    boundary: Option<Policy>,
}

/// A refusal: who was refused, for the caller, and why, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) invoker: String,
    pub(crate) why: String,
}

impl Authority {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, roles: RwLock::default() }
    }

    /// Forgets what is known of roles: something in IAM has changed.
    pub(crate) fn forget_roles(&self) {
        let mut roles = self.roles.write().unwrap_or_else(PoisonError::into_inner);
        roles.generation += 1;
        roles.known.clear();
    }

    /// Decides without waiting, if that is possible.
    pub(crate) fn decide_now(
        &self,
        definition: &Definition,
        invoker: &Invoker,
    ) -> Option<Result<(), Refused>> {
        match invoker {
            Invoker::Authorized => Some(Ok(())),
            Invoker::Service { principal, source_arn, source_account } => {
                Some(service(definition, principal, source_arn, source_account))
            }
            Invoker::Signer(signer) => Some(by_signer(definition, signer)),
            Invoker::Role { arn, service } => {
                let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
                Some(by_role(definition, arn, service, roles.known.get(arn)?))
            }
        }
    }

    /// Decides.
    pub(crate) async fn decide(&self, definition: &Definition, invoker: &Invoker) -> Result<(), Refused> {
        if let Some(decided) = self.decide_now(definition, invoker) {
            return decided;
        }
        let Invoker::Role { arn, service } = invoker else {
            return Err(refused(invoker, "it cannot be told"));
        };
        match self.role(arn).await {
            Ok(role) => by_role(definition, arn, service, &role),
            Err(why) => Err(Refused { invoker: arn.clone(), why }),
        }
    }

    async fn role(&self, arn: &str) -> Result<Arc<Role>, String> {
        let (scope, name) = role_name(arn).ok_or_else(|| "it is not the ARN of a role".to_owned())?;
        let generation = self.roles.read().unwrap_or_else(PoisonError::into_inner).generation;
        let wanted = arn.to_owned();
        let found = self.store.read(move |tx| find_role(tx, &scope, &name, &wanted)).await;
        let found = found
            .map_err(|fault: StoreFault| format!("the role cannot be read: {fault}"))?
            .ok_or_else(|| "there is no such role".to_owned())?;
        let parse = |document: &String| {
            Policy::parse(document).map_err(|error| format!("one of its policies cannot be read: {error}"))
        };
        let policies = found.documents.iter().map(parse).collect::<Result<_, _>>()?;
        let boundary = found.boundary.as_ref().map(parse).transpose()?;
        let trust = parse(&found.trust)?;
        let role = Arc::new(Role { id: found.id, trust, policies, boundary });
        let mut roles = self.roles.write().unwrap_or_else(PoisonError::into_inner);
        if roles.generation == generation {
            roles.known.insert(arn.to_owned(), Arc::clone(&role));
        }
        Ok(role)
    }
}

fn refused(invoker: &Invoker, why: &str) -> Refused {
    let invoker = match invoker {
        Invoker::Service { principal, .. } => principal.clone(),
        Invoker::Role { arn, .. } => arn.clone(),
        Invoker::Signer(signer) => signer.caller.arn().into_owned(),
        Invoker::Authorized => "the caller".to_owned(),
    };
    Refused { invoker, why: why.to_owned() }
}

fn service(
    definition: &Definition,
    principal: &str,
    source_arn: &str,
    source_account: &str,
) -> Result<(), Refused> {
    let refuse = |why: String| Err(Refused { invoker: principal.to_owned(), why });
    let policy = match &definition.policy {
        ResourcePolicy::None => return refuse("the function has no resource policy".to_owned()),
        ResourcePolicy::Unreadable(why) => {
            return refuse(format!("the function's resource policy cannot be read: {why}"));
        }
        ResourcePolicy::Policy(policy) => policy,
    };
    let request = Request::new(Principal::Service { name: principal }, ACTION, &definition.invoked_arn)
        .with("aws:SourceArn", source_arn)
        .with("aws:SourceAccount", source_account)
        .untold(everything_else);
    match evaluate_resource(policy, &request) {
        ResourceDecision::Allow => Ok(()),
        ResourceDecision::ExplicitDeny => refuse("the function's resource policy denies it".to_owned()),
        ResourceDecision::NoMatch | ResourceDecision::AllowAccount => {
            refuse(format!("the function's resource policy does not allow it for {source_arn}"))
        }
    }
}

/// Of a condition key that is not set here nothing is known, so what depends on it decides
/// against the invoker: a Deny applies, an Allow does not.
fn everything_else(_: &str) -> bool {
    true
}

fn by_role(definition: &Definition, arn: &str, service: &str, role: &Role) -> Result<(), Refused> {
    let refuse = |why: String| Err(Refused { invoker: arn.to_owned(), why });
    let assuming = Request::new(Principal::Service { name: service }, "sts:AssumeRole", arn);
    if evaluate_resource(&role.trust, &assuming.untold(everything_else)) != ResourceDecision::Allow {
        return refuse(format!("the role does not trust {service}"));
    }
    let resource = match &definition.policy {
        ResourcePolicy::None => None,
        ResourcePolicy::Policy(policy) => Some(&**policy),
        ResourcePolicy::Unreadable(why) => {
            return refuse(format!("the function's resource policy cannot be read: {why}"));
        }
    };
    let owner = definition.invoked_arn.split(':').nth(4).unwrap_or_default();
    let account = arn.split(':').nth(4).unwrap_or_default();
    let name = arn.rsplit('/').next().unwrap_or_default();
    let session_arn = format!("arn:aws:sts::{account}:assumed-role/{name}/BackplaneAssumeRoleSession");
    let id = format!("{}:BackplaneAssumeRoleSession", role.id);
    let principal = Principal::AssumedRole { role_arn: arn, session_arn: &session_arn, id: &id };
    let request = Request::new(principal, ACTION, &definition.invoked_arn).untold(everything_else);
    if role.boundary.as_ref().is_some_and(|most| evaluate(most, &request) != Decision::Allow) {
        return refuse(format!("the role's permissions boundary does not allow {ACTION}"));
    }
    let identity: Vec<&Policy> = role.policies.iter().collect();
    match authorize(&identity, resource, owner, &request) {
        Decision::Allow => Ok(()),
        Decision::ExplicitDeny => refuse("a policy denies it".to_owned()),
        Decision::NoMatch => refuse(format!("none of the role's policies allows {ACTION}")),
    }
}

/// Whoever has signed the request is held to its own policies and to the function's.
fn by_signer(definition: &Definition, signer: &Signer) -> Result<(), Refused> {
    let Signer { caller, held } = signer;
    let refuse = |why: &str| Err(Refused { invoker: caller.arn().into_owned(), why: why.to_owned() });
    let resource = match &definition.policy {
        ResourcePolicy::None => None,
        ResourcePolicy::Policy(policy) => Some(&**policy),
        ResourcePolicy::Unreadable(_) => return refuse("the function's resource policy cannot be read"),
    };
    let owner = definition.invoked_arn.split(':').nth(4).unwrap_or_default();
    let request = Request::new(caller.principal(), ACTION, &definition.invoked_arn).untold(everything_else);
    match held.decide(resource, owner, &held.told(caller, request)) {
        Decision::Allow => Ok(()),
        Decision::ExplicitDeny => refuse("a policy denies it"),
        Decision::NoMatch => refuse("no policy allows lambda:InvokeFunction"),
    }
}

struct FoundRole {
    id: String,
    trust: String,
    documents: Vec<String>,
    boundary: Option<String>,
}

/// The account and the name in a role's ARN.
fn role_name(arn: &str) -> Option<(Scope, String)> {
    let arn: Arn = arn.parse().ok()?;
    let path = arn.resource.strip_prefix("role/").filter(|_| arn.service == "iam")?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some((Scope::global(&arn.account), name.to_owned()))
}

fn find_role(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    name: &str,
    arn: &str,
) -> Result<Option<FoundRole>, StoreFault> {
    let found = tx.get::<RoleDocument>(scope, &Key::new([name]))?;
    // The name is the role's, the path may be made up.
    let Some(found) = found.filter(|found| found.role.arn == arn) else { return Ok(None) };
    // Of a policy that is gone the text is empty, which is no policy: it might have denied, so without
    // it the role can do nothing.
    let documents = found.policies.texts(tx, scope)?.unwrap_or_else(|| vec![String::new()]);
    let boundary = found.role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    let boundary = match boundary {
        Some(arn) => Some(managed_policy_text(tx, scope, &arn)?.unwrap_or_default()),
        None => None,
    };
    let trust = found.role.assume_role_policy_document.unwrap_or_default();
    Ok(Some(FoundRole { id: found.role.role_id, trust, documents, boundary }))
}
