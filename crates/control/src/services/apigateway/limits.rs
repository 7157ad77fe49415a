//! Every bound of a REST API's definition. Those of AWS name the page of the API Gateway
//! developer guide that they are from; none means that AWS has the bound but does not publish
//! it, or that AWS's lies beyond what a request can carry.

use std::ops::RangeInclusive;

/// Regional APIs of an account in a region, and as many private ones ("Amazon API Gateway quotas").
pub(super) const APIS: usize = 600;

/// Edge-optimized APIs of an account in a region ("Amazon API Gateway quotas").
pub(super) const EDGE_APIS: usize = 120;

/// Resources of an API, the root included ("Amazon API Gateway quotas").
pub(super) const RESOURCES: usize = 300;

/// Stages of an API ("Amazon API Gateway quotas").
pub(super) const STAGES: usize = 10;

/// Variables of a stage ("Amazon API Gateway quotas").
pub(super) const STAGE_VARIABLES: usize = 100;

/// The name of a stage variable, in characters ("Amazon API Gateway quotas").
pub(super) const STAGE_VARIABLE_NAME: usize = 64;

/// The value of a stage variable, in characters ("Amazon API Gateway quotas").
pub(super) const STAGE_VARIABLE_VALUE: usize = 512;

/// The name of a stage, in characters ("Set up a stage for a REST API").
pub(super) const STAGE_NAME: usize = 128;

/// A resource policy, in characters ("Amazon API Gateway quotas").
pub(super) const POLICY: usize = 8_192;

/// The name of an API, in characters.
pub(super) const NAME: usize = 1_024;

/// A description, in characters.
pub(super) const DESCRIPTION: usize = 1_024;

/// A mapping template, in bytes ("Amazon API Gateway quotas").
pub(super) const TEMPLATE: usize = 300 * 1024;

/// The format of an access log, in bytes ("Amazon API Gateway quotas").
pub(super) const ACCESS_LOG_FORMAT: usize = 3 * 1024;

/// The time an integration may take, in milliseconds ("Amazon API Gateway quotas").
pub(super) const TIMEOUT: RangeInclusive<i32> = 50..=29_000;

/// The same of one whose answer is streamed (API Gateway developer guide, "Stream the integration
/// response for your proxy integrations").
pub(super) const STREAM_TIMEOUT: RangeInclusive<i32> = 50..=900_000;

/// `minimumCompressionSize`, in bytes ("Enable payload compression").
pub(super) const COMPRESSION_SIZE: RangeInclusive<i32> = 0..=10_485_760;

/// Seconds for which a response is cached ("Amazon API Gateway quotas").
pub(super) const CACHE_TTL: RangeInclusive<i32> = 0..=3_600;

/// API keys of an account in a region ("Amazon API Gateway quotas").
pub(super) const API_KEYS: usize = 10_000;

/// The value of an API key, in characters (recorded from AWS).
pub(super) const API_KEY_VALUE: RangeInclusive<usize> = 20..=128;

/// The length of a value that is made up for a key.
pub(super) const GENERATED_API_KEY_VALUE: usize = 40;

/// Usage plans of an account in a region ("Amazon API Gateway quotas").
pub(super) const USAGE_PLANS: usize = 300;

/// Usage plans that a key may be in ("Amazon API Gateway quotas").
pub(super) const USAGE_PLANS_OF_A_KEY: usize = 10;

/// Methods of a stage that a usage plan throttles on their own ("Amazon API Gateway quotas").
pub(super) const METHOD_THROTTLES: usize = 20;

/// Days whose usage can be asked for at once: a year, as in the examples of the API reference
/// (`GetUsage`). AWS's number is not published.
pub(super) const USAGE_DAYS: i32 = 366;

/// VPC links of an account in a region ("Amazon API Gateway quotas").
pub(super) const VPC_LINKS: usize = 20;

/// The schema of a model, in bytes.
pub(super) const MODEL_SCHEMA: usize = 400 * 1024;

/// Values in a template that is made from a model.
pub(super) const MODEL_VALUES: usize = 10_000;

/// Values in values, in a template that is made from a model.
pub(super) const MODEL_DEPTH: usize = 64;

/// Request validators of an API (reported by users of AWS).
pub(super) const REQUEST_VALIDATORS: usize = 20;

/// Authorizers of an API ("Amazon API Gateway quotas").
pub(super) const AUTHORIZERS: usize = 10;

/// Seconds for which an authorizer's result is cached ("Amazon API Gateway quotas").
pub(super) const AUTHORIZER_TTL: RangeInclusive<i32> = 0..=3_600;

/// What an authorizer caches for if it does not say (API Gateway API reference, `Authorizer`).
pub(super) const DEFAULT_AUTHORIZER_TTL: i32 = 300;

/// Documentation parts of an API ("Amazon API Gateway quotas").
pub(super) const DOCUMENTATION_PARTS: usize = 2_000;

/// Client certificates of an account in a region ("Amazon API Gateway quotas").
pub(super) const CLIENT_CERTIFICATES: usize = 60;

/// Public domain names of an account in a region ("Amazon API Gateway quotas").
pub(super) const DOMAIN_NAMES: usize = 120;

/// Private domain names of an account in a region ("Amazon API Gateway quotas").
pub(super) const PRIVATE_DOMAIN_NAMES: usize = 50;

/// A domain name, and a label of it, in octets ("Custom domain name for public REST APIs").
pub(super) const DOMAIN_NAME: usize = 255;
pub(super) const DOMAIN_NAME_LABEL: usize = 63;

/// Mappings of a domain name ("Amazon API Gateway quotas", multi-level API mappings).
pub(super) const BASE_PATH_MAPPINGS: usize = 200;

/// A base path, in characters ("Amazon API Gateway quotas").
pub(super) const BASE_PATH: usize = 300;

/// Access associations of an account in a region ("Amazon API Gateway quotas").
pub(super) const ACCESS_ASSOCIATIONS: usize = 100;
