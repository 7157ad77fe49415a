//! Definitions in memory, kept true by the store's change feed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use base::Scope;
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument};
use ports::functions::FunctionRef;
use store::{Batch, Change, Follower, Store};

use super::{Definition, NoDefinition, Sketch, Target, read};
use crate::concurrency::Concurrency;
use crate::pool::Pools;

/// The definitions of the functions that were invoked since they last changed.
pub(crate) struct Definitions {
    store: Store,
    pools: Arc<Pools>,
    concurrency: Concurrency,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    definitions: HashMap<FunctionRef, Arc<Definition>>,
    /// Raised by every invalidation: what was read before one is not kept.
    generation: u64,
}

impl Definitions {
    pub(crate) fn new(store: Store, pools: Arc<Pools>, concurrency: Concurrency) -> Self {
        Self { store, pools, concurrency, known: RwLock::default() }
    }

    /// The definition, if it is in memory.
    pub(crate) fn known(&self, function: &FunctionRef) -> Option<Arc<Definition>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.definitions.get(function).cloned()
    }

    /// The definition, from memory or else from the store.
    pub(crate) async fn get(&self, function: &FunctionRef) -> Result<Arc<Definition>, NoDefinition> {
        loop {
            if let Some(definition) = self.known(function) {
                return Ok(definition);
            }
            let before = self.known.read().unwrap_or_else(PoisonError::into_inner).generation;
            let sketch = read::read(&self.store, function).await?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.generation == before {
                // Under the lock, so that of two readers at once both get the same pools.
                let definition = Arc::new(self.define(function, sketch));
                known.definitions.insert(function.clone(), Arc::clone(&definition));
                return Ok(definition);
            }
            // Something changed while it was read, perhaps this. Changes are made by people:
            // this does not go on for long.
        }
    }

    fn define(&self, function: &FunctionRef, sketch: Sketch) -> Definition {
        let Sketch { invoked_arn, targets, policy, reserved } = sketch;
        let targets = targets
            .into_iter()
            .map(|(spec, weight)| Target {
                version: spec.version.clone(),
                pool: self.pools.pool(spec),
                weight,
            })
            .collect();
        let allowance = self.concurrency.of(&function.scope, &function.name, reserved);
        Definition { invoked_arn, targets, policy, allowance }
    }

    /// Forgets one definition: its pools are no longer the function's.
    pub(crate) fn forget(&self, function: &FunctionRef) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.generation += 1;
        known.definitions.remove(function);
    }

    /// Follows the feed for as long as the store is open. A change is acknowledged when no
    /// invocation can meet the old definition any more.
    pub(crate) async fn follow(&self, mut feed: Follower, roles_changed: impl Fn()) {
        feed.take_at_once(|commit| {
            !commit.changes().iter().any(|change| is_of_iam(change) || is_of_a_function(change))
        });
        loop {
            let batch = feed.next().await;
            let changed = match &batch {
                Batch::Changes(changes) => {
                    if changes.iter().any(is_of_iam) {
                        roles_changed();
                    }
                    self.invalidate(changes)
                }
                Batch::Reload(_) => {
                    roles_changed();
                    self.invalidate_all()
                }
            };
            feed.acknowledge(batch.last());
            for (scope, name) in changed {
                self.refresh(&scope, &name).await;
            }
            self.concurrency.forget_unused();
        }
    }

    /// Forgets the definitions that `changes` concern, and answers whose they were.
    fn invalidate(&self, changes: &[Change]) -> HashSet<(Scope, String)> {
        let changed: HashSet<(Scope, String)> = changes
            .iter()
            .filter(|change| is_of_a_function(change))
            .filter_map(|change| Some((change.scope.clone(), change.key.part(0)?.to_owned())))
            .collect();
        if !changed.is_empty() {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.generation += 1;
            known
                .definitions
                .retain(|function, _| !changed.contains(&(function.scope.clone(), function.name.clone())));
        }
        changed
    }

    fn invalidate_all(&self) -> HashSet<(Scope, String)> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.generation += 1;
        known.definitions.clear();
        drop(known);
        self.pools.functions().into_iter().map(|(scope, name, _)| (scope, name)).collect()
    }

    /// Looks at a changed function again: the processes of a version that is gone have to go,
    /// and those of one that has changed are replaced.
    async fn refresh(&self, scope: &Scope, name: &str) {
        let versions: Vec<String> = self
            .pools
            .functions()
            .into_iter()
            .filter(|(of, function, _)| of == scope && function == name)
            .map(|(_, _, version)| version)
            .collect();
        for version in versions {
            let function =
                FunctionRef { scope: scope.clone(), name: name.to_owned(), qualifier: Some(version.clone()) };
            match self.get(&function).await {
                // Reading it has replaced the pool if it had to be.
                Ok(_) => {}
                Err(NoDefinition::NotFound) => self.pools.retire(scope, name, |kept| kept != version),
                Err(NoDefinition::Unusable(why)) => {
                    tracing::warn!(?scope, function = name, version, why, "a changed function cannot be run");
                    self.pools.retire(scope, name, |kept| kept != version);
                }
            }
        }
    }
}

fn is_of_iam(change: &Change) -> bool {
    change.collection.starts_with("iam/")
}

fn is_of_a_function(change: &Change) -> bool {
    change.is::<FunctionDocument>()
        || change.is::<FunctionVersionDocument>()
        || change.is::<FunctionAliasDocument>()
}
