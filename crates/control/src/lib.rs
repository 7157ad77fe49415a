//! The control plane: AWS API calls in, documents out. `pipeline` is the way of a call,
//! `services` holds one file for each collection of operations, and `registry` is the table
//! that joins the two.

mod audit;
mod authenticate;
mod authorize;
mod call;
mod certificates;
mod identities;
mod paginate;
mod patch;
mod pipeline;
mod registry;
mod retention;
mod services;
mod tags;
mod trust;
mod web_pages;
mod write_gate;

#[cfg(test)]
mod test_frame;
#[cfg(test)]
mod tests;

pub use authenticate::{Authentication, RootCredentials};
pub use call::{Call, CallContext, Caller, Failure, Identity, Outcome, Plane};
pub use identities::IdentityIndex;
pub use pipeline::ControlPlane;
pub use registry::Registry;
pub use retention::keep_retention;
pub use services::sts::RoleCredentials;
pub use write_gate::WriteGate;

/// Every operation that is built.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    services::register(&mut registry);
    registry
}
