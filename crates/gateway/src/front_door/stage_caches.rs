//! The caches of the stages' answers: each is kept as long as its stage asks for the same one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::Random;
use documents::apigateway::StageDocument;

use crate::cache::{CacheSpec, ResponseCache};

/// What a stage's cache takes at most, unless an operator says otherwise: AWS's smallest.
const MOST_BYTES: u64 = 512 << 20;

/// All stages' caches.
#[derive(Debug)]
pub struct StageCaches {
    most: u64,
    random: Random,
    kept: Mutex<CachesByStage>,
}

/// By API and stage.
type CachesByStage = HashMap<(Box<str>, Box<str>), OfStage>;

/// A stage's caches.
#[derive(Clone, Debug, Default)]
pub(super) struct OfStage {
    /// The stage's own.
    pub(super) own: Option<Arc<ResponseCache>>,
    /// Its canary's: the stage's if the canary uses that, else one of its own (API reference,
    /// `CanarySettings`).
    pub(super) canarys: Option<Arc<ResponseCache>>,
}

impl StageCaches {
    /// No caches; each will have `most` bytes, however large its stage asks for it to be.
    #[must_use]
    pub fn new(most: u64, random: Random) -> Self {
        Self { most, random, kept: Mutex::default() }
    }

    /// The caches of a stage. What it had before is kept if it is what the stage still asks for:
    /// deploying keeps a cache, flushing and resizing it do not.
    pub(super) fn of(&self, api: &str, stage: &str, document: &StageDocument) -> OfStage {
        let key = (api.into(), stage.into());
        let Some(spec) = CacheSpec::of(document, self.most) else {
            self.kept().remove(&key);
            return OfStage::default();
        };
        let canary = document.stage.canary_settings.as_ref();
        let mut kept = self.kept();
        let known = kept.remove(&key).unwrap_or_default();
        let again = |known: Option<Arc<ResponseCache>>| {
            let same = known.filter(|known| known.spec() == spec);
            Some(same.unwrap_or_else(|| Arc::new(ResponseCache::new(spec, &self.random))))
        };
        let own = again(known.own.clone());
        let canarys = match canary {
            None => None,
            Some(canary) if canary.use_stage_cache == Some(true) => own.clone(),
            // One that was shared is not the canary's own.
            Some(_) => again(
                known.canarys.filter(|canarys| !own.as_ref().is_some_and(|own| Arc::ptr_eq(own, canarys))),
            ),
        };
        let caches = OfStage { own, canarys };
        kept.insert(key, caches.clone());
        caches
    }

    pub(super) fn forget_stage(&self, api: &str, stage: &str) {
        self.kept().remove(&(api.into(), stage.into()));
    }

    pub(super) fn forget_api(&self, api: &str) {
        self.kept().retain(|(own, _), _| **own != *api);
    }

    fn kept(&self) -> MutexGuard<'_, CachesByStage> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for StageCaches {
    fn default() -> Self {
        Self::new(MOST_BYTES, Random::system())
    }
}

#[cfg(test)]
mod tests {
    use api::apigateway::{CanarySettings, Stage};
    use base::Timestamp;

    use super::*;

    fn document(canary: Option<bool>) -> StageDocument {
        let canary_settings = canary
            .map(|shared| CanarySettings { use_stage_cache: Some(shared), ..CanarySettings::default() });
        StageDocument::new(Stage { cache_cluster_enabled: Some(true), canary_settings, ..Stage::default() })
    }

    fn same(one: Option<&Arc<ResponseCache>>, other: Option<&Arc<ResponseCache>>) -> bool {
        one.zip(other).is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }

    #[test]
    fn a_deployment_keeps_the_cache_and_a_flush_does_not() {
        let caches = StageCaches::new(1 << 20, Random::seeded(1));
        let first = caches.of("a", "prod", &document(None)).own;
        assert!(same(first.as_ref(), caches.of("a", "prod", &document(None)).own.as_ref()));
        assert!(!same(first.as_ref(), caches.of("a", "dev", &document(None)).own.as_ref()));
        let mut flushed = document(None);
        flushed.cache_flushed = Some(Timestamp::from_millis(1));
        assert!(!same(first.as_ref(), caches.of("a", "prod", &flushed).own.as_ref()));
        caches.of("a", "prod", &StageDocument::new(Stage::default()));
        assert!(caches.kept().keys().all(|(_, stage)| **stage == *"dev"));
    }

    #[test]
    fn a_canary_shares_the_cache_only_if_it_says_so() {
        let caches = StageCaches::new(1 << 20, Random::seeded(1));
        let shared = caches.of("a", "prod", &document(Some(true)));
        assert!(same(shared.own.as_ref(), shared.canarys.as_ref()));
        let apart = caches.of("a", "prod", &document(Some(false)));
        assert!(same(shared.own.as_ref(), apart.own.as_ref()));
        assert!(!same(apart.own.as_ref(), apart.canarys.as_ref()));
        let again = caches.of("a", "prod", &document(Some(false)));
        assert!(same(apart.canarys.as_ref(), again.canarys.as_ref()));
    }
}
