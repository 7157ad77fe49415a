//! What an operation is handed: who calls, in which scope, when, and the doors it may use.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use api::apigateway::ThrottleSettings;
use base::{Clock, Random, Scope, Timestamp};
use logs::LogStore;
use policy::Principal;
use ports::deployments::DeploymentCheck;
use ports::functions::Functions;
use ports::test_invoke::TestInvoke;
use store::{Store, StoreFault, Transaction};
use wire::ServiceError;

use crate::audit::Entry;

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
    /// Runs methods for those who test them.
    pub tests: Arc<dyn TestInvoke>,
    /// How often all APIs of an account may be called in a region, as `GetAccount` shows it.
    pub account_throttle: ThrottleSettings,
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
    /// What it is in the account.
    pub identity: Identity,
    /// The access key that signed.
    pub access_key_id: String,
}

/// What a caller is in its account. A kind of its own, so that no name can make a user look
/// like the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The account itself, whom no identity policy limits.
    Root,
    /// A user.
    User {
        /// `arn:aws:iam::{account}:user/{path}{name}`.
        arn: String,
        /// `AIDA…`.
        id: String,
        /// The name, without the path.
        name: String,
    },
    /// A session of a role.
    Session {
        /// `arn:aws:iam::{account}:role/{path}{name}`.
        role_arn: String,
        /// The role's name, without the path.
        role_name: String,
        /// `arn:aws:sts::{account}:assumed-role/{name}/{session}`.
        arn: String,
        /// `AROA…:session`.
        id: String,
        /// When it was issued.
        issued: Timestamp,
    },
}

impl Caller {
    /// The root of `account`, by its key.
    pub fn root(account: impl Into<String>, access_key_id: impl Into<String>) -> Self {
        Self { account: account.into(), identity: Identity::Root, access_key_id: access_key_id.into() }
    }

    /// Whether it is the account's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.identity == Identity::Root
    }

    /// As `GetCallerIdentity` and refusals name it: `arn:aws:iam::…:root`, `…:user/name` or
    /// `arn:aws:sts::…:assumed-role/role/session`.
    #[must_use]
    pub fn arn(&self) -> Cow<'_, str> {
        match &self.identity {
            Identity::Root => format!("arn:aws:iam::{}:root", self.account).into(),
            Identity::User { arn, .. } | Identity::Session { arn, .. } => arn.into(),
        }
    }

    /// As `GetCallerIdentity` shows it: the account, a user's id, or `role id:session`.
    #[must_use]
    pub fn user_id(&self) -> &str {
        match &self.identity {
            Identity::Root => &self.account,
            Identity::User { id, .. } | Identity::Session { id, .. } => id,
        }
    }

    /// The caller as policies know it.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        match &self.identity {
            Identity::Root => Principal::Root { account: &self.account },
            Identity::User { arn, id, .. } => Principal::User { arn, id },
            Identity::Session { role_arn, arn, id, .. } => {
                Principal::AssumedRole { role_arn, session_arn: arn, id }
            }
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
    /// From which address, if it came over the network.
    pub source_ip: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The audit record that the call is to leave, if it is of a kind that does.
    pub(crate) audit: Option<Arc<Entry>>,
}

impl CallContext {
    /// The facts of a call that did not come over the network.
    pub fn new(scope: Scope, caller: Caller, request_id: impl Into<String>, now: Timestamp) -> Self {
        Self {
            scope,
            caller,
            request_id: request_id.into(),
            now,
            source_ip: None,
            user_agent: None,
            audit: None,
        }
    }
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
#[derive(Clone, Debug)]
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
