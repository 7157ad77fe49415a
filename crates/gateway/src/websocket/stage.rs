//! A stage of a WebSocket API with its deployment, compiled: all that can be decided before a client
//! comes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::apigateway::{ApiKeySourceType, ContentHandlingStrategy};
use http::HeaderName;
use regex::Regex;
use schema::Schema;
use serde_json::Value;

use super::selection::{DEFAULT, Seen, Selection};
use crate::access::lambda_authorizer::LambdaAuthorizer;
use crate::exchange::{Caller, Context, Refusal, Request, ResourceFacts, StageFacts, StageVariables};
use crate::integration::Integration;
use crate::mapping::parameters::ResponseParameters;
use crate::mapping::templates::Templates;
use crate::message::Headers;
use crate::throttle::Throttle;
use crate::trail::{AccessLog, Detail, ExecutionLogs, StageCounters};
use crate::usage_plans::Keys;

/// The key of the route that clients connect by.
pub(super) const CONNECT: &str = "$connect";
/// The key of the route that is told of closed connections.
pub(super) const DISCONNECT: &str = "$disconnect";

/// A stage that can be served. Immutable; changes make a new one.
#[derive(Debug)]
pub struct CompiledStage {
    /// Which stage of which API this is.
    pub facts: StageFacts,
    /// The API's name when it was deployed.
    pub api_name: Box<str>,
    /// Whether it is reached by custom domain names alone (`disableExecuteApiEndpoint`).
    pub endpoint_disabled: bool,
    /// What of a message says which route it takes; or why no message can be led.
    pub(super) selection: Result<Selection, Refusal>,
    pub(super) routes: HashMap<Box<str>, Route>,
    pub(super) variables: StageVariables,
    /// The access log, if there is one.
    pub access_log: Option<AccessLog>,
    /// Where execution logs go, if there are any.
    pub execution_logs: Option<ExecutionLogs>,
    /// The API keys of its account and region.
    pub keys: Arc<Keys>,
    /// How often all APIs of its account and region together may be called, if that is limited.
    pub account: Option<Throttle>,
    /// What is counted; the same over all deployments of the stage.
    pub counters: Arc<StageCounters>,
}

/// A route.
#[derive(Debug)]
pub(super) struct Route {
    /// Its id, and its key as the path.
    pub(super) facts: ResourceFacts,
    /// Why nothing is let through, if that is so.
    pub(super) closed: Option<Refusal>,
    /// Whom it asks who may connect.
    pub(super) access: Access,
    /// Where the API key comes from that it requires, if it requires one.
    pub(super) api_key: Option<ApiKeySourceType>,
    /// The parameters that it requires.
    pub(super) required: Vec<(Box<str>, Place)>,
    /// What messages are held to, if they are.
    pub(super) models: Option<RouteModels>,
    /// What it leads to; without it there is nothing to be done.
    pub(super) target: Option<Target>,
    /// Whether clients get what the integration answers (it has a route response).
    pub(super) two_way: bool,
    /// How often it may be taken, if that is limited.
    pub(super) throttle: Option<Throttle>,
    /// How much of its execution is logged.
    pub(super) log: Option<Detail>,
    /// Whether it is counted by itself.
    pub(super) detailed: bool,
}

/// Whom a route asks who may connect.
#[derive(Debug)]
pub(super) enum Access {
    /// Nobody.
    Anyone,
    /// The policies of whoever signed the request.
    Iam,
    /// A function.
    Function(Box<LambdaAuthorizer>),
}

/// Where a parameter stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Query,
    Header(HeaderName),
}

/// The models of a route's messages.
#[derive(Debug)]
pub(super) struct RouteModels {
    /// Which of them a message is held to.
    pub(super) selection: Selection,
    /// By key.
    pub(super) models: Vec<(Box<str>, Arc<Schema>)>,
}

/// An integration with what WebSocket APIs add to it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) integration: Integration,
    /// Which request template is taken, if the integration says.
    pub(super) template: Option<Selection>,
    pub(super) responses: Responses,
    pub(super) timeout: Duration,
}

/// The integration responses.
#[derive(Debug, Default)]
pub(super) struct Responses {
    /// Those with an expression for a key, in the order of the keys.
    pub(super) selected: Vec<(Regex, Response)>,
    /// `$default`.
    pub(super) default: Option<Response>,
}

/// An integration response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) parameters: ResponseParameters,
    pub(super) template: Option<Selection>,
    pub(super) templates: Templates,
    pub(super) handling: Option<ContentHandlingStrategy>,
}

impl CompiledStage {
    /// How many routes it has.
    #[must_use]
    pub fn routes(&self) -> usize {
        self.routes.len()
    }

    /// The key of the route that a message of `caller` takes, if any does.
    ///
    /// # Errors
    /// Why no message can be led.
    pub fn leads_to(
        &self,
        request: &Request,
        caller: &Caller,
        message: &[u8],
    ) -> Result<Option<&str>, Refusal> {
        let json = serde_json::from_slice(message).ok();
        Ok(self.route_of(request, caller, json.as_ref())?.map(|route| &*route.facts.path))
    }

    /// The route of a message: the one that it names, else `$default`. What stands for something else
    /// than messages is not theirs to name.
    pub(super) fn route_of(
        &self,
        request: &Request,
        caller: &Caller,
        json: Option<&Value>,
    ) -> Result<Option<&Route>, Refusal> {
        let selection = self.selection.as_ref().map_err(Clone::clone)?;
        let context = Context {
            request,
            stage: &self.facts,
            resource: None,
            route_key: None,
            caller,
            trace: None,
            outcome: None,
        };
        let headers = Headers::new();
        // Only messages that are JSON can be led by what they say (developer guide).
        let key = json.and_then(|json| {
            selection.key(&Seen { body: Some(json), headers: &headers, context: &context, answer: None })
        });
        let named = key.filter(|key| !key.starts_with('$')).and_then(|key| self.routes.get(&*key));
        Ok(named.or_else(|| self.routes.get(DEFAULT)))
    }
}
