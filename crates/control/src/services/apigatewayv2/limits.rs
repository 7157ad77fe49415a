//! Every bound of HTTP and WebSocket APIs that is checked when they are defined (API Gateway developer
//! guide, "Quotas for configuring and running an HTTP API" and "… a WebSocket API"; API Gateway API
//! reference for lengths of texts).

use std::ops::RangeInclusive;

/// The name of an API, an authorizer or a model, in characters.
pub(super) const NAME: usize = 128;

/// A base path, in characters ("Amazon API Gateway quotas").
pub(super) const BASE_PATH: usize = 300;

/// Routing rules of a domain name (same page).
pub(super) const ROUTING_RULES: usize = 50;

/// Priorities of routing rules.
pub(super) const PRIORITIES: RangeInclusive<i32> = 1..=1_000_000;

/// A description, in characters.
pub(super) const DESCRIPTION: usize = 1_024;

/// A version, in characters.
pub(super) const VERSION: usize = 64;

/// Routes of an API.
pub(super) const ROUTES: usize = 300;

/// Integrations of an API.
pub(super) const INTEGRATIONS: usize = 300;

/// Authorizers of an API.
pub(super) const AUTHORIZERS: usize = 10;

/// Stages of an API.
pub(super) const STAGES: usize = 10;

/// A stage's name, in characters.
pub(super) const STAGE_NAME: usize = 128;

/// Audiences of a JWT authorizer.
pub(super) const AUDIENCES: usize = 50;

/// Scopes of a route.
pub(super) const SCOPES: usize = 10;

/// How long an authorizer's verdict may hold, in seconds.
pub(super) const TTL_SECONDS: RangeInclusive<i32> = 0..=3_600;

/// How long an integration of an HTTP API may take, in milliseconds.
pub(super) const HTTP_TIMEOUT_MILLIS: RangeInclusive<i32> = 50..=30_000;

/// How long an integration of a WebSocket API may take, in milliseconds.
pub(super) const WEBSOCKET_TIMEOUT_MILLIS: RangeInclusive<i32> = 50..=29_000;

/// `maxAge` of CORS, in seconds; -1 is sent as it is and lets browsers keep nothing.
pub(super) const MAX_AGE_SECONDS: RangeInclusive<i32> = -1..=86_400;

/// Entries of a map of templates or parameters.
pub(super) const ENTRIES: usize = 100;

/// Portals of an account (API Gateway developer guide, "Quotas for configuring portals in API Gateway").
pub(super) const PORTALS: usize = 15;

/// Portal products of a portal (same page).
pub(super) const PRODUCTS_OF_A_PORTAL: usize = 200;

/// Portal products of an account (same page).
pub(super) const PORTAL_PRODUCTS: usize = 500;

/// Product pages of a portal product, and as many pages of REST endpoints (same page).
pub(super) const PAGES_OF_A_PRODUCT: usize = 40;

/// A page, in characters (same page).
pub(super) const PAGE: usize = 32_000;

/// VPC links of an account ("Amazon API Gateway quotas").
pub(super) const VPC_LINKS: usize = 10;

/// Subnets of a VPC link (same page).
pub(super) const SUBNETS: usize = 10;

/// Security groups of a VPC link (as network interfaces have them).
pub(super) const SECURITY_GROUPS: usize = 5;

/// Deployments that stages made by themselves and that none of them serves any longer.
pub(super) const AUTO_DEPLOYMENTS: usize = 10;
