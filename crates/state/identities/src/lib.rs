//! Who signs requests, and what they may: the one place that turns what IAM and STS have stored
//! into a caller, a proof and rights. The control plane asks it of AWS calls, the gateway of
//! requests to methods that ask for `AWS_IAM`.
//!
//! - [`Holder`] is who holds an access key: found by its id, proved by a signature.
//! - [`Held`] is what a caller has from its account: its policies, compiled, and its tags.

mod caller;
mod held;
mod holder;

pub use caller::{Caller, Identity};
pub use held::Held;
pub use holder::{Distrust, Holder, SessionTerms};
