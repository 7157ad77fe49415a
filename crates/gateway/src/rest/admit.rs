//! Who may call a method. Nothing that restricts access is built yet, so a method that asks
//! for any of it is closed when its stage is compiled, and stays closed.

use crate::exchange::{Admitted, Matched, Refusal};

/// Lets a request through if anyone may call its method.
///
/// # Errors
/// Why the stage or the method is closed.
pub(super) fn admit(matched: Matched<'_>) -> Result<Admitted<'_>, Refusal> {
    match matched.stage.closed.as_ref().or(matched.method.closed.as_ref()) {
        Some(refusal) => Err(refusal.clone()),
        None => Ok(Admitted(matched)),
    }
}
