//! Retention: events that are older than their group keeps are removed.

use documents::logs::LogGroupDocument;

use crate::call::{Failure, Outcome, Plane};

/// Removes expired events of every group once. The server calls it now and then; what has
/// expired between two calls can still be read, as at AWS, where removal takes up to 72 hours.
/// Failures are logged and met again at the next call.
pub(crate) async fn keep_retention(plane: &Plane) {
    let groups: Outcome<_> = plane.store.read(|tx| Ok(tx.list_everywhere::<LogGroupDocument>()?)).await;
    let groups = match groups {
        Ok(groups) => groups,
        Err(Failure::Store(fault)) => {
            tracing::error!(%fault, "log groups cannot be listed for retention");
            return;
        }
        Err(Failure::Service(_)) => return,
    };
    for (scope, key, group) in groups {
        let days = group.retention_in_days.and_then(|days| u32::try_from(days).ok());
        let (Some(days), Some(name)) = (days, key.parts().first()) else { continue };
        if let Err(fault) = plane.logs.sweep(&scope, name, days).await {
            tracing::error!(%fault, group = name, "expired log events cannot be removed");
        }
    }
}
