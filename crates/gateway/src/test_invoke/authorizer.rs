//! `TestInvokeAuthorizer`: the authorizer is asked as it would be for a request to the root. The
//! lines of the log are recorded from AWS, as far as no comment says otherwise.

use std::time::Duration;

use api::apigateway::{Authorizer, AuthorizerType};
use ports::test_invoke::{AuthorizerTest, AuthorizerTested, TestInvokeError};
use serde_json::Value;

use super::request::{Made, made};
use super::{Bench, millis};
use crate::access::ask;
use crate::access::cognito::{CognitoAuthorizer, texts};
use crate::access::lambda_authorizer::{LambdaAuthorizer, NoVerdict, Verdict};
use crate::access::user_pools::TokenFault;
use crate::exchange::StageVariables;
use crate::exchange::{Caller, Context, PathParameters, Request, ResourceFacts, StageFacts, TEST_STAGE};
use crate::integration::lambda::{EventRequest, ProxyEvent};
use crate::message::Headers;
use crate::trail::execution_log::wording;
use crate::trail::{Detail, ExecutionLog};

/// The resource of a tested request.
const RESOURCE_ID: &str = "test-invoke-resource-id";

/// The stage in the method's ARN, which is another than that of the request's context.
const ARN_STAGE: &str = "ESTestInvoke-stage";

/// Asks an authorizer.
///
/// # Errors
/// If the request is none, or the authorizer is one that cannot be asked here.
pub(super) async fn run(test: AuthorizerTest, bench: &Bench) -> Result<AuthorizerTested, TestInvokeError> {
    let Made { request, headers, names } = made(&test.request, "GET", "/", &bench.ids)?;
    let mut log = ExecutionLog::new(Some(Detail::Test), &request);
    let id = test.authorizer.id.as_deref().unwrap_or_default();
    let request_id = request.ids.request_id();
    log.write(Detail::Steps, || format!("Starting authorizer: {id} for request: {request_id}"));
    let stage = StageFacts {
        account_id: test.request.scope.account().into(),
        region: test.request.scope.region().into(),
        api_id: test.api_id.as_str().into(),
        stage: TEST_STAGE.into(),
        ..StageFacts::default()
    };
    if test.authorizer.r#type == Some(AuthorizerType::CognitoUserPools) {
        return by_user_pools(&test.authorizer, &request, &headers, log, bench).await;
    }
    let resource = ResourceFacts { id: RESOURCE_ID.into(), path: "/".into() };
    let variables = StageVariables::new(test.request.stage_variables.clone());
    let authorizer = LambdaAuthorizer::compile(&test.authorizer, &stage, &variables)
        .map_err(|fault| TestInvokeError::Request(fault.to_string()))?;
    let path = PathParameters::new(&[], Vec::new(), "/");
    let of = EventRequest {
        context: Context {
            request: &request,
            stage: &stage,
            resource: Some(&resource),
            route_key: None,
            caller: &Caller::tester(&test.request.caller),
            trace: None,
            outcome: None,
        },
        headers: &headers,
        header_names: &names,
        path: &path,
        trace: "",
        body: &[],
        binary: false,
    };
    let result = match authorizer.identity(&of) {
        None => Err(NoVerdict::Unauthorized),
        Some(identity) => {
            log.write(Detail::Data, || format!("Incoming identity: {}", authorizer.shown(&identity)));
            let StageFacts { account_id, region, api_id, .. } = &stage;
            let arn = format!("arn:aws:execute-api:{region}:{account_id}:{api_id}/{ARN_STAGE}/GET/");
            let event = ProxyEvent::new(&stage, &resource, &variables);
            let event = authorizer.event(&identity, &arn, &of, &event);
            let event = with_context(event, &test.additional_context);
            ask(&authorizer, event, &stage, request_id, &*bench.doors.functions, &mut log).await.verdict
        }
    };
    let mut tested = AuthorizerTested::default();
    match result {
        Ok(Verdict { principal_id, policy, .. }) => {
            log.write(Detail::Steps, || {
                format!("Using valid authorizer policy for principal: {}", wording::redacted(&principal_id))
            });
            log.write(Detail::Steps, || "Successfully completed authorizer execution".to_owned());
            tested.principal_id = Some(principal_id);
            tested.policy = Some(policy.get().to_owned());
        }
        Err(NoVerdict::Unauthorized) => {
            log.write(Detail::Errors, || format!("Unauthorized request: {request_id}"));
            log.write(Detail::Errors, || "Unauthorized".to_owned());
            tested.client_status = 401;
        }
        Err(NoVerdict::Misconfigured(why)) => {
            log.write(Detail::Errors, || format!("Execution failed due to configuration error: {why}"));
            log.write(Detail::Errors, || "AuthorizerConfigurationException".to_owned());
            tested.client_status = 500;
        }
        // Not recorded.
        Err(NoVerdict::Failed(why)) => {
            log.write(Detail::Errors, || format!("Execution failed due to an internal error: {why}"));
            log.write(Detail::Errors, || "AuthorizerFailureException".to_owned());
            tested.client_status = 500;
        }
    }
    tested.latency = Duration::from_millis(millis(request.started.elapsed()));
    tested.log = log.into_text();
    Ok(tested)
}

/// A token of a user pool. AWS's console asks for identity tokens only, for an authorizer has no
/// scopes; the log's lines are those of other authorizers, for these are not recorded.
async fn by_user_pools(
    stored: &Authorizer,
    request: &Request,
    headers: &Headers,
    mut log: ExecutionLog,
    bench: &Bench,
) -> Result<AuthorizerTested, TestInvokeError> {
    let authorizer =
        CognitoAuthorizer::compile(stored).map_err(|fault| TestInvokeError::Request(fault.to_string()))?;
    let pools = &bench.doors.user_pools;
    let claims = authorizer.claims(headers, &[], request.received, pools, &bench.worker.upstreams).await;
    let mut tested = AuthorizerTested::default();
    match claims {
        Ok(claims) => {
            log.write(Detail::Steps, || "Successfully completed authorizer execution".to_owned());
            let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
            tested.claims =
                Some(texts(claims).into_iter().map(|(name, value)| (name, text(value))).collect());
        }
        Err(fault @ TokenFault::Untrusted(_)) => {
            log.write(Detail::Errors, || {
                format!("Unauthorized request: {}: {fault}", request.ids.request_id())
            });
            log.write(Detail::Errors, || "Unauthorized".to_owned());
            tested.client_status = 401;
        }
        Err(fault @ TokenFault::Keys { .. }) => {
            log.write(Detail::Errors, || format!("Execution failed due to configuration error: {fault}"));
            log.write(Detail::Errors, || "AuthorizerConfigurationException".to_owned());
            tested.client_status = 500;
        }
    }
    tested.latency = Duration::from_millis(millis(request.started.elapsed()));
    tested.log = log.into_text();
    Ok(tested)
}

/// A REQUEST event with more in its context.
fn with_context(event: bytes::Bytes, more: &indexmap::IndexMap<String, String>) -> bytes::Bytes {
    if more.is_empty() {
        return event;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&event) else { return event };
    let Some(context) = value.get_mut("requestContext").and_then(Value::as_object_mut) else { return event };
    context.extend(more.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    value.to_string().into()
}
