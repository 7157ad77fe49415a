//! Who may call a method. Nothing that restricts access is built yet, so a method that asks
//! for any of it is closed when its stage is compiled, and stays closed.

use super::CompiledStage;
use crate::exchange::{Admitted, Matched, Refusal};

/// Lets a request into its stage.
///
/// # Errors
/// Why the stage is closed, whatever the request.
pub(super) fn enter(stage: &CompiledStage) -> Result<(), Refusal> {
    stage.closed.clone().map_or(Ok(()), Err)
}

/// Lets a request through if anyone may call its method.
///
/// # Errors
/// Why the method is closed.
pub(super) fn admit(matched: Matched<'_>) -> Result<Admitted<'_>, Refusal> {
    match &matched.method.closed {
        Some(refusal) => Err(refusal.clone()),
        None => Ok(Admitted(matched)),
    }
}
