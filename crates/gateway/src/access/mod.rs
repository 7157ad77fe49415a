//! Who may call: what asks others whether a request may be served. So far Lambda authorizers, and
//! those only for `TestInvokeAuthorizer`.

pub mod lambda_authorizer;
