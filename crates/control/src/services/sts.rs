//! STS: who am I, and temporary credentials of a role. What is issued is stored, because
//! signatures made with it are verified here.

use std::sync::Arc;
use std::time::Duration;

use api::sts::operations as op;
use api::sts::{
    AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials, GetCallerIdentityRequest,
    GetCallerIdentityResponse,
};
use base::{Arn, Clock, Random, Scope, Secret, Timestamp, ids};
use documents::iam::{RoleDocument, SessionDocument};
use identities::Held;
use policy::Decision;
use ports::Pending;
use ports::credentials::{CredentialError, CredentialIssuer, SessionCredentials};
use store::{Key, Store, StoreFault, Transaction};
use wire::ServiceError;

use crate::Registry;
use crate::authorize;
use crate::call::{Call, Failure, Identity, Outcome};
use crate::trust;

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::GetCallerIdentity, get_caller_identity).write(op::AssumeRole, assume_role);
}

/// Seconds; what a session lasts if nothing else is said (STS API reference, `AssumeRole`).
const DEFAULT_DURATION: i32 = 3600;

/// Seconds; what a session lasts at most that another session asked for (IAM user guide, "Roles
/// terms and concepts", role chaining).
const CHAINED_DURATION: i32 = 3600;

/// Expired sessions are removed when new ones are made, this many at a time.
const SWEPT_AT_ONCE: usize = 100;

fn get_caller_identity(
    call: &mut Call<'_, '_>,
    _: &GetCallerIdentityRequest,
) -> Outcome<GetCallerIdentityResponse> {
    let caller = &call.context.caller;
    Ok(GetCallerIdentityResponse {
        user_id: Some(caller.user_id().to_owned()),
        account: Some(caller.account.clone()),
        arn: Some(caller.arn().into_owned()),
    })
}

/// What would limit a session, or mark it, and is not built: a session without it would be
/// allowed more than was asked for.
fn check_unbuilt(input: &AssumeRoleRequest) -> Outcome<()> {
    fn some<T>(list: Option<&Vec<T>>) -> bool {
        list.is_some_and(|list| !list.is_empty())
    }
    let asked = [
        ("Session policies", input.policy.is_some() || some(input.policy_arns.as_ref())),
        ("Session tags", some(input.tags.as_ref()) || some(input.transitive_tag_keys.as_ref())),
        ("Source identities", input.source_identity.is_some()),
        ("Provided contexts", some(input.provided_contexts.as_ref())),
    ];
    match asked.iter().find(|(_, is_asked)| *is_asked) {
        Some((what, _)) => Err(ServiceError::validation(format!("{what} are not built yet.")).into()),
        None => Ok(()),
    }
}

/// Both the role's trust policy and the caller's own policies are asked, in development mode
/// too: a role that does not trust its callers would be found out only at AWS.
fn assume_role(call: &mut Call<'_, '_>, input: &AssumeRoleRequest) -> Outcome<AssumeRoleResponse> {
    let caller = &call.context.caller;
    let denied = || {
        Failure::from(ServiceError::access_denied(format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
            caller.arn(),
            input.role_arn
        )))
    };
    check_unbuilt(input)?;
    if input.serial_number.is_some() || input.token_code.is_some() {
        // There are no devices, so no code of one is right.
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        return Err(ServiceError::access_denied(text).into());
    }
    let malformed = || ServiceError::validation(format!("{} is invalid", input.role_arn));
    let arn: Arn = input.role_arn.parse().map_err(|_| malformed())?;
    if arn.service != "iam" || !arn.resource.starts_with("role/") {
        return Err(malformed().into());
    }
    let scope = Scope::global(&arn.account);
    let role = role_at(call.tx, &scope, &input.role_arn)?.ok_or_else(denied)?;
    let held = Held::of(call.tx, caller)?.ok_or_else(denied)?;
    let trust = trust::policy(&role).ok_or_else(denied)?;
    let mut request = authorize::question(call.context, &held, "sts:AssumeRole", &input.role_arn)
        .with("sts:RoleSessionName", &*input.role_session_name);
    if let Some(external_id) = &input.external_id {
        request = request.with("sts:ExternalId", external_id.as_str());
    }
    for tag in role.role.tags.iter().flatten() {
        request = request.with(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
    }
    let decision = policy::authorize_assume_role(&held.policies(), &trust, &arn.account, &request);
    if decision != Decision::Allow || held.within_boundary(&request) != Decision::Allow {
        return Err(denied());
    }
    let seconds = input.duration_seconds.unwrap_or(DEFAULT_DURATION);
    if seconds > role.role.max_session_duration.unwrap_or(DEFAULT_DURATION) {
        let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ServiceError::validation(text).into());
    }
    if seconds > CHAINED_DURATION && matches!(caller.identity, Identity::Session { .. }) {
        let text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
                    chaining.";
        return Err(ServiceError::validation(text).into());
    }
    let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    let random = &call.plane.random;
    let name = &input.role_session_name;
    let session = start_session(call.tx, &scope, &role, name, call.context.now, duration, random)?;
    Ok(AssumeRoleResponse {
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: session.id(),
            arn: session.arn(&arn.account),
        }),
        credentials: Some(Credentials {
            access_key_id: session.access_key_id,
            secret_access_key: session.secret_access_key.expose().to_owned(),
            session_token: session.session_token.expose().to_owned(),
            expiration: session.expiration,
        }),
        packed_policy_size: None,
        source_identity: None,
    })
}

/// The role of this whole ARN in an account: its path must be right too.
fn role_at(tx: &mut Transaction<'_>, scope: &Scope, arn: &str) -> Result<Option<RoleDocument>, StoreFault> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role = tx.get::<RoleDocument>(scope, &Key::new([name]))?;
    Ok(role.filter(|role| role.role.arn == arn))
}

/// Makes and stores a session of `role`.
fn start_session(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    role: &RoleDocument,
    name: &str,
    now: Timestamp,
    duration: Duration,
    random: &Random,
) -> Result<SessionDocument, StoreFault> {
    let session = SessionDocument {
        access_key_id: ids::iam_id(random, "ASIA"),
        secret_access_key: Secret::new(ids::secret_access_key(random)),
        session_token: Secret::new(random.text(344, TOKEN_LETTERS)),
        role_arn: role.role.arn.clone(),
        role_id: role.role.role_id.clone(),
        session_name: name.to_owned(),
        issued: now.truncated_to_secs(),
        expiration: now.plus(duration).truncated_to_secs(),
    };
    let key = Key::new([&*session.access_key_id]);
    sweep(tx, scope, &key, now)?;
    tx.put(scope, &key, &session)?;
    Ok(session)
}

/// Removes the expired among the sessions that follow `place`. Keys are random, so the places of
/// new sessions come to lie everywhere, and what has expired does not stay for long.
fn sweep(tx: &mut Transaction<'_>, scope: &Scope, place: &Key, now: Timestamp) -> Result<(), StoreFault> {
    let mut swept = tx.list_page::<SessionDocument>(scope, &Key::root(), Some(place), SWEPT_AT_ONCE)?.items;
    if swept.len() < SWEPT_AT_ONCE {
        let rest = SWEPT_AT_ONCE - swept.len();
        swept.extend(tx.list_page::<SessionDocument>(scope, &Key::root(), None, rest)?.items);
    }
    for (key, session) in swept {
        if session.expiration <= now {
            tx.delete::<SessionDocument>(scope, &key)?;
        }
    }
    Ok(())
}

const TOKEN_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Credentials of roles for services, out of the same store.
#[derive(Clone)]
pub struct RoleCredentials {
    store: Store,
    clock: Clock,
    random: Random,
}

impl RoleCredentials {
    /// An issuer over `store`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, random: Random) -> Arc<Self> {
        Arc::new(Self { store, clock, random })
    }
}

/// Why a session could not be started, inside the transaction.
enum Refused {
    Credentials(CredentialError),
    Store(StoreFault),
}

impl From<StoreFault> for Refused {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

impl CredentialIssuer for RoleCredentials {
    fn issue(
        &self,
        scope: &Scope,
        role_arn: &str,
        service: &str,
        session_name: &str,
        duration: Duration,
    ) -> Pending<Result<SessionCredentials, CredentialError>> {
        let Self { store, clock, random } = self.clone();
        let scope = scope.to_global();
        let (arn, service, name) = (role_arn.to_owned(), service.to_owned(), session_name.to_owned());
        Box::pin(async move {
            let role_arn = arn.clone();
            let started = store
                .write(move |tx| {
                    let unknown = || CredentialError::UnknownRole { role: arn.clone() };
                    let role = role_at(tx, &scope, &arn)?.ok_or_else(|| Refused::Credentials(unknown()))?;
                    if !trust::trusts(&role, &service) {
                        let (role, service) = (arn.clone(), service.clone());
                        return Err(Refused::Credentials(CredentialError::NotTrusted { role, service }));
                    }
                    Ok(start_session(tx, &scope, &role, &name, clock.now(), duration, &random)?)
                })
                .await;
            match started {
                Ok((session, _)) => Ok(SessionCredentials {
                    access_key_id: session.access_key_id,
                    secret_access_key: session.secret_access_key,
                    session_token: session.session_token,
                    expiration: session.expiration,
                }),
                Err(Refused::Credentials(error)) => Err(error),
                Err(Refused::Store(fault)) => {
                    Err(CredentialError::Store { role: role_arn, why: fault.to_string() })
                }
            }
        })
    }
}

#[cfg(test)]
mod tests;
