//! What the gateway asks of others while it serves.

use std::sync::Arc;

use ports::functions::Functions;

use crate::access::Verdicts;

/// The doors of the request path. Cloning is cheap.
#[derive(Clone)]
pub struct Doors {
    /// Runs functions.
    pub functions: Arc<dyn Functions>,
    /// What authorizers have said.
    pub verdicts: Arc<Verdicts>,
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doors")
    }
}
