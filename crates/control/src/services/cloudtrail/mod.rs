//! CloudTrail's event history: `LookupEvents` over what the audit trail has recorded in an account
//! and region. Errors' texts are not recorded; these say the same in our words.

use api::cloudtrail::operations as op;
use api::cloudtrail::{
    Event, LookupAttribute, LookupAttributeKey, LookupEventsRequest, LookupEventsResponse, Resource, errors,
};
use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use documents::cloudtrail::{TrailRecord, TrailResource};
use store::{Place, Span};
use wire::ServiceError;

use crate::audit;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::LookupEvents, lookup_events);
}

/// Events a page if the caller does not say, and at most (CloudTrail API reference,
/// `LookupEvents`).
const PAGE: usize = 50;

/// Records that one call looks at. If fewer events than asked for are among them the answer still
/// has a token that leads on, as answers of AWS may.
const LOOKED_AT: usize = 10_000;

/// The newest events of the last 90 days first.
fn lookup_events(call: &mut Call<'_, '_>, input: &LookupEventsRequest) -> Outcome<LookupEventsResponse> {
    if input.event_category.is_some() {
        // Insights are what CloudTrail infers from unusual rates. None are inferred here.
        return Ok(LookupEventsResponse { events: Some(Vec::new()), next_token: None });
    }
    let wanted = match input.lookup_attributes.as_deref().unwrap_or_default() {
        [] => None,
        [one] => Some(one),
        _ => {
            let text = "Lookup attributes must not be more than one.";
            return Err(ServiceError::new(&errors::INVALID_LOOKUP_ATTRIBUTES_EXCEPTION, text).into());
        }
    };
    if let (Some(start), Some(end)) = (input.start_time, input.end_time)
        && start > end
    {
        let text = "The start time must not be after the end time.";
        return Err(ServiceError::new(&errors::INVALID_TIME_RANGE_EXCEPTION, text).into());
    }
    let before = match input.next_token.as_deref() {
        None => None,
        Some(token) => Some(place(token).ok_or_else(|| {
            ServiceError::new(&errors::INVALID_NEXT_TOKEN_EXCEPTION, "The next token is invalid.")
        })?),
    };
    // Those that have expired and are not yet removed are not shown.
    let from = input.start_time.max(Some(audit::kept_since(call.now())));
    // Moments of requests are whole seconds; all that happened in the last one belongs to it.
    let until = input.end_time.map(|end| Timestamp::from_millis(end.as_millis().saturating_add(999)));
    let limit = input.max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
    let (mut events, mut looked_at, mut last) = (Vec::new(), 0, None);
    let mut is_over = true;
    call.tx.records::<TrailRecord>(&call.context.scope, &Span { from, until, before }, |place, record| {
        if events.len() >= limit || looked_at >= LOOKED_AT {
            is_over = false;
            return false;
        }
        looked_at += 1;
        last = Some(place);
        if wanted.is_none_or(|wanted| has(&record, wanted)) {
            events.push(shown(record, place.moment));
        }
        true
    })?;
    let next_token = last.filter(|_| !is_over).map(token);
    Ok(LookupEventsResponse { events: Some(events), next_token })
}

/// Whether a record has the attribute.
fn has(record: &TrailRecord, wanted: &LookupAttribute) -> bool {
    let (event, value) = (&record.event, wanted.attribute_value.as_str());
    let of_resources =
        |part: fn(&TrailResource) -> &String| record.resources.iter().any(|one| part(one) == value);
    match wanted.attribute_key {
        LookupAttributeKey::EventId => event.event_id == value,
        LookupAttributeKey::EventName => event.event_name == value,
        LookupAttributeKey::ReadOnly => event.read_only.to_string() == value,
        LookupAttributeKey::Username => record.username == value,
        LookupAttributeKey::ResourceType => of_resources(|one| &one.kind),
        LookupAttributeKey::ResourceName => of_resources(|one| &one.name),
        LookupAttributeKey::EventSource => event.event_source == value,
        LookupAttributeKey::AccessKeyId => event.user_identity.access_key_id == value,
    }
}

fn shown(record: TrailRecord, moment: Timestamp) -> Event {
    let TrailRecord { event, username, resources } = record;
    let resources = resources
        .into_iter()
        .map(|one| Resource { resource_type: Some(one.kind), resource_name: Some(one.name) })
        .collect();
    Event {
        event_id: Some(event.event_id.clone()),
        event_name: Some(event.event_name.clone()),
        read_only: Some(event.read_only.to_string()),
        access_key_id: Some(event.user_identity.access_key_id.clone()),
        event_time: Some(moment.truncated_to_secs()),
        event_source: Some(event.event_source.clone()),
        username: Some(username),
        resources: Some(resources),
        cloud_trail_event: serde_json::to_string(&event).ok(),
    }
}

/// A place as a token.
fn token(place: Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", place.moment.as_millis(), place.sequence))
}

fn place(token: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (moment, sequence) = text.split_once('.')?;
    Some(Place {
        moment: Timestamp::from_millis(moment.parse().ok()?),
        sequence: sequence.parse::<u32>().ok()?.into(),
    })
}

#[cfg(test)]
mod tests;
