//! Where a stage's execution logs go.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use base::Scope;

use crate::exchange::{RequestIds, StageFacts};
use crate::trail::LogTarget;
use crate::trail::access_log::Fnv;

/// How many streams the requests of one stage are spread over. AWS's number is not recorded.
const STREAMS: u8 = 16;

/// The log group of a stage and its streams. All lines of a request go to the same one.
#[derive(Clone, Debug)]
pub struct ExecutionLogs {
    stage: Vec<Arc<LogTarget>>,
    /// The canary's own log group: what goes to it goes to the stage's too.
    canary: Option<Vec<Arc<LogTarget>>>,
}

impl ExecutionLogs {
    /// Of the stage.
    #[must_use]
    pub fn new(stage: &StageFacts) -> Self {
        let group = |canary: &str| -> Vec<_> {
            let target = |number| {
                Arc::new(LogTarget {
                    scope: Scope::new(&*stage.account_id, &*stage.region),
                    group: format!("API-Gateway-Execution-Logs_{}/{}{canary}", stage.api_id, stage.stage),
                    stream: name(stage, number),
                })
            };
            (0..STREAMS).map(target).collect()
        };
        // A canary's requests are reported to the stage's group and to one of its own (API Gateway
        // developer guide, "Set up an API Gateway canary release deployment").
        let canary = (stage.is_canary == Some(true)).then(|| group("/Canary"));
        Self { stage: group(""), canary }
    }

    /// Where the lines of the request with these identifiers go.
    pub fn of(&self, ids: &RequestIds) -> impl Iterator<Item = &Arc<LogTarget>> {
        let mut hasher = Fnv::default();
        ids.request_id().hash(&mut hasher);
        // The remainder is below the number of streams, so it fits.
        let stream = usize::try_from(hasher.finish() % u64::from(STREAMS)).unwrap_or_default();
        std::iter::once(&self.stage).chain(&self.canary).filter_map(move |streams| streams.get(stream))
    }
}

/// A name of 32 hexadecimal digits, as AWS's streams have them.
fn name(stage: &StageFacts, number: u8) -> String {
    let half = |seed: u8| {
        let mut hasher = Fnv::default();
        (seed, number, &*stage.api_id, &*stage.stage).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base::Random;

    use super::*;
    use crate::exchange::IdSource;

    #[test]
    fn requests_are_spread_and_each_keeps_to_its_stream() {
        let stage = StageFacts {
            account_id: "000000000000".into(),
            region: "us-west-2".into(),
            api_id: "abc123".into(),
            stage: "prod".into(),
            ..StageFacts::default()
        };
        let logs = ExecutionLogs::new(&stage);
        let ids = IdSource::new(Random::seeded(1));
        let mut seen = HashSet::new();
        for _ in 0..500 {
            let request = ids.next();
            let target = logs.of(&request).next().unwrap();
            assert_eq!(target.group, "API-Gateway-Execution-Logs_abc123/prod");
            assert_eq!(target.stream.len(), 32);
            assert!(Arc::ptr_eq(target, logs.of(&request).next().unwrap()));
            seen.insert(target.stream.clone());
        }
        assert_eq!(seen.len(), usize::from(STREAMS));
        let canary = ExecutionLogs::new(&StageFacts { is_canary: Some(true), ..stage });
        let groups: Vec<_> = canary.of(&ids.next()).map(|target| target.group.clone()).collect();
        let stages = "API-Gateway-Execution-Logs_abc123/prod";
        assert_eq!(groups, [stages.to_owned(), format!("{stages}/Canary")]);
    }
}
