//! The policy of a private custom domain name: who may reach the APIs behind it (API Gateway developer
//! guide, "Custom domain names for private APIs in API Gateway").

use base::Scope;
use policy::{PolicyError, Principal, ResourceDecision, evaluate_resource};

use super::circumstances::question;
use super::resource_policy::INVOKE;
use super::{Asking, ResourcePolicy};
use crate::exchange::{Request, StageFacts};
use crate::message::Headers;

/// The `policy` of a private custom domain name, compiled.
#[derive(Clone, Debug)]
pub struct DomainPolicy {
    policy: ResourcePolicy,
    /// Account and region.
    facts: StageFacts,
    /// `arn:aws:execute-api:{region}:{account}:/domainnames/{name}+{id}`
    arn: Box<str>,
}

impl DomainPolicy {
    /// Of the text that is stored with a domain name. Short forms of resources (`execute-api:/*`) are
    /// written out.
    ///
    /// # Errors
    /// If it cannot be read: it must be taken to deny everything.
    pub fn compile(text: &str, scope: &Scope, name: &str, id: &str) -> Result<Self, PolicyError> {
        let facts = StageFacts {
            account_id: scope.account().into(),
            region: scope.region().into(),
            api_id: format!("/domainnames/{name}+{id}").into(),
            ..StageFacts::default()
        };
        let StageFacts { account_id, region, api_id, .. } = &facts;
        let arn = format!("arn:aws:execute-api:{region}:{account_id}:{api_id}").into();
        Ok(Self { policy: ResourcePolicy::compile(text, &facts)?, arn, facts })
    }

    /// Whether it lets a request in. It is asked for the domain name itself and for the path behind it:
    /// one of them must be allowed, and neither denied.
    pub(crate) fn admits(&self, request: &Request, headers: &Headers) -> bool {
        let path = request.uri.path();
        let (policy, verb) = (Some(&self.policy), request.method.as_str());
        let asking = Asking { request, stage: &self.facts, policy, headers, verb, path };
        let decide = |arn: &str| {
            let question = question(asking, Principal::Anonymous, INVOKE, arn);
            evaluate_resource(self.policy.policy(), &question)
        };
        let said = [decide(&self.arn), decide(&format!("{}{path}", self.arn))];
        said.contains(&ResourceDecision::Allow) && !said.contains(&ResourceDecision::ExplicitDeny)
    }
}
