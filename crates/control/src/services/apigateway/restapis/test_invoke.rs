//! `TestInvokeMethod` and `TestInvokeAuthorizer`: the API is gathered as it is defined now, deployed
//! or not, and the gateway runs the one method or authorizer.

use api::apigateway::operations as op;
use api::apigateway::{
    TestInvokeAuthorizerRequest, TestInvokeAuthorizerResponse, TestInvokeMethodRequest,
    TestInvokeMethodResponse, errors,
};
use indexmap::IndexMap;
use ports::test_invoke::{
    AuthorizerTest, AuthorizerTested, MethodTest, MethodTested, TestCaller, TestInvokeError, TestRequest,
};
use wire::ServiceError;

use super::super::client_certificates;
use super::super::refusals::{bad_request, unknown_method};
use super::super::vpc_links;
use super::{authorizers, deployments, resources};
use crate::{Call, CallContext, Failure, Outcome, Plane, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::TestInvokeMethod, test_invoke_method)
        .wait(op::TestInvokeAuthorizer, test_invoke_authorizer);
}

/// Runs a method for the caller alone. It waits for the method's backend, so it runs outside of
/// the store's transactions.
async fn test_invoke_method(
    plane: Plane,
    context: CallContext,
    input: TestInvokeMethodRequest,
) -> Outcome<TestInvokeMethodResponse> {
    let (within, of) = (plane.clone(), context.clone());
    let test =
        plane.store.read(move |tx| gather(&mut Call { plane: &within, context: &of, tx }, &input)).await?;
    let tested = plane.tests.method(test).await.map_err(refusal)?;
    Ok(shown(tested))
}

/// The method, and what it is tested with.
fn gather(call: &mut Call<'_, '_>, input: &TestInvokeMethodRequest) -> Outcome<MethodTest> {
    let resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let defined = |verb: &str| resource.resource_methods.as_ref().is_some_and(|all| all.contains_key(verb));
    let verb = input.http_method.as_str();
    let method = [verb, "ANY"].into_iter().find(|verb| defined(verb)).ok_or_else(unknown_method)?;
    let certificate = input.client_certificate_id.as_deref().filter(|id| !id.is_empty());
    Ok(MethodTest {
        request: TestRequest {
            scope: call.scope().clone(),
            caller: caller(call.context),
            path_with_query_string: input.path_with_query_string.clone(),
            headers: headers(input.headers.as_ref(), input.multi_value_headers.as_ref()),
            body: input.body.clone().unwrap_or_default().into(),
            stage_variables: input.stage_variables.clone().unwrap_or_default(),
            received: call.now(),
        },
        snapshot: deployments::snapshot(call, &input.rest_api_id)?,
        resource_id: input.resource_id.clone(),
        method: method.to_owned(),
        // A client sends a verb; ANY is none.
        verb: if verb == "ANY" { "GET".to_owned() } else { verb.to_owned() },
        client_certificate: certificate.map(|id| client_certificates::get(call, id)).transpose()?,
        vpc_links: vpc_links::all(call)?,
    })
}

/// Asks an authorizer whether it knows the caller of a made-up request.
async fn test_invoke_authorizer(
    plane: Plane,
    context: CallContext,
    input: TestInvokeAuthorizerRequest,
) -> Outcome<TestInvokeAuthorizerResponse> {
    let (within, of) = (plane.clone(), context.clone());
    let test = plane
        .store
        .read(move |tx| gather_authorizer(&mut Call { plane: &within, context: &of, tx }, &input))
        .await?;
    let AuthorizerTested { client_status, log, latency, principal_id, policy, claims } =
        plane.tests.authorizer(test).await.map_err(refusal)?;
    Ok(TestInvokeAuthorizerResponse {
        client_status: Some(i32::from(client_status)),
        log: Some(log),
        latency: i64::try_from(latency.as_millis()).ok(),
        principal_id,
        policy,
        authorization: None,
        claims,
    })
}

/// The authorizer, and what it is tested with.
fn gather_authorizer(
    call: &mut Call<'_, '_>,
    input: &TestInvokeAuthorizerRequest,
) -> Outcome<AuthorizerTest> {
    Ok(AuthorizerTest {
        authorizer: authorizers::get(call, &input.rest_api_id, &input.authorizer_id)?,
        request: TestRequest {
            scope: call.scope().clone(),
            caller: caller(call.context),
            path_with_query_string: input.path_with_query_string.clone(),
            headers: headers(input.headers.as_ref(), input.multi_value_headers.as_ref()),
            body: input.body.clone().unwrap_or_default().into(),
            stage_variables: input.stage_variables.clone().unwrap_or_default(),
            received: call.now(),
        },
        api_id: input.rest_api_id.clone(),
        additional_context: input.additional_context.clone().unwrap_or_default(),
    })
}

/// Who tests, as the method's context shows it.
fn caller(context: &CallContext) -> TestCaller {
    let caller = &context.caller;
    TestCaller {
        account: caller.account.clone(),
        user_id: caller.user_id().to_owned(),
        arn: caller.arn().into_owned(),
        access_key_id: caller.access_key_id.clone(),
        user_agent: context.user_agent.clone(),
    }
}

/// All values of each header; those that are given as a list go before the single one of the same
/// name (AWS's own order is not recorded).
fn headers(
    single: Option<&IndexMap<String, String>>,
    multiple: Option<&IndexMap<String, Vec<String>>>,
) -> Vec<(String, String)> {
    let listed =
        |name: &str| multiple.is_some_and(|all| all.keys().any(|own| own.eq_ignore_ascii_case(name)));
    let multiple = multiple.into_iter().flatten();
    let multiple =
        multiple.flat_map(|(name, values)| values.iter().map(move |value| (name.clone(), value.clone())));
    let single = single.into_iter().flatten().filter(|(name, _)| !listed(name));
    multiple.chain(single.map(|(name, value)| (name.clone(), value.clone()))).collect()
}

fn shown(tested: MethodTested) -> TestInvokeMethodResponse {
    let MethodTested { status, headers, body, latency, log } = tested;
    let mut last = IndexMap::new();
    let mut all: IndexMap<String, Vec<String>> = IndexMap::new();
    for (name, value) in headers {
        all.entry(name.clone()).or_default().push(value.clone());
        last.insert(name, value);
    }
    TestInvokeMethodResponse {
        status: Some(i32::from(status)),
        body: Some(String::from_utf8_lossy(&body).into_owned()),
        headers: Some(last),
        multi_value_headers: Some(all),
        log: Some(log),
        latency: i64::try_from(latency.as_millis()).ok(),
    }
}

fn refusal(error: TestInvokeError) -> Failure {
    match error {
        TestInvokeError::Request(text) => bad_request(text),
        // The text is not recorded.
        TestInvokeError::Busy => {
            ServiceError::new(&errors::TOO_MANY_REQUESTS_EXCEPTION, "Too Many Requests").into()
        }
        TestInvokeError::CutShort => {
            tracing::error!("a test was cut short");
            ServiceError::internal_failure().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, not_found, with};
    use super::*;

    /// What is gathered, as far as it can be written.
    fn gathered(call: &mut Call<'_, '_>, input: &TestInvokeMethodRequest) -> Outcome<Value> {
        let test = gather(call, input)?;
        Ok(json!({
            "method": test.method,
            "verb": test.verb,
            "headers": test.request.headers,
            "resources": test.snapshot.resources.len(),
            "caller": [test.request.caller.account, test.request.caller.arn],
        }))
    }

    fn at(api: &str, resource: &str, verb: &str) -> Value {
        json!({"restApiId": api, "resourceId": resource, "httpMethod": verb})
    }

    /// Recorded from AWS.
    #[test]
    fn what_is_not_there_is_not_tested() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let unknown = not_found("Invalid Resource identifier specified");
        assert_eq!(frame.refused(gathered, at("nope", &root, "GET")), unknown);
        assert_eq!(frame.refused(gathered, at(&api, "nope", "GET")), unknown);
        assert_eq!(
            frame.refused(gathered, at(&api, &root, "POST")),
            not_found("Invalid Method identifier specified")
        );
        assert_eq!(
            frame.refused(gathered, with(at(&api, &root, "GET"), json!({"clientCertificateId": "nope"}))),
            not_found("Invalid Client Certificate identifier specified")
        );
    }

    #[test]
    fn a_method_is_found_by_its_verb_or_by_any() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let pets = frame.resource(&api, &root, "pets");
        frame.method(&api, &pets, "ANY");
        let found = |resource: &str, verb: &str| {
            let gathered = frame.ok(gathered, at(&api, resource, verb));
            format!("{} {}", gathered["method"], gathered["verb"])
        };
        assert_eq!(found(&root, "GET"), "\"GET\" \"GET\"");
        assert_eq!(found(&pets, "DELETE"), "\"ANY\" \"DELETE\"");
        assert_eq!(found(&pets, "ANY"), "\"ANY\" \"GET\"");
    }

    #[test]
    fn the_api_is_gathered_as_it_is_now() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        // Not deployable: it has no integration.
        let pets = frame.resource(&api, &root, "pets");
        frame.method(&api, &pets, "GET");
        let input = with(
            at(&api, &root, "GET"),
            json!({
                "headers": {"Accept": "a", "X-One": "1"},
                "multiValueHeaders": {"accept": ["b", "c"]},
            }),
        );
        assert_eq!(
            frame.ok(gathered, input),
            json!({
                "method": "GET", "verb": "GET", "resources": 2,
                "headers": [["accept", "b"], ["accept", "c"], ["X-One", "1"]],
                "caller": ["000000000000", "arn:aws:iam::000000000000:root"],
            })
        );
    }

    #[test]
    fn answers_have_the_last_value_of_each_header_and_all_of_them() {
        let tested = MethodTested {
            status: 200,
            headers: [("Set-Cookie", "a=1"), ("Content-Type", "application/json"), ("Set-Cookie", "b=2")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            body: "hello".into(),
            latency: std::time::Duration::from_millis(7),
            log: "Execution log for request r\n".to_owned(),
        };
        assert_eq!(
            serde_json::to_value(shown(tested)).unwrap(),
            json!({
                "status": 200,
                "body": "hello",
                "headers": {"Set-Cookie": "b=2", "Content-Type": "application/json"},
                "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "Content-Type": ["application/json"]},
                "log": "Execution log for request r\n",
                "latency": 7,
            })
        );
    }

    #[test]
    fn a_test_that_cannot_run_is_refused() {
        let refused = |error| {
            let Failure::Service(error) = refusal(error) else { panic!("a refusal of the service") };
            let service = Some(&api::apigateway::SERVICE);
            format!("{} {}", error.status(service), error.code(service))
        };
        assert_eq!(refused(TestInvokeError::Request("x".into())), "400 BadRequestException");
        assert_eq!(refused(TestInvokeError::Busy), "429 TooManyRequestsException");
        assert_eq!(refused(TestInvokeError::CutShort), "500 InternalFailure");
    }
}
