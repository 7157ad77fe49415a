//! What an operation is handed: who calls, in which scope, when, and the doors it may use.

use std::net::IpAddr;
use std::sync::Arc;

use api::apigateway::ThrottleSettings;
use base::{Clock, Random, Scope, Timestamp};
pub use identities::{Caller, Identity};
use logs::LogStore;
use ports::deployments::DeploymentCheck;
use ports::functions::Functions;
use ports::test_invoke::TestInvoke;
use store::{Store, StoreFault, Transaction};
use wire::ServiceError;

use crate::WriteGate;
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
    /// Whether documents may be changed.
    pub writes: WriteGate,
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
