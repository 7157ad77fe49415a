//! `CreateFunction`.

use api::lambda::operations as op;
use api::lambda::{
    CreateFunctionRequest, FunctionConfiguration, LastUpdateStatus, PackageType, SnapStartApplyOn,
    SnapStartOptimizationStatus, SnapStartResponse, State, TracingConfigResponse, TracingMode,
};
use base::{Arn, Timestamp, ids};
use documents::iam::RoleDocument;
use documents::lambda::FunctionDocument;
use indexmap::IndexMap;
use store::Key;

use super::configuration::{self, Unbuilt};
use super::names::FunctionName;
use super::package::{self, Package};
use super::{conflict, invalid, put_function, tags, versions};
use crate::Registry;
use crate::call::{Call, CallContext, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry.wait(op::CreateFunction, create_function);
}

/// Seconds and megabytes; what a function has if nothing else is said (Lambda API reference,
/// `CreateFunction`).
const DEFAULT_TIMEOUT: i32 = 3;
const DEFAULT_MEMORY: i32 = 128;

/// Characters of a name (Lambda API reference, `CreateFunction`; the model's limit is an ARN's).
const NAME: usize = 64;

/// Refuses a role that does not exist or that Lambda may not assume.
pub(super) fn check_role(call: &mut Call<'_, '_>, role: &str) -> Outcome<()> {
    let refused = || invalid("The role defined for the function cannot be assumed by Lambda.");
    let arn: Arn = role.parse().map_err(|_| refused())?;
    if arn.account != call.scope().account() {
        return Err(invalid("Cross-account pass role is not allowed."));
    }
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let scope = call.scope().to_global();
    let document = call.tx.get::<RoleDocument>(&scope, &Key::new([name]))?;
    let is_right = |document: RoleDocument| {
        document.role.arn == role && crate::trust::trusts(&document, "lambda.amazonaws.com")
    };
    if document.is_some_and(is_right) { Ok(()) } else { Err(refused()) }
}

/// `2026-11-23T08:04:43.120+0000`.
pub(super) fn last_modified(now: Timestamp) -> String {
    now.iso8601_millis().replace('Z', "+0000")
}

fn check_unbuilt(input: &CreateFunctionRequest) -> Outcome<()> {
    Unbuilt {
        vpc_config: input.vpc_config.as_ref(),
        layers: input.layers.as_deref(),
        file_systems: input.file_system_configs.as_ref().is_some_and(|all| !all.is_empty()),
        image: input.package_type == Some(PackageType::Image) || input.image_config.is_some(),
        code_signing: input.code_signing_config_arn.is_some(),
        dead_letters: input.dead_letter_config.as_ref(),
        snap_start: input.snap_start.as_ref(),
        architectures: input.architectures.as_deref(),
        kms_key: input.kms_key_arn.as_deref().or(input.code.source_kms_key_arn.as_deref()),
        other: input.capacity_provider_config.is_some()
            || input.durable_config.is_some()
            || input.tenancy_config.is_some()
            || input.publish_to.is_some(),
    }
    .check()
}

async fn create_function(
    plane: Plane,
    context: CallContext,
    input: CreateFunctionRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::unqualified(&input.function_name)?;
    name.require_within(&context)?;
    if name.name.len() > NAME {
        return Err(wire::ServiceError::validation(format!(
            "1 validation error detected: Value '{}' at 'functionName' failed to satisfy constraint: Member \
             must have length less than or equal to {NAME}",
            name.name
        ))
        .into());
    }
    configuration::check_limits(input.timeout, input.memory_size)?;
    check_unbuilt(&input)?;
    let configuration = configuration_of(&name, &context, &input)?;
    let mut tags = IndexMap::new();
    tags::add(&mut tags, input.tags.as_ref())?;
    let code = &input.code;
    let (in_s3, image) = (code.s3_bucket.is_some(), code.image_uri.is_some());
    let package = package::read(&plane, code.zip_file.as_ref(), in_s3, image).await?;
    let document = move |code| FunctionDocument {
        configuration: configuration.clone(),
        code,
        policy: None,
        tags: tags.clone(),
        reserved_concurrency: None,
        last_version: 0,
    };
    let publish = input.publish == Some(true);
    crate::pipeline::write(&plane, &context, move |call| {
        store(call, &name, &input.role, publish, &package, &document)
    })
    .await
}

/// What is asked for, with all defaults; the package's facts and the identifiers are still to
/// come.
fn configuration_of(
    name: &FunctionName,
    context: &CallContext,
    input: &CreateFunctionRequest,
) -> Outcome<FunctionConfiguration> {
    let tracing = input.tracing_config.as_ref().and_then(|tracing| tracing.mode);
    let configuration = FunctionConfiguration {
        function_name: Some(name.name.clone()),
        function_arn: Some(name.arn(&context.scope)),
        runtime: input.runtime,
        role: Some(input.role.clone()),
        handler: input.handler.clone(),
        description: Some(input.description.clone().unwrap_or_default()),
        timeout: Some(input.timeout.unwrap_or(DEFAULT_TIMEOUT)),
        memory_size: Some(input.memory_size.unwrap_or(DEFAULT_MEMORY)),
        last_modified: Some(last_modified(context.now)),
        version: Some(super::names::LATEST.to_owned()),
        environment: configuration::environment(input.environment.as_ref())?,
        tracing_config: Some(TracingConfigResponse { mode: tracing.or(Some(TracingMode::PassThrough)) }),
        state: Some(State::Active),
        last_update_status: Some(LastUpdateStatus::Successful),
        package_type: Some(PackageType::Zip),
        architectures: Some(vec![configuration::own_architecture()]),
        ephemeral_storage: Some(configuration::ephemeral_storage(input.ephemeral_storage.as_ref())),
        snap_start: Some(SnapStartResponse {
            apply_on: Some(SnapStartApplyOn::None),
            optimization_status: Some(SnapStartOptimizationStatus::Off),
        }),
        logging_config: Some(configuration::logging(&name.name, input.logging_config.as_ref())?),
        ..FunctionConfiguration::default()
    };
    configuration::check_handler(&configuration)?;
    if let Some(runtime) = input.runtime {
        configuration::check_runtime(runtime)?;
    }
    Ok(configuration)
}

fn store(
    call: &mut Call<'_, '_>,
    name: &FunctionName,
    role: &str,
    publish: bool,
    package: &Package,
    document: &impl Fn(store::BlobId) -> FunctionDocument,
) -> Outcome<FunctionConfiguration> {
    check_role(call, role)?;
    let key = Key::new([&*name.name]);
    if call.tx.get::<FunctionDocument>(&call.context.scope, &key)?.is_some() {
        return Err(conflict(format!("Function already exist: {}", name.name)));
    }
    let mut document = document(call.tx.put_blob(&package.zip)?);
    let configuration = &mut document.configuration;
    configuration.code_size = i64::try_from(package.facts.size).ok();
    configuration.code_sha256 = Some(package.facts.sha256.clone());
    configuration.revision_id = Some(ids::uuid(&call.plane.random));
    let unqualified = configuration.function_arn.clone();
    let published = match publish {
        true => Some(versions::publish(call, &name.name, &mut document, None)?),
        false => None,
    };
    put_function(call, &name.name, &document)?;
    // The answer names the version and the function's own ARN (recorded from AWS).
    let published = published.map(|version| FunctionConfiguration { function_arn: unqualified, ..version });
    Ok(published.unwrap_or(document.configuration))
}
