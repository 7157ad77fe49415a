//! Stages on their way to being served. Each publication copies the map of all APIs, so what one change brings is
//! published together.

use std::cell::RefCell;

use base::Scope;

use super::{Apis, Served};

/// Stages that are published together at the most: a change may bring thousands, and each is held twice meanwhile.
const STEP: usize = 64;

/// A stage that is to be served in place of what was served before.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) scope: Scope,
    pub(super) api: Box<str>,
    pub(super) stage: Box<str>,
    pub(super) served: Served,
}

/// What one change brings. All of it is served when this is dropped.
#[derive(Debug)]
pub(super) struct Publication<'a> {
    apis: &'a Apis,
    ready: RefCell<Vec<Ready>>,
}

impl<'a> Publication<'a> {
    /// Of nothing so far.
    pub(super) fn of(apis: &'a Apis) -> Self {
        Self { apis, ready: RefCell::default() }
    }

    /// Where it is published.
    pub(super) fn apis(&self) -> &'a Apis {
        self.apis
    }

    /// Has a stage served, soon.
    pub(super) fn put(&self, scope: &Scope, api: &str, stage: &str, served: Served) {
        let ready = Ready { scope: scope.clone(), api: api.into(), stage: stage.into(), served };
        let mut waiting = self.ready.borrow_mut();
        waiting.push(ready);
        if waiting.len() >= STEP {
            self.apis.put_all(std::mem::take(&mut *waiting));
        }
    }
}

impl Drop for Publication<'_> {
    fn drop(&mut self) {
        self.apis.put_all(std::mem::take(self.ready.get_mut()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Protocol;
    use super::*;

    #[test]
    fn everything_is_served_in_the_end() {
        let apis = Apis::default();
        let scope = Scope::new("000000000000", "us-east-1");
        let served =
            Served::Broken { protocol: Protocol::Rest, why: "x".into(), counters: Default::default() };
        let publication = Publication::of(&apis);
        let count = || apis.stages(|_| true).len();
        for number in 0..STEP {
            assert_eq!(count(), 0);
            publication.put(&scope, &format!("api{number}"), "prod", served.clone());
        }
        assert_eq!(count(), STEP);
        publication.put(&scope, "other", "prod", served.clone());
        publication.put(&scope, "other", "dev", served);
        assert_eq!(count(), STEP);
        drop(publication);
        assert_eq!(count(), STEP + 2);
    }
}
