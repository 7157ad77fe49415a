//! Temporary credentials of a role, for functions and for signed integrations.

use std::time::Duration;

use base::{Scope, Secret, Timestamp};

use crate::Pending;

/// Credentials as STS issues them.
#[derive(Clone, Debug)]
pub struct SessionCredentials {
    /// Starts with `ASIA`.
    pub access_key_id: String,
    /// Signs requests.
    pub secret_access_key: Secret,
    /// Goes into `X-Amz-Security-Token`.
    pub session_token: Secret,
    /// When they end.
    pub expiration: Timestamp,
}

/// Why a role's credentials could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CredentialError {
    /// There is no such role.
    #[error("the role {role} does not exist")]
    UnknownRole {
        /// Its ARN as asked for.
        role: String,
    },
    /// Its trust policy does not name the service.
    #[error("the role {role} does not trust {service}")]
    NotTrusted {
        /// The role's ARN.
        role: String,
        /// The service that asked, `lambda.amazonaws.com`.
        service: String,
    },
    /// The store failed.
    #[error("credentials of {role} cannot be issued: {why}")]
    Store {
        /// The role's ARN.
        role: String,
        /// What failed, for the log.
        why: String,
    },
}

/// Issues credentials of roles to services that act for them.
pub trait CredentialIssuer: Send + Sync {
    /// Credentials of `role_arn` for `service` (`lambda.amazonaws.com`), valid for
    /// `duration`, if the role exists in the scope's account and trusts that service.
    fn issue(
        &self,
        scope: &Scope,
        role_arn: &str,
        service: &str,
        session_name: &str,
        duration: Duration,
    ) -> Pending<Result<SessionCredentials, CredentialError>>;
}
