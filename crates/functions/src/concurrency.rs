//! How many invocations run or wait at a time, for each account and region and for each
//! function with reserved concurrency.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base::Scope;

/// A number of invocations.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    /// Adds one, unless there are `limit` already.
    fn take(self: &Arc<Self>, limit: usize) -> Option<Counted> {
        let one_more = |now: usize| (now < limit).then_some(now + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Counted(Arc::clone(self)))
    }
}

#[derive(Debug)]
struct Counted(Arc<Count>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One invocation's place. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Permit {
    _account: Counted,
    _function: Option<Counted>,
}

/// What a function's invocations are counted against.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    account: Arc<Count>,
    account_limit: usize,
    function: Arc<Count>,
    /// `ReservedConcurrentExecutions`; `None` leaves only the account's limit.
    reserved: Option<usize>,
}

impl Allowance {
    /// A place for one invocation; `None` if it has to be throttled.
    pub(crate) fn take(&self) -> Option<Permit> {
        let function = match self.reserved {
            Some(limit) => Some(self.function.take(limit)?),
            None => None,
        };
        Some(Permit { _account: self.account.take(self.account_limit)?, _function: function })
    }
}

/// The counts of all accounts and functions. They outlive definitions, so that a change of a
/// function does not forget its running invocations.
#[derive(Debug)]
pub(crate) struct Concurrency {
    account_limit: usize,
    accounts: Mutex<HashMap<Scope, Arc<Count>>>,
    functions: Mutex<HashMap<(Scope, String), Arc<Count>>>,
}

impl Concurrency {
    pub(crate) fn new(account_limit: usize) -> Self {
        Self { account_limit, accounts: Mutex::default(), functions: Mutex::default() }
    }

    pub(crate) fn of(&self, scope: &Scope, name: &str, reserved: Option<usize>) -> Allowance {
        Allowance {
            account: entry(&self.accounts, scope.clone()),
            account_limit: self.account_limit,
            function: entry(&self.functions, (scope.clone(), name.to_owned())),
            reserved,
        }
    }

    /// Forgets the counts of functions that nothing refers to.
    pub(crate) fn forget_unused(&self) {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        functions.retain(|_, count| Arc::strong_count(count) > 1);
    }
}

fn entry<K: Eq + Hash>(counts: &Mutex<HashMap<K, Arc<Count>>>, key: K) -> Arc<Count> {
    Arc::clone(counts.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_is_given_and_none_behind_it() {
        let concurrency = Concurrency::new(3);
        let scope = Scope::new("000000000000", "us-east-1");
        let free = concurrency.of(&scope, "free", None);
        let reserved = concurrency.of(&scope, "reserved", Some(1));
        let off = concurrency.of(&scope, "off", Some(0));
        let elsewhere = concurrency.of(&Scope::new("000000000000", "eu-west-1"), "free", None);

        assert!(off.take().is_none());
        let one = reserved.take().unwrap();
        assert!(reserved.take().is_none(), "its reserved concurrency is used up");
        let _two = free.take().unwrap();
        let _three = free.take().unwrap();
        assert!(free.take().is_none(), "the account's concurrency is used up");
        assert!(elsewhere.take().is_some());

        drop(one);
        drop(free.take().unwrap());
        assert!(concurrency.of(&scope, "reserved", Some(1)).take().is_some());
    }

    #[test]
    fn a_refused_invocation_takes_no_place() {
        let concurrency = Concurrency::new(1);
        let scope = Scope::new("000000000000", "us-east-1");
        let held = concurrency.of(&scope, "a", None).take().unwrap();
        let reserved = concurrency.of(&scope, "b", Some(1));
        assert!(reserved.take().is_none());
        drop(held);
        assert!(reserved.take().is_some());
    }

    #[test]
    fn counts_of_forgotten_functions_are_removed() {
        let concurrency = Concurrency::new(1);
        let scope = Scope::new("000000000000", "us-east-1");
        let kept = concurrency.of(&scope, "kept", Some(1));
        drop(concurrency.of(&scope, "gone", Some(1)));
        concurrency.forget_unused();
        assert_eq!(concurrency.functions.lock().unwrap().len(), 1);
        drop(kept);
    }
}
