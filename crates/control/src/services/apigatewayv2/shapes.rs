//! The service has a shape for each of its requests and answers, most with the same members. What is
//! stored is one of them; here it becomes the others.

use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wire::ServiceError;

use crate::Outcome;

/// The members that `shape` shares with another shape, as that shape.
pub(super) fn same<T: DeserializeOwned>(shape: &impl Serialize) -> Outcome<T> {
    read(members(shape)?)
}

/// `stored` with the members that `given` has, but for those that say which thing is meant.
pub(super) fn changed<T: Serialize + DeserializeOwned>(
    stored: &T,
    given: &impl Serialize,
    identifiers: &[&str],
) -> Outcome<T> {
    let mut all = members(stored)?;
    let given = members(given)?.into_iter().filter(|(name, _)| !identifiers.contains(&name.as_str()));
    all.extend(given);
    read(all)
}

/// A map in which what is given takes the place of what is there, and an empty text takes it away
/// (as the Terraform provider changes parameters and stage variables).
pub(super) fn merged(
    stored: Option<&IndexMap<String, String>>,
    given: Option<&IndexMap<String, String>>,
) -> Option<IndexMap<String, String>> {
    let Some(given) = given else { return stored.cloned() };
    let mut all = stored.cloned().unwrap_or_default();
    for (name, value) in given {
        if value.is_empty() {
            all.shift_remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    Some(all)
}

fn members(shape: &impl Serialize) -> Outcome<Map<String, Value>> {
    match serde_json::to_value(shape) {
        Ok(Value::Object(members)) => Ok(members),
        other => {
            tracing::error!(?other, "a shape is no object");
            Err(ServiceError::internal_failure().into())
        }
    }
}

fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Outcome<T> {
    serde_json::from_value(Value::Object(members)).map_err(|why| {
        tracing::error!(%why, "a shape is not like another");
        ServiceError::internal_failure().into()
    })
}

#[cfg(test)]
mod tests {
    use api::apigatewayv2::{CreateRouteRequest, GetRouteResult, Route, UpdateRouteRequest};
    use serde_json::json;

    use super::*;

    #[test]
    fn members_go_from_shape_to_shape() {
        let request: CreateRouteRequest =
            serde_json::from_value(json!({"ApiId": "a", "RouteKey": "GET /x", "ApiKeyRequired": true}))
                .unwrap();
        let route: Route = same(&request).unwrap();
        assert_eq!((route.route_key.as_str(), route.api_key_required), ("GET /x", Some(true)));
        let update: UpdateRouteRequest =
            serde_json::from_value(json!({"ApiId": "a", "RouteId": "r", "Target": "integrations/i"}))
                .unwrap();
        let route = changed(&route, &update, &["ApiId", "RouteId"]).unwrap();
        assert_eq!((route.route_id.as_deref(), route.target.as_deref()), (None, Some("integrations/i")));
        let answer: GetRouteResult = same(&route).unwrap();
        assert_eq!(answer.route_key.as_deref(), Some("GET /x"));
    }

    #[test]
    fn an_empty_text_takes_an_entry_away() {
        let map = |of: Value| serde_json::from_value::<IndexMap<String, String>>(of).unwrap();
        let stored = map(json!({"a": "1", "b": "2"}));
        let merge = |given: Value| merged(Some(&stored), Some(&map(given))).unwrap();
        assert_eq!(merge(json!({"b": "3", "c": "4"})), map(json!({"a": "1", "b": "3", "c": "4"})));
        assert_eq!(merge(json!({"a": "", "x": ""})), map(json!({"b": "2"})));
        assert_eq!(merged(Some(&stored), None), Some(stored));
        assert_eq!(merged(None, None), None);
    }
}
