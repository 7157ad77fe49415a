//! Reads definitions from the store.

use std::time::Duration;

use api::lambda::FunctionConfiguration;
use base::{Arn, Scope};
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument, qualified};
use policy::Policy;
use ports::functions::FunctionRef;
use store::{BlobId, Key, Store, StoreFault, Transaction};

use super::{NoDefinition, ResourcePolicy, Sketch};
use crate::environment::EnvironmentSpec;

const LATEST: &str = "$LATEST";

/// What the store holds of a function reference, of one moment.
struct Found {
    function: FunctionDocument,
    /// Each version with its share.
    versions: Vec<(FunctionConfiguration, BlobId, f64)>,
    policy: Option<documents::lambda::ResourcePolicy>,
}

/// The shares of an alias's versions: the one that it names gets what the others leave.
struct RoutedVersions(Vec<(String, f64)>);

impl RoutedVersions {
    fn of(document: &FunctionAliasDocument) -> Option<Self> {
        let main = document.alias.function_version.clone()?;
        let others = document
            .alias
            .routing_config
            .as_ref()
            .and_then(|routing| routing.additional_version_weights.as_ref())
            .into_iter()
            .flatten()
            .map(|(version, weight)| (version.clone(), weight.clamp(0.0, 1.0)));
        let mut all: Vec<(String, f64)> = others.collect();
        let rest = 1.0 - all.iter().map(|(_, weight)| weight).sum::<f64>();
        all.insert(0, (main, rest.max(0.0)));
        Some(Self(all))
    }
}

/// Reads `function`.
pub(super) async fn read(store: &Store, function: &FunctionRef) -> Result<Sketch, NoDefinition> {
    let wanted = function.clone();
    let found = store.read(move |tx| find(tx, &wanted)).await;
    let found = found
        .map_err(|fault: StoreFault| NoDefinition::Unusable(format!("the function cannot be read: {fault}")))?
        .ok_or(NoDefinition::NotFound)?;
    sketch(function, found)
}

fn find(tx: &mut Transaction<'_>, function: &FunctionRef) -> Result<Option<Found>, StoreFault> {
    let (scope, name) = (&function.scope, function.name.as_str());
    let Some(document) = tx.get::<FunctionDocument>(scope, &Key::new([name]))? else { return Ok(None) };
    let Some(qualifier) = function.qualifier.as_deref() else {
        let versions = vec![(document.configuration.clone(), document.code.clone(), 1.0)];
        let policy = document.policy.clone();
        return Ok(Some(Found { function: document, versions, policy }));
    };
    if qualifier == LATEST {
        // The qualified $LATEST is a resource of its own, and no permission can be put on it.
        let versions = vec![(document.configuration.clone(), document.code.clone(), 1.0)];
        let policy = document.policy.clone();
        return Ok(Some(Found { function: document, versions, policy }));
    }
    let key = qualified(name, qualifier);
    if let Some(version) = tx.get::<FunctionVersionDocument>(scope, &key)? {
        let versions = vec![(version.configuration, version.code, 1.0)];
        return Ok(Some(Found { function: document, versions, policy: version.policy }));
    }
    let Some(alias) = tx.get::<FunctionAliasDocument>(scope, &key)? else { return Ok(None) };
    let Some(RoutedVersions(routed)) = RoutedVersions::of(&alias) else { return Ok(None) };
    let mut versions = Vec::with_capacity(routed.len());
    for (version, weight) in routed {
        if version == LATEST {
            versions.push((document.configuration.clone(), document.code.clone(), weight));
        } else if let Some(found) = tx.get::<FunctionVersionDocument>(scope, &qualified(name, &version))? {
            versions.push((found.configuration, found.code, weight));
        } else {
            return Ok(None);
        }
    }
    Ok(Some(Found { function: document, versions, policy: alias.policy }))
}

fn sketch(function: &FunctionRef, found: Found) -> Result<Sketch, NoDefinition> {
    let mut targets = Vec::with_capacity(found.versions.len());
    for (configuration, code, weight) in found.versions {
        targets.push((spec(&function.scope, &function.name, configuration, code)?, weight));
    }
    Ok(Sketch {
        invoked_arn: arn(function),
        targets,
        policy: resource_policy(found.policy),
        reserved: found.function.reserved_concurrency.map(|most| usize::try_from(most).unwrap_or(0)),
    })
}

/// The function's ARN with its qualifier, if it has one.
pub(crate) fn arn(function: &FunctionRef) -> String {
    let resource = match &function.qualifier {
        Some(qualifier) => format!("function:{}:{qualifier}", function.name),
        None => format!("function:{}", function.name),
    };
    Arn::aws("lambda", function.scope.region(), function.scope.account(), resource).to_string()
}

fn resource_policy(document: Option<documents::lambda::ResourcePolicy>) -> ResourcePolicy {
    match document {
        None => ResourcePolicy::None,
        Some(document) => match Policy::from_value(&document.document) {
            Ok(policy) => ResourcePolicy::Policy(policy.into()),
            Err(error) => ResourcePolicy::Unreadable(error.to_string()),
        },
    }
}

fn spec(
    scope: &Scope,
    name: &str,
    configuration: FunctionConfiguration,
    code: BlobId,
) -> Result<EnvironmentSpec, NoDefinition> {
    let missing = |what: &str| NoDefinition::Unusable(format!("the stored function {name} has no {what}"));
    if configuration.layers.as_ref().is_some_and(|layers| !layers.is_empty()) {
        // Without its layers it would run, and miss what they hold.
        return Err(NoDefinition::Unusable(format!(
            "the function {name} uses layers, which are not built yet"
        )));
    }
    let runtime = configuration.runtime.ok_or_else(|| missing("runtime"))?;
    let runtime = runtime
        .as_str()
        .parse()
        .map_err(|error: crate::runtime::UnknownRuntime| NoDefinition::Unusable(error.to_string()))?;
    let positive = |value: Option<i32>, otherwise: u32| {
        value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0).unwrap_or(otherwise)
    };
    let log_group = configuration
        .logging_config
        .and_then(|logging| logging.log_group)
        .unwrap_or_else(|| format!("/aws/lambda/{name}"));
    let storage_megabytes = positive(configuration.ephemeral_storage.map(|storage| storage.size), 512);
    Ok(EnvironmentSpec {
        scope: scope.clone(),
        name: name.to_owned(),
        version: configuration.version.unwrap_or_else(|| LATEST.to_owned()),
        code,
        runtime,
        handler: configuration.handler.unwrap_or_default(),
        memory_megabytes: positive(configuration.memory_size, 128),
        timeout: Duration::from_secs(positive(configuration.timeout, 3).into()),
        storage_bytes: u64::from(storage_megabytes) * 1024 * 1024,
        variables: configuration.environment.and_then(|set| set.variables).unwrap_or_default(),
        role: configuration.role.ok_or_else(|| missing("role"))?,
        log_group,
    })
}

#[cfg(test)]
mod tests {
    use api::lambda::{AliasConfiguration, AliasRoutingConfiguration};

    use super::*;

    fn alias(main: &str, others: &[(&str, f64)]) -> FunctionAliasDocument {
        let weights = others.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        FunctionAliasDocument {
            alias: AliasConfiguration {
                function_version: Some(main.to_owned()),
                routing_config: Some(AliasRoutingConfiguration { additional_version_weights: Some(weights) }),
                ..AliasConfiguration::default()
            },
            policy: None,
        }
    }

    #[test]
    fn an_aliass_main_version_gets_what_the_others_leave() {
        let check = |alias: &FunctionAliasDocument, expected: &[(&str, f64)]| {
            let RoutedVersions(routed) = RoutedVersions::of(alias).unwrap();
            let routed: Vec<(&str, f64)> =
                routed.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
            assert_eq!(routed, expected);
        };
        check(&alias("3", &[]), &[("3", 1.0)]);
        check(&alias("3", &[("4", 0.25)]), &[("3", 0.75), ("4", 0.25)]);
        check(&alias("3", &[("4", 7.0)]), &[("3", 0.0), ("4", 1.0)]);
    }

    #[test]
    fn arns_carry_the_qualifier() {
        let mut function = FunctionRef {
            scope: Scope::new("000000000000", "us-west-2"),
            name: "orders".to_owned(),
            qualifier: None,
        };
        assert_eq!(arn(&function), "arn:aws:lambda:us-west-2:000000000000:function:orders");
        function.qualifier = Some("live".to_owned());
        assert_eq!(arn(&function), "arn:aws:lambda:us-west-2:000000000000:function:orders:live");
    }
}
