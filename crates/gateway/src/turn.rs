//! Writes that go out together. Whoever is written to is woken, and a processor that sleeps is woken at some cost;
//! if a crowd is served, what is written in one turn of the worker's loop goes out in one go, so that whoever was
//! woken first finds the rest as well. A request more or less alone does not wait for anybody.

use std::cell::Cell;

/// From how many under way on a worker on there is a crowd.
const CROWD: usize = 8;

/// How many are under way on a worker.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Cell<usize>);

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct One<'a>(&'a Cell<usize>);

impl UnderWay {
    /// One more.
    pub(crate) fn begin(&self) -> One<'_> {
        self.0.set(self.0.get() + 1);
        One(&self.0)
    }

    /// Returns when those have had their turn who are as far as this one, if there is a crowd.
    pub(crate) async fn all_had_their_turn(&self) {
        if self.0.get() >= CROWD {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn only_in_a_crowd_one_waits_for_others() {
        let under_way = UnderWay::default();
        let mut crowd: Vec<One<'_>> = (1..CROWD).map(|_| under_way.begin()).collect();
        assert!(under_way.all_had_their_turn().now_or_never().is_some());
        crowd.push(under_way.begin());
        assert!(under_way.all_had_their_turn().now_or_never().is_none());
        crowd.pop();
        assert!(under_way.all_had_their_turn().now_or_never().is_some());
    }
}
