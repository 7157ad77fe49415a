//! Private integrations: what is behind a VPC link (API Gateway developer guide, "Private
//! integrations for REST APIs in API Gateway"). The link is AWS's name for a way into a network
//! that only an operator knows; so the operator says which addresses it leads to, and `Host` and
//! the name in TLS remain those of the integration's URI, as on AWS.

use std::collections::HashMap;
use std::sync::Arc;

use api::apigateway::{VpcLink, VpcLinkStatus};

use super::http::Route;

/// Addresses by the id or name of a link, or by the ARN of a load balancer.
#[derive(Clone, Debug, Default)]
pub struct VpcLinkTargets(HashMap<Box<str>, Arc<Route>>);

/// A link that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VpcLinkError {
    /// The account has no such link.
    #[error("there is no VPC link {id}")]
    Unknown {
        /// The id.
        id: String,
    },
    /// It is not ready, or is being deleted.
    #[error("the VPC link {id} is not available")]
    Unavailable {
        /// The id.
        id: String,
    },
    /// Nobody has said where it leads.
    #[error("no target is configured for the VPC link {id}: name one with [[vpc_links]], link = {:?}", .name)]
    NoTarget {
        /// The id.
        id: String,
        /// What has to be named.
        name: String,
    },
}

impl VpcLinkTargets {
    /// Of what an operator says.
    #[must_use]
    pub fn new(targets: HashMap<Box<str>, Arc<Route>>) -> Self {
        Self(targets)
    }

    /// Where the link `id` leads; `links` are those of the account and region. With
    /// `load_balancer` (`integrationTarget`) it is that one of the several behind the link.
    ///
    /// # Errors
    /// If there is no such link, or it leads nowhere.
    pub fn route(
        &self,
        links: &[VpcLink],
        id: &str,
        load_balancer: Option<&str>,
    ) -> Result<&Arc<Route>, VpcLinkError> {
        let link = links.iter().find(|link| link.id.as_deref() == Some(id));
        let link = link.ok_or_else(|| VpcLinkError::Unknown { id: id.to_owned() })?;
        if link.status != Some(VpcLinkStatus::Available) {
            return Err(VpcLinkError::Unavailable { id: id.to_owned() });
        }
        let no_target = |name: &str| VpcLinkError::NoTarget { id: id.to_owned(), name: name.to_owned() };
        if let Some(arn) = load_balancer {
            return self.0.get(arn).ok_or_else(|| no_target(arn));
        }
        // From what is unique to what several links may share.
        let behind = link.target_arns.iter().flatten().map(String::as_str);
        let mut names = std::iter::once(id).chain(behind).chain(link.name.as_deref());
        names.find_map(|name| self.0.get(name)).ok_or_else(|| no_target(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALANCER: &str = "arn:aws:elasticloadbalancing:us-west-2:000000000000:loadbalancer/net/n/1";

    fn link(id: &str, name: &str, status: VpcLinkStatus) -> VpcLink {
        VpcLink {
            id: Some(id.to_owned()),
            name: Some(name.to_owned()),
            target_arns: Some(vec![BALANCER.to_owned()]),
            status: Some(status),
            ..VpcLink::default()
        }
    }

    fn targets(named: &[(&str, &str)]) -> VpcLinkTargets {
        let route = |address: &str| Arc::new(Route::new(&[address]).unwrap());
        VpcLinkTargets::new(named.iter().map(|(name, address)| ((*name).into(), route(address))).collect())
    }

    fn found(targets: &VpcLinkTargets, id: &str, balancer: Option<&str>) -> Result<String, String> {
        let links = [
            link("a1", "one", VpcLinkStatus::Available),
            link("b2", "one", VpcLinkStatus::Available),
            link("c3", "one", VpcLinkStatus::Deleting),
        ];
        let route = targets.route(&links, id, balancer);
        route.map(ToString::to_string).map_err(|error| error.to_string())
    }

    #[test]
    fn the_narrowest_name_counts() {
        let targets =
            targets(&[("a1", "10.0.0.1:1"), (BALANCER, "10.0.0.2:2"), ("one", "10.0.0.3:3"), ("alb", "h:4")]);
        assert_eq!(found(&targets, "a1", None).as_deref(), Ok("10.0.0.1:1"));
        assert_eq!(found(&targets, "b2", None).as_deref(), Ok("10.0.0.2:2"));
        assert_eq!(found(&targets, "a1", Some("alb")).as_deref(), Ok("h:4"));
        assert_eq!(found(&targets, "a1", Some(BALANCER)).as_deref(), Ok("10.0.0.2:2"));
    }

    #[test]
    fn a_link_that_leads_nowhere_says_what_to_do() {
        let targets = targets(&[("a1", "10.0.0.1:1")]);
        assert_eq!(found(&targets, "d4", None).unwrap_err(), "there is no VPC link d4");
        assert_eq!(found(&targets, "c3", None).unwrap_err(), "the VPC link c3 is not available");
        assert_eq!(
            found(&targets, "b2", None).unwrap_err(),
            "no target is configured for the VPC link b2: name one with [[vpc_links]], link = \"b2\""
        );
        // Another load balancer than the one that is meant is not called.
        assert_eq!(
            found(&targets, "a1", Some("alb")).unwrap_err(),
            "no target is configured for the VPC link a1: name one with [[vpc_links]], link = \"alb\""
        );
    }
}
