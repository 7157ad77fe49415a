//! `/restapis/{id}/authorizers`: who decides which requests a method serves. The rules are those
//! of `authorizer_rules`, for creating and patching alike.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    Authorizer, AuthorizerType, Authorizers, CreateAuthorizerRequest, DeleteAuthorizerRequest,
    GetAuthorizerRequest, GetAuthorizersRequest, Op, UpdateAuthorizerRequest,
};
use base::ids;
use documents::apigateway::{AuthorizerDocument, RestApiDocument, within};
use store::Key;

use super::super::limits;
use super::super::refusals::{bad_request, conflict, limit_exceeded, not_found};
use super::{authorizer_rules, find, references, resources};
use crate::paginate::{Page, page};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateAuthorizer, create_authorizer)
        .read(op::GetAuthorizer, get_authorizer)
        .read(op::GetAuthorizers, get_authorizers)
        .write(op::UpdateAuthorizer, update_authorizer)
        .write(op::DeleteAuthorizer, delete_authorizer);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[
        row("/authorizerUri", &[Op::Replace]),
        row("/authorizerCredentials", &[Op::Replace]),
        row("/authorizerResultTtlInSeconds", &[Op::Replace]),
        row("/authType", &[Op::Replace]),
        row("/identitySource", &[Op::Add, Op::Replace, Op::Remove]),
        row("/identityValidationExpression", &[Op::Replace]),
        row("/name", &[Op::Replace]),
        row("/providerARNs", &[Op::Add, Op::Remove]),
        row("/type", &[Op::Replace]),
    ],
};

pub(in super::super) fn create_authorizer(
    call: &mut Call<'_, '_>,
    input: &CreateAuthorizerRequest,
) -> Outcome<Authorizer> {
    let api = &input.rest_api_id;
    let given = Authorizer {
        id: Some(ids::part_id(&call.plane.random)),
        name: Some(input.name.clone()),
        r#type: Some(input.r#type),
        provider_ar_ns: input.provider_ar_ns.clone(),
        auth_type: input.auth_type.clone(),
        authorizer_uri: input.authorizer_uri.clone(),
        authorizer_credentials: input.authorizer_credentials.clone(),
        identity_source: input.identity_source.clone(),
        identity_validation_expression: input.identity_validation_expression.clone(),
        authorizer_result_ttl_in_seconds: input.authorizer_result_ttl_in_seconds,
    };
    let authorizer = checked(given, call.scope().account())?;
    let document = call.tx.get::<RestApiDocument>(&call.context.scope, &Key::new([api]))?;
    if document.is_none() {
        // Recorded from AWS: no 404 here.
        return Err(conflict(
            "Unable to complete operation due to concurrent modification. Please try again later.",
        ));
    }
    check_unique(call, api, &authorizer)?;
    check_room(all(call, api)?.len() + 1)?;
    put(call, api, authorizer.clone())?;
    Ok(authorizer)
}

fn get_authorizer(call: &mut Call<'_, '_>, input: &GetAuthorizerRequest) -> Outcome<Authorizer> {
    get(call, &input.rest_api_id, &input.authorizer_id)
}

pub(super) fn get_authorizers(
    call: &mut Call<'_, '_>,
    input: &GetAuthorizersRequest,
) -> Outcome<Authorizers> {
    find(call, &input.rest_api_id)?;
    let authorizers = all(call, &input.rest_api_id)?;
    let place = |authorizer: &Authorizer| authorizer.id.clone().unwrap_or_default();
    let Page { items, position } = page(authorizers, place, input.position.as_deref(), input.limit)?;
    Ok(Authorizers { position, items: Some(items) })
}

fn update_authorizer(call: &mut Call<'_, '_>, input: &UpdateAuthorizerRequest) -> Outcome<Authorizer> {
    let api = &input.rest_api_id;
    let mut authorizer = get(call, api, &input.authorizer_id)?;
    for patch in TABLE.read(&input.patch_operations) {
        apply(&mut authorizer, &patch?)?;
    }
    authorizer_rules::check(&authorizer, call.scope().account())?;
    check_unique(call, api, &authorizer)?;
    put(call, api, authorizer.clone())?;
    Ok(authorizer)
}

fn delete_authorizer(call: &mut Call<'_, '_>, input: &DeleteAuthorizerRequest) -> Outcome<Empty> {
    let (api, id) = (&input.rest_api_id, &input.authorizer_id);
    let authorizer = get(call, api, id)?;
    if let Some(place) = references::of_authorizer(&resources::all(call, api)?, id) {
        let name = authorizer.name.unwrap_or_default();
        // As users of AWS report it.
        return Err(conflict(format!("Cannot delete authorizer '{name}', is referenced in {place}")));
    }
    call.tx.delete::<AuthorizerDocument>(&call.context.scope, &within(api, id))?;
    Ok(Empty {})
}

fn apply(authorizer: &mut Authorizer, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["authorizerUri"] => authorizer.authorizer_uri = patch.non_empty(),
        ["authorizerCredentials"] => authorizer.authorizer_credentials = patch.non_empty(),
        ["authorizerResultTtlInSeconds"] => {
            let seconds = patch.text().parse().map_err(|_| authorizer_rules::bad_ttl())?;
            authorizer.authorizer_result_ttl_in_seconds = Some(seconds);
        }
        ["authType"] => authorizer.auth_type = patch.non_empty(),
        ["identitySource"] if patch.op == Op::Replace => authorizer.identity_source = patch.non_empty(),
        ["identitySource"] => {
            let known = authorizer.identity_source.take().unwrap_or_default();
            let without = |source: &&str| patch.value.is_some_and(|value| source.trim() != value);
            let mut sources: Vec<_> =
                known.split(',').filter(|source| !source.trim().is_empty()).filter(without).collect();
            if patch.op == Op::Add {
                sources.push(patch.text());
            }
            authorizer.identity_source = Some(sources.join(",")).filter(|sources| !sources.is_empty());
        }
        ["identityValidationExpression"] => authorizer.identity_validation_expression = patch.non_empty(),
        ["name"] => authorizer.name = Some(patch.text().to_owned()),
        ["providerARNs"] => {
            let mut arns = authorizer.provider_ar_ns.take().unwrap_or_default();
            arns.retain(|arn| arn != patch.text());
            if patch.op == Op::Add {
                arns.extend(patch.non_empty());
            }
            authorizer.provider_ar_ns = Some(arns).filter(|arns| !arns.is_empty());
        }
        ["type"] => {
            // Worded like the refusals of other enumerations; this one is not recorded.
            let options =
                "Invalid authorizer type specified. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS";
            authorizer.r#type = Some(patch.text().parse().map_err(|_| bad_request(options))?);
        }
        _ => {}
    }
    Ok(())
}

/// A new authorizer as it is stored, with AWS's defaults, if it may be; `account` is that of the
/// caller.
pub(super) fn checked(given: Authorizer, account: &str) -> Outcome<Authorizer> {
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let cognito = given.r#type == Some(AuthorizerType::CognitoUserPools);
    let default_type = if cognito { "cognito_user_pools" } else { "custom" };
    let request = given.r#type == Some(AuthorizerType::Request);
    let authorizer = Authorizer {
        // Only user pools are providers (API Gateway API reference, `CreateAuthorizer`).
        provider_ar_ns: given.provider_ar_ns.filter(|arns| cognito && !arns.is_empty()),
        auth_type: Some(present(given.auth_type).unwrap_or_else(|| default_type.to_owned())),
        authorizer_uri: present(given.authorizer_uri),
        authorizer_credentials: present(given.authorizer_credentials),
        identity_source: present(given.identity_source),
        identity_validation_expression: present(given.identity_validation_expression),
        // Recorded from AWS: those that ask with the whole request show the default.
        authorizer_result_ttl_in_seconds: given
            .authorizer_result_ttl_in_seconds
            .or(request.then_some(limits::DEFAULT_AUTHORIZER_TTL)),
        ..given
    };
    authorizer_rules::check(&authorizer, account)?;
    Ok(authorizer)
}

/// Refuses more authorizers than an API may have. The text is not recorded.
pub(super) fn check_room(count: usize) -> Outcome<()> {
    if count <= limits::AUTHORIZERS {
        return Ok(());
    }
    Err(limit_exceeded(
        "Maximum number of Authorizers for this API has been reached. Please contact AWS if you need \
         additional Authorizers.",
    ))
}

/// All authorizers of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Authorizer>> {
    let documents = call.tx.list::<AuthorizerDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.authorizer).collect())
}

/// The authorizer `id`, if the API has it.
pub(super) fn read(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Option<Authorizer>> {
    if !references::is_key(id) {
        return Ok(None);
    }
    let document = call.tx.get::<AuthorizerDocument>(&call.context.scope, &within(api, id))?;
    Ok(document.map(|document| document.authorizer))
}

/// Stores an authorizer.
pub(super) fn put(call: &mut Call<'_, '_>, api: &str, authorizer: Authorizer) -> Outcome<()> {
    let key = within(api, authorizer.id.as_deref().unwrap_or_default());
    call.tx.put(&call.context.scope, &key, &AuthorizerDocument { authorizer })?;
    Ok(())
}

/// The authorizer `id`.
pub(super) fn get(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Authorizer> {
    read(call, api, id)?.ok_or_else(unknown)
}

/// Worded like the refusals of its siblings; this one is not recorded.
fn unknown() -> Failure {
    not_found("Invalid Authorizer identifier specified")
}

/// As users of AWS report it.
fn check_unique(call: &mut Call<'_, '_>, api: &str, authorizer: &Authorizer) -> Outcome<()> {
    let same = |other: &Authorizer| other.name == authorizer.name && other.id != authorizer.id;
    if !all(call, api)?.iter().any(same) {
        return Ok(());
    }
    let name = authorizer.name.as_deref().unwrap_or_default();
    Err(bad_request(format!(
        "Authorizer name must be unique. Authorizer {name} already exists in this RestApi."
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, text, with};
    use super::super::methods::{get_method, put_method, update_method};
    use super::*;

    const URI: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                       arn:aws:lambda:us-east-1:000000000000:function:auth/invocations";
    const POOL: &str = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc";

    fn token(api: &str, name: &str) -> Value {
        json!({
            "restApiId": api, "name": name, "type": "TOKEN", "authorizerUri": URI,
            "identitySource": "method.request.header.Authorization",
        })
    }

    fn pools(api: &str, name: &str) -> Value {
        json!({
            "restApiId": api, "name": name, "type": "COGNITO_USER_POOLS", "providerARNs": [POOL],
            "identitySource": "method.request.header.Authorization",
        })
    }

    fn at(api: &str, id: &str) -> Value {
        json!({"restApiId": api, "authorizerId": id})
    }

    /// Recorded from AWS, but for user pools.
    #[test]
    fn each_type_has_its_answer() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let created = frame.ok(create_authorizer, token(&api, "t"));
        let id = text(&created, "id");
        assert_eq!(id.len(), 6);
        assert_eq!(
            created,
            json!({
                "id": id, "name": "t", "type": "TOKEN", "authType": "custom", "authorizerUri": URI,
                "identitySource": "method.request.header.Authorization",
            })
        );
        assert_eq!(frame.ok(get_authorizer, at(&api, &id)), created);
        let request =
            with(token(&api, "r"), json!({"type": "REQUEST", "authType": "oauth2", "providerARNs": [POOL]}));
        let created = frame.ok(create_authorizer, request);
        assert_eq!(
            created,
            json!({
                "id": created["id"], "name": "r", "type": "REQUEST", "authType": "oauth2",
                "authorizerUri": URI, "identitySource": "method.request.header.Authorization",
                "authorizerResultTtlInSeconds": 300,
            })
        );
        let created = frame.ok(create_authorizer, pools(&api, "c"));
        assert_eq!(
            created,
            json!({
                "id": created["id"], "name": "c", "type": "COGNITO_USER_POOLS", "providerARNs": [POOL],
                "authType": "cognito_user_pools", "identitySource": "method.request.header.Authorization",
            })
        );
        let listed = frame.ok(get_authorizers, json!({"restApiId": api}));
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    }

    /// The first and the third are recorded from AWS.
    #[test]
    fn unknown_apis_and_authorizers() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        assert_eq!(
            frame.refused(create_authorizer, token("nope", "a")),
            conflict("Unable to complete operation due to concurrent modification. Please try again later.")
        );
        for api in [api.as_str(), "nope"] {
            let unknown = not_found("Invalid Authorizer identifier specified");
            assert_eq!(frame.refused(get_authorizer, at(api, "x")), unknown);
            assert_eq!(frame.refused(update_authorizer, at(api, "x")), unknown);
            assert_eq!(frame.refused(delete_authorizer, at(api, "x")), unknown);
        }
        assert_eq!(
            frame.refused(get_authorizers, json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }

    /// As users of AWS report it.
    #[test]
    fn names_are_unique() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        frame.ok(create_authorizer, token(&api, "a"));
        let taken =
            bad_request("Authorizer name must be unique. Authorizer a already exists in this RestApi.");
        assert_eq!(frame.refused(create_authorizer, pools(&api, "a")), taken);
        let other = text(&frame.ok(create_authorizer, token(&api, "b")), "id");
        let rename = with(at(&api, &other), json!({"patchOperations": patch("replace", "/name", Some("a"))}));
        assert_eq!(frame.refused(update_authorizer, rename), taken);
    }

    /// "Amazon API Gateway quotas": 10 authorizers of an API.
    #[test]
    fn ten_fit() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        for n in 0..10 {
            frame.ok(create_authorizer, token(&api, &format!("a{n}")));
        }
        assert_eq!(
            frame.refused(create_authorizer, token(&api, "more")),
            "429 LimitExceededException \"Maximum number of Authorizers for this API has been reached. Please \
             contact AWS if you need additional Authorizers.\""
        );
    }

    #[test]
    fn members_are_patched() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let lambda = text(&frame.ok(create_authorizer, token(&api, "a")), "id");
        let pools = text(&frame.ok(create_authorizer, pools(&api, "c")), "id");
        let update = |id: &str, op: &str, path: &str, value: Option<&str>| {
            with(at(&api, id), json!({"patchOperations": patch(op, path, value)}))
        };
        let second = POOL.replace("abc", "def");
        for (id, op, path, value, member, expected) in [
            (&lambda, "replace", "/name", Some("b"), "name", json!("b")),
            (
                &lambda,
                "replace",
                "/authorizerResultTtlInSeconds",
                Some("0"),
                "authorizerResultTtlInSeconds",
                json!(0),
            ),
            (
                &lambda,
                "replace",
                "/identityValidationExpression",
                Some("^a$"),
                "identityValidationExpression",
                json!("^a$"),
            ),
            (
                &lambda,
                "replace",
                "/identityValidationExpression",
                Some(""),
                "identityValidationExpression",
                json!(null),
            ),
            (&lambda, "replace", "/authType", Some("oauth2"), "authType", json!("oauth2")),
            (&lambda, "replace", "/type", Some("REQUEST"), "type", json!("REQUEST")),
            (
                &lambda,
                "add",
                "/identitySource",
                Some("context.stage"),
                "identitySource",
                json!("method.request.header.Authorization,context.stage"),
            ),
            (
                &lambda,
                "remove",
                "/identitySource",
                Some("method.request.header.Authorization"),
                "identitySource",
                json!("context.stage"),
            ),
            (&lambda, "remove", "/identitySource", None, "identitySource", json!(null)),
            (&pools, "add", "/providerARNs", Some(&second), "providerARNs", json!([POOL, second])),
            (&pools, "remove", "/providerARNs", Some(POOL), "providerARNs", json!([second])),
        ] {
            let updated = frame.ok(update_authorizer, update(id, op, path, value));
            assert_eq!(updated[member], expected, "{op} {path}");
            assert_eq!(frame.ok(get_authorizer, at(&api, id)), updated);
        }
        assert_eq!(
            frame.refused(update_authorizer, update(&lambda, "replace", "/x", Some("y"))),
            bad_request(
                "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/authorizerUri, \
                 /authorizerCredentials, /authorizerResultTtlInSeconds, /authType, /identitySource, \
                 /identityValidationExpression, /name, /providerARNs, /type]"
            )
        );
        assert_eq!(
            frame.refused(update_authorizer, update(&lambda, "replace", "/type", Some("JWT"))),
            bad_request(
                "Invalid authorizer type specified. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS"
            )
        );
        let last = frame.refused(update_authorizer, update(&pools, "remove", "/providerARNs", Some(&second)));
        assert_eq!(
            last,
            bad_request("Provider ARNs must be specified for authorizers of type COGNITO_USER_POOLS")
        );
    }

    /// The refusals of methods are recorded from AWS, that of deleting is as users of AWS report it.
    #[test]
    fn methods_ask_authorizers_of_their_type() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let token = text(&frame.ok(create_authorizer, token(&api, "t")), "id");
        let pools = text(&frame.ok(create_authorizer, pools(&api, "c")), "id");
        let test = frame.resource(&api, &root, "test");
        let place = json!({"restApiId": api, "resourceId": test, "httpMethod": "GET"});
        let put = |kind: &str, id: &str| {
            with(place.clone(), json!({"authorizationType": kind, "authorizerId": id}))
        };
        let invalid = bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS \
             requires a valid authorizer.",
        );
        for (kind, id) in
            [("CUSTOM", "nope"), ("CUSTOM", &pools), ("COGNITO_USER_POOLS", &token), ("CUSTOM", "")]
        {
            assert_eq!(frame.refused(put_method, put(kind, id)), invalid, "{kind} {id}");
        }
        let created = frame.ok(put_method, put("CUSTOM", &token));
        assert_eq!(
            created,
            json!({
                "httpMethod": "GET", "authorizationType": "CUSTOM", "authorizerId": token,
                "apiKeyRequired": false,
            })
        );
        assert_eq!(
            frame.refused(delete_authorizer, at(&api, &token)),
            conflict("Cannot delete authorizer 't', is referenced in method: GET//test")
        );
        let update = |operations: Value| with(place.clone(), json!({"patchOperations": operations}));
        assert_eq!(
            frame.refused(update_method, update(patch("replace", "/authorizerId", Some("nope")))),
            invalid
        );
        assert_eq!(
            frame.refused(
                update_method,
                update(patch("replace", "/authorizationType", Some("COGNITO_USER_POOLS")))
            ),
            invalid
        );
        let both = json!([
            {"op": "replace", "path": "/authorizerId", "value": pools},
            {"op": "replace", "path": "/authorizationType", "value": "COGNITO_USER_POOLS"},
            {"op": "add", "path": "/authorizationScopes", "value": "pets/read"},
        ]);
        let updated = frame.ok(update_method, update(both));
        assert_eq!(
            (&updated["authorizerId"], &updated["authorizationScopes"]),
            (&json!(pools), &json!(["pets/read"]))
        );
        let open = json!([
            {"op": "replace", "path": "/authorizationType", "value": "NONE"},
            {"op": "remove", "path": "/authorizationScopes", "value": "pets/read"},
        ]);
        assert_eq!(frame.ok(update_method, update(open))["authorizerId"], json!(null));
        assert_eq!(frame.ok(get_method, place)["authorizerId"], json!(null));
        frame.ok(delete_authorizer, at(&api, &token));
        frame.ok(delete_authorizer, at(&api, &pools));
    }
}
