//! `/restapis/{id}/stages/{name}/cache`: flushing what a stage has cached. A flush begins a new age
//! of the stage's cache (see [`documents::apigateway::CacheAge`]); it is answered when this node
//! serves by it.
//!
//! A stage without a cache cluster has nothing that could be served, and flushing it is no error;
//! AWS's answer for it is not recorded.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{FlushStageAuthorizersCacheRequest, FlushStageCacheRequest};
use base::Timestamp;
use documents::apigateway::{StageDocument, within};

use super::super::refusals::unknown_stage;
use super::stages;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::FlushStageCache, flush_stage_cache)
        .write(op::FlushStageAuthorizersCache, flush_stage_authorizers_cache);
}

fn flush_stage_cache(call: &mut Call<'_, '_>, input: &FlushStageCacheRequest) -> Outcome<Empty> {
    flush(call, &input.rest_api_id, &input.stage_name, |document| &mut document.cache_flushed)
}

fn flush_stage_authorizers_cache(
    call: &mut Call<'_, '_>,
    input: &FlushStageAuthorizersCacheRequest,
) -> Outcome<Empty> {
    flush(call, &input.rest_api_id, &input.stage_name, |document| &mut document.authorizers_cache_flushed)
}

fn flush(
    call: &mut Call<'_, '_>,
    api: &str,
    name: &str,
    cache: fn(&mut StageDocument) -> &mut Option<Timestamp>,
) -> Outcome<Empty> {
    let mut document = stages::document(call, api, name)?.ok_or_else(unknown_stage)?;
    let flushed = cache(&mut document);
    // Later than the last one, also if both come in the same millisecond or the clock went back.
    let next = flushed.map(|last| Timestamp::from_millis(last.as_millis().saturating_add(1)));
    *flushed = next.max(Some(call.now()));
    call.tx.put(&call.context.scope, &within(api, name), &document)?;
    Ok(Empty {})
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use documents::apigateway::CacheAge;
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, not_found, patch};
    use super::super::deployments::create_deployment;
    use super::super::stage_update::update_stage;
    use super::*;

    fn deployed() -> (Frame, String) {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        frame.ok(create_deployment, json!({"restApiId": api, "stageName": "dev"}));
        (frame, api)
    }

    fn dev(api: &str) -> Value {
        json!({"restApiId": api, "stageName": "dev"})
    }

    /// The ages of the caches of responses and of authorizers' results.
    fn ages(frame: &Frame, api: &str) -> (CacheAge, CacheAge) {
        let document: StageDocument = frame.document(within(api, "dev")).unwrap();
        (document.cache_age(), document.authorizers_cache_age())
    }

    #[test]
    fn each_flush_begins_a_new_age_of_its_cache() {
        let (mut frame, api) = deployed();
        let first = ages(&frame, &api);
        frame.ok(flush_stage_cache, dev(&api));
        let second = ages(&frame, &api);
        assert_ne!(second.0, first.0);
        assert_eq!(second.1, first.1);
        // In the same millisecond.
        frame.ok(flush_stage_cache, dev(&api));
        let third = ages(&frame, &api);
        assert!(![first.0, second.0].contains(&third.0));
        frame.after(Duration::from_secs(1));
        frame.ok(flush_stage_authorizers_cache, dev(&api));
        let fourth = ages(&frame, &api);
        assert_eq!(fourth.0, third.0);
        assert_ne!(fourth.1, third.1);
    }

    #[test]
    fn other_changes_of_the_stage_leave_the_age_alone() {
        let (frame, api) = deployed();
        frame.ok(flush_stage_cache, dev(&api));
        frame.ok(flush_stage_authorizers_cache, dev(&api));
        let flushed = ages(&frame, &api);
        let mut update = dev(&api);
        update["patchOperations"] = patch("replace", "/description", Some("d"));
        frame.ok(update_stage, update);
        frame.ok(create_deployment, dev(&api));
        assert_eq!(ages(&frame, &api), flushed);
    }

    #[test]
    fn a_stage_that_is_made_again_begins_a_new_age() {
        let (mut frame, api) = deployed();
        let first = ages(&frame, &api);
        frame.ok(stages::delete_stage, dev(&api));
        frame.after(Duration::from_millis(1));
        frame.ok(create_deployment, dev(&api));
        assert_ne!(ages(&frame, &api).0, first.0);
    }

    /// Not recorded: the text is that of `GetStage`.
    #[test]
    fn an_unknown_stage_is_refused() {
        let (frame, api) = deployed();
        let unknown = not_found("Invalid stage identifier specified");
        for input in
            [json!({"restApiId": api, "stageName": "nope"}), json!({"restApiId": "nope", "stageName": "dev"})]
        {
            assert_eq!(frame.refused(flush_stage_cache, input.clone()), unknown);
            assert_eq!(frame.refused(flush_stage_authorizers_cache, input), unknown);
        }
    }
}
