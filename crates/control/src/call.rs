//! What an operation is handed: who calls, in which scope, when, and the doors it may use.

use std::sync::Arc;

use base::{Clock, Random, Scope, Timestamp};
use logs::LogStore;
use policy::Principal;
use ports::deployments::DeploymentCheck;
use ports::functions::Functions;
use store::{Store, StoreFault, Transaction};
use wire::ServiceError;

/// Everything that operations may reach. Made once by the server.
#[derive(Clone)]
pub struct Plane {
    /// Documents.
    pub store: Store,
    /// Log events.
    pub logs: LogStore,
    /// Where `Invoke` goes.
    pub functions: Arc<dyn Functions>,
    /// Says whether a snapshot can be served.
    pub deployments: Arc<dyn DeploymentCheck>,
    /// Time.
    pub clock: Clock,
    /// Identifiers and secrets.
    pub random: Random,
}

/// Who signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The 12-digit account.
    pub account: String,
    /// `arn:aws:iam::…:root`, `…:user/name` or `arn:aws:sts::…:assumed-role/role/session`.
    pub arn: String,
    /// As `GetCallerIdentity` shows it: the account, a user's id, or `role id:session`.
    pub user_id: String,
    /// The role whose session this is, if it is one.
    pub role_arn: Option<String>,
    /// The access key that signed.
    pub access_key_id: String,
}

impl Caller {
    /// The caller as policies know it.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        match &self.role_arn {
            Some(role_arn) => Principal::AssumedRole { role_arn, session_arn: &self.arn, id: &self.user_id },
            None if self.arn.ends_with(":root") => Principal::Root { account: &self.account },
            None => Principal::User { arn: &self.arn, id: &self.user_id },
        }
    }
}

/// The facts of one call, the same through all its steps.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Account of the caller, region of the signature.
    pub scope: Scope,
    /// Who calls.
    pub caller: Caller,
    /// Goes into `x-amzn-RequestId` and the audit record.
    pub request_id: String,
    /// When it arrived.
    pub now: Timestamp,
}

/// A call inside a store transaction. Operations are plain functions of this and their input;
/// what they return is answered only after the transaction is durable.
pub struct Call<'a, 't> {
    /// The doors.
    pub plane: &'a Plane,
    /// The facts.
    pub context: &'a CallContext,
    /// The documents, as of this transaction.
    pub tx: &'a mut Transaction<'t>,
}

impl Call<'_, '_> {
    /// The account and region that the call may see.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.context.scope
    }

    /// The moment of the call.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.context.now
    }
}

/// Why an operation did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// An answer that AWS defines.
    Service(ServiceError),
    /// The store failed: the caller is told to try again, the operator is told why.
    Store(StoreFault),
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<StoreFault> for Failure {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

/// What operations return.
pub type Outcome<T> = Result<T, Failure>;
