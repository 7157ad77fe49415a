//! The bounds of a policy, wherever it comes from. AWS's own are tighter and differ by the
//! service that stores the policy (6,144 characters for managed policies, 8,192 for API
//! Gateway's, 20,480 for Lambda's): the services check those.

/// The longest document that is read.
pub const MAX_DOCUMENT_BYTES: usize = 65_536;

/// The most statements that a policy may have.
pub const MAX_STATEMENTS: usize = 1_024;
