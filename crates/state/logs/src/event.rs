//! One event, and its place among the others.

use std::fmt;

use base::Timestamp;

/// An event as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// When it happened, as its writer says.
    pub timestamp: Timestamp,
    /// Its text.
    pub message: String,
    /// When it was taken in.
    pub ingestion: Timestamp,
    /// Its name. Of events of the same time those that arrived later have greater ones.
    pub event_id: EventId,
}

/// An event's name. Displays as 56 digits, as long as AWS's, and sorts as that text too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(i64);

impl EventId {
    pub(crate) const fn new(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:056}", self.0)
    }
}

/// Where an event stands in its stream or group: by time, and by arrival among equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// Milliseconds since the epoch; not negative.
    pub(crate) timestamp: i64,
    /// The event's number; real ones start at 1.
    pub(crate) number: i64,
}

impl Position {
    /// Before every event.
    pub(crate) const START: Self = Self { timestamp: 0, number: 0 };
    /// Behind every event.
    pub(crate) const END: Self = Self { timestamp: i64::MAX, number: i64::MAX };

    pub(crate) fn of(event: &LogEvent) -> Self {
        Self { timestamp: event.timestamp.as_millis(), number: event.event_id.0 }
    }

    /// The place directly before this one: what is behind it begins here.
    pub(crate) fn before(self) -> Self {
        Self { number: self.number.saturating_sub(1).max(0), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_56_digits_that_sort() {
        assert_eq!(EventId::new(17).to_string(), "00000000000000000000000000000000000000000000000000000017");
        assert!(EventId::new(9).to_string() < EventId::new(10).to_string());
    }
}
