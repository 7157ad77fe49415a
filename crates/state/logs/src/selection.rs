//! One page of events out of chunks that may overlap: those that come first, in one direction or the
//! other, as many as a page may have. However many chunks are looked at, no more than a page is kept.

use std::collections::BTreeMap;

use crate::event::Position;
use crate::limits::PAGE_BYTES;
use crate::token::Direction;

/// The events of a page, while chunks are looked at.
pub(crate) struct Selection<T> {
    direction: Direction,
    limit: usize,
    kept: BTreeMap<Position, (usize, T)>,
    bytes: usize,
    /// The first event that the page has no space for: nothing from there on belongs to it.
    bound: Option<Position>,
}

impl<T> Selection<T> {
    pub(crate) fn new(direction: Direction, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(crate::MAXIMUM_PAGE_EVENTS).min(crate::MAXIMUM_PAGE_EVENTS);
        Self { direction, limit, kept: BTreeMap::new(), bytes: 0, bound: None }
    }

    /// Whether an event at this place comes before the end of the page, as far as that is known.
    pub(crate) fn admits(&self, position: Position) -> bool {
        self.bound.is_none_or(|bound| match self.direction {
            Direction::Forward => position < bound,
            Direction::Backward => position > bound,
        })
    }

    /// Takes an event with so many bytes of text, if it is [admitted](Self::admits). What then has no
    /// space any more is given up.
    pub(crate) fn take(&mut self, position: Position, text_bytes: usize, event: impl FnOnce() -> T) {
        if !self.admits(position) {
            return;
        }
        let size = text_bytes + crate::EVENT_OVERHEAD_BYTES;
        self.bytes += size;
        self.kept.insert(position, (size, event()));
        // A page has at least one event, however long that is.
        while self.kept.len() > self.limit || (self.bytes > PAGE_BYTES && self.kept.len() > 1) {
            self.give_up();
        }
    }

    /// Ends the page before this place.
    pub(crate) fn end_before(&mut self, position: Position) {
        while self.kept.keys().next_back().is_some_and(|last| *last >= position) {
            self.give_up();
        }
        self.bound = Some(position);
    }

    fn give_up(&mut self) {
        let far = match self.direction {
            Direction::Forward => self.kept.pop_last(),
            Direction::Backward => self.kept.pop_first(),
        };
        if let Some((position, (size, _))) = far {
            self.bytes -= size;
            self.bound = Some(position);
        }
    }

    /// Where the page ends: the first place behind it (in its direction) that has something.
    pub(crate) fn bound(&self) -> Option<Position> {
        self.bound
    }

    /// The page, by time.
    pub(crate) fn into_events(self) -> Vec<T> {
        self.kept.into_values().map(|(_, event)| event).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(timestamp: i64, number: i64) -> Position {
        Position { timestamp, number }
    }

    /// What has been given up does not come back by something small behind it.
    #[test]
    fn a_page_has_no_gaps() {
        let mut page = Selection::new(Direction::Forward, None);
        page.take(position(1, 1), PAGE_BYTES / 2, || 'a');
        page.take(position(3, 3), PAGE_BYTES / 2, || 'c');
        page.take(position(4, 4), 1, || 'd');
        assert_eq!(page.bound(), Some(position(3, 3)));
        page.take(position(2, 2), 1, || 'b');
        assert_eq!(page.into_events(), ['a', 'b']);
    }

    #[test]
    fn the_first_event_is_there_however_long() {
        for direction in [Direction::Forward, Direction::Backward] {
            let mut page = Selection::new(direction, None);
            page.take(position(1, 1), 2 * PAGE_BYTES, || 1);
            assert_eq!((page.bound(), page.into_events()), (None, vec![1]));
        }
    }

    #[test]
    fn a_page_can_be_ended_early() {
        let mut page = Selection::new(Direction::Forward, Some(5));
        for time in 1..=4 {
            page.take(position(time, time), 1, || time);
        }
        page.end_before(position(3, 0));
        assert_eq!((page.bound(), page.into_events()), (Some(position(3, 0)), vec![1, 2]));
    }

    proptest! {
        /// As if all were sorted and cut off.
        #[test]
        fn order_of_arrival_does_not_matter(
            mut events in proptest::collection::vec((0..20_i64, 0..PAGE_BYTES / 3), 0..30),
            limit in 1..12_usize,
            backward in any::<bool>(),
        ) {
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let mut page = Selection::new(direction, Some(limit));
            let mut sorted = Vec::new();
            for (number, (time, size)) in events.drain(..).enumerate() {
                let place = position(time, i64::try_from(number).unwrap());
                page.take(place, size, || place);
                sorted.push((place, size));
            }
            sorted.sort();
            if backward {
                sorted.reverse();
            }
            let mut bytes = 0;
            let mut count = 0;
            for (_, size) in &sorted {
                bytes += size + 26;
                if count > 0 && (count == limit || bytes > PAGE_BYTES) {
                    break;
                }
                count += 1;
            }
            let mut expected: Vec<_> = sorted[..count].iter().map(|(place, _)| *place).collect();
            expected.sort();
            prop_assert_eq!(page.bound(), sorted.get(count).map(|(place, _)| *place));
            prop_assert_eq!(page.into_events(), expected);
        }
    }
}
