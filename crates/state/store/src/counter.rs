//! What is counted: numbers that grow by addition, for totals that several nodes add to.
//!
//! A counter is not a document: adding reads nothing first, so two nodes that add at the same
//! time both count, and the change feed does not tell of it, so that counting traffic wakes
//! nobody. Whoever counts gathers for a moment and adds once: an addition is as durable, and
//! costs as much, as any other write.

/// A collection of counters. Each has a key as a document has.
pub trait Counter {
    /// The collection's name, `service/nouns`: `apigateway/usage`. Part of the stored format.
    const COLLECTION: &'static str;
}
