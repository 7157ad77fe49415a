//! What the steps of a pipeline use besides the request and its stage.

use crate::exchange::IdSource;
use crate::{Doors, Worker};

/// What the steps use besides the request and its stage.
#[derive(Clone, Copy)]
pub(crate) struct Services<'a> {
    /// What is asked of others.
    pub(crate) doors: &'a Doors,
    /// Draws identifiers.
    pub(crate) ids: &'a IdSource,
    /// This core's connections.
    pub(crate) worker: &'a Worker,
}
