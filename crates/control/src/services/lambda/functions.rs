//! Functions: made from a zip package, read, changed, deleted.
//!
//! Packages are read before the transaction that stores them, because that takes time.

use api::lambda::operations as op;
use api::lambda::{
    CreateFunctionRequest, DeadLetterConfig, DeleteFunctionRequest, DeleteFunctionResponse,
    FunctionCodeLocation, FunctionConfiguration, GetFunctionCodeSigningConfigRequest,
    GetFunctionCodeSigningConfigResponse, GetFunctionConfigurationRequest, GetFunctionRequest,
    GetFunctionResponse, LastUpdateStatus, ListFunctionsRequest, ListFunctionsResponse, PackageType,
    SnapStartApplyOn, SnapStartOptimizationStatus, SnapStartResponse, State, TracingConfigResponse,
    TracingMode, UpdateFunctionCodeRequest, UpdateFunctionConfigurationRequest,
};
use base::{Arn, Scope, Timestamp, ids};
use bytes::Bytes;
use documents::iam::RoleDocument;
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument};
use ports::functions::PackageFacts;
use store::Key;
use wire::ServiceError;

use super::configuration::{self, Unbuilt};
use super::names::FunctionName;
use super::{check_revision, conflict, function, invalid, not_found, put_function, versions};
use crate::Registry;
use crate::call::{Call, CallContext, Failure, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::CreateFunction, create_function)
        .read(op::GetFunction, get_function)
        .read(op::GetFunctionConfiguration, get_function_configuration)
        .read(op::ListFunctions, list_functions)
        .wait(op::UpdateFunctionCode, update_function_code)
        .write(op::UpdateFunctionConfiguration, update_function_configuration)
        .write(op::DeleteFunction, delete_function)
        .read(op::GetFunctionCodeSigningConfig, get_function_code_signing_config);
}

/// Seconds and megabytes; what a function has if nothing else is said (Lambda API reference,
/// `CreateFunction`).
const DEFAULT_TIMEOUT: i32 = 3;
const DEFAULT_MEMORY: i32 = 128;

/// How many a list answers if nothing else is said, and at most (Lambda API reference,
/// `ListFunctions`).
pub(super) const PAGE: usize = 50;

/// Reads a package on a thread that may block.
async fn read_package(plane: &Plane, zip: Bytes) -> Outcome<PackageFacts> {
    let functions = std::sync::Arc::clone(&plane.functions);
    tokio::task::spawn_blocking(move || functions.check_package(&zip))
        .await
        .map_err(|_| Failure::from(ServiceError::internal_failure()))?
        .map_err(|refused| invalid(refused.to_string()))
}

/// The zip file that a request carries; packages in S3 and images are not built.
fn zip_of(zip: Option<&api::Blob>, in_s3: bool, image: bool) -> Outcome<Bytes> {
    match zip {
        _ if in_s3 => Err(invalid("Code in S3 is not built yet: send the package as ZipFile.")),
        _ if image => Err(invalid("Container images are not built yet: send the package as ZipFile.")),
        Some(zip) => Ok(zip.0.clone()),
        None => Err(invalid("Please provide a source for function code.")),
    }
}

/// Refuses a role that does not exist or that Lambda may not assume.
fn check_role(call: &mut Call<'_, '_>, role: &str) -> Outcome<()> {
    let refused = || invalid("The role defined for the function cannot be assumed by Lambda.");
    let arn: Arn = role.parse().map_err(|_| refused())?;
    if arn.account != call.scope().account() {
        return Err(refused());
    }
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let scope = call.scope().to_global();
    let document = call.tx.get::<RoleDocument>(&scope, &Key::new([name]))?;
    match document {
        Some(document)
            if document.role.arn == role && crate::trust::trusts(&document, "lambda.amazonaws.com") =>
        {
            Ok(())
        }
        _ => Err(refused()),
    }
}

fn last_modified(now: Timestamp) -> String {
    now.format("%Y-%m-%dT%H:%M:%S.000+0000")
}

fn check_unbuilt(input: &CreateFunctionRequest) -> Outcome<()> {
    Unbuilt {
        vpc_config: input.vpc_config.as_ref(),
        layers: input.layers.as_deref(),
        file_systems: input.file_system_configs.as_ref().is_some_and(|all| !all.is_empty()),
        image: input.package_type == Some(PackageType::Image) || input.image_config.is_some(),
        code_signing: input.code_signing_config_arn.is_some(),
        dead_letter_target: target(input.dead_letter_config.as_ref()),
        snap_start: input.snap_start.as_ref(),
        architectures: input.architectures.as_deref(),
        kms_key: input.kms_key_arn.as_deref(),
        other: input.capacity_provider_config.is_some()
            || input.durable_config.is_some()
            || input.tenancy_config.is_some()
            || input.publish_to.is_some(),
    }
    .check()
}

fn target(dead_letters: Option<&DeadLetterConfig>) -> Option<&str> {
    dead_letters.and_then(|config| config.target_arn.as_deref())
}

async fn create_function(
    plane: Plane,
    context: CallContext,
    input: CreateFunctionRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::parse(&input.function_name, None)?;
    if !name.is_within(&context.scope) || name.qualifier.is_some() {
        return Err(invalid(format!(
            "{} does not name a function of this account and region.",
            input.function_name
        )));
    }
    check_unbuilt(&input)?;
    if let Some(runtime) = input.runtime {
        configuration::check_runtime(runtime)?;
    }
    let code = &input.code;
    let zip = zip_of(code.zip_file.as_ref(), code.s3_bucket.is_some(), code.image_uri.is_some())?;
    let facts = read_package(&plane, zip.clone()).await?;
    crate::pipeline::write(&plane, &context, move |call| store_function(call, &name, &input, &zip, &facts))
        .await
}

fn store_function(
    call: &mut Call<'_, '_>,
    name: &FunctionName,
    input: &CreateFunctionRequest,
    zip: &[u8],
    facts: &PackageFacts,
) -> Outcome<FunctionConfiguration> {
    let scope = call.scope().clone();
    let key = Key::new([&*name.name]);
    if call.tx.get::<FunctionDocument>(&scope, &key)?.is_some() {
        return Err(conflict(format!("Function already exist: {}", name.name)));
    }
    check_role(call, &input.role)?;
    let configuration = FunctionConfiguration {
        function_name: Some(name.name.clone()),
        function_arn: Some(name.arn(&scope)),
        runtime: input.runtime,
        role: Some(input.role.clone()),
        handler: input.handler.clone(),
        code_size: i64::try_from(facts.size).ok(),
        code_sha256: Some(facts.sha256.clone()),
        description: Some(input.description.clone().unwrap_or_default()),
        timeout: Some(input.timeout.unwrap_or(DEFAULT_TIMEOUT)),
        memory_size: Some(input.memory_size.unwrap_or(DEFAULT_MEMORY)),
        last_modified: Some(last_modified(call.now())),
        version: Some("$LATEST".to_owned()),
        environment: configuration::environment(input.environment.as_ref())?,
        tracing_config: Some(TracingConfigResponse {
            mode: input
                .tracing_config
                .as_ref()
                .and_then(|tracing| tracing.mode)
                .or(Some(TracingMode::PassThrough)),
        }),
        revision_id: Some(ids::uuid(&call.plane.random)),
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
    let code = call.tx.put_blob(zip)?;
    let mut document = FunctionDocument {
        configuration,
        code,
        policy: None,
        tags: input.tags.clone().unwrap_or_default(),
        reserved_concurrency: None,
        last_version: 0,
    };
    let published = match input.publish {
        Some(true) => Some(versions::publish(call, &name.name, &mut document, None)?),
        _ => None,
    };
    put_function(call, &name.name, &document)?;
    Ok(published.unwrap_or(document.configuration))
}

/// The configuration of the function at the qualifier that `name` carries.
pub(super) fn configuration_at(
    call: &mut Call<'_, '_>,
    name: &FunctionName,
) -> Outcome<(FunctionDocument, FunctionConfiguration)> {
    let document = function(call, name)?;
    let scope = call.scope().clone();
    let Some(qualifier) = name.qualifier.as_deref() else {
        let configuration = document.configuration.clone();
        return Ok((document, configuration));
    };
    let version = match call.tx.get::<FunctionAliasDocument>(&scope, &Key::new([&*name.name, qualifier]))? {
        Some(alias) => alias.alias.function_version.unwrap_or_default(),
        None => qualifier.to_owned(),
    };
    if version == "$LATEST" {
        let configuration = document.configuration.clone();
        return Ok((document, configuration));
    }
    let published = call
        .tx
        .get::<FunctionVersionDocument>(&scope, &Key::new([&*name.name, &*version]))?
        .ok_or_else(|| not_found(format!("Function not found: {}", name.arn(&scope))))?;
    let mut configuration = published.configuration;
    configuration.function_arn = Some(name.arn(&scope));
    Ok((document, configuration))
}

fn get_function(call: &mut Call<'_, '_>, input: &GetFunctionRequest) -> Outcome<GetFunctionResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let (document, configuration) = configuration_at(call, &name)?;
    Ok(GetFunctionResponse {
        configuration: Some(configuration),
        // AWS adds a presigned link to the package; there is no bucket here to link to.
        code: Some(FunctionCodeLocation {
            repository_type: Some("S3".to_owned()),
            ..FunctionCodeLocation::default()
        }),
        tags: Some(document.tags).filter(|tags| !tags.is_empty()),
        tags_error: None,
        concurrency: document
            .reserved_concurrency
            .map(|reserved| api::lambda::Concurrency { reserved_concurrent_executions: Some(reserved) }),
    })
}

fn get_function_configuration(
    call: &mut Call<'_, '_>,
    input: &GetFunctionConfigurationRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    Ok(configuration_at(call, &name)?.1)
}

/// One page of a list in key order: the items, and the marker of the next page.
pub(super) fn page<D: store::Document>(
    call: &mut Call<'_, '_>,
    prefix: &Key,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Outcome<(Vec<D>, Option<String>)> {
    let scope: Scope = call.scope().clone();
    let limit = max_items.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(PAGE).min(PAGE);
    let after = marker.map(|marker| {
        let mut parts: Vec<String> = prefix.parts().to_vec();
        parts.push(marker.to_owned());
        Key::new(parts)
    });
    let page = call.tx.list_page::<D>(&scope, prefix, after.as_ref(), limit)?;
    let next = page.next.and_then(|key| key.parts().last().cloned());
    Ok((page.items.into_iter().map(|(_, document)| document).collect(), next))
}

fn list_functions(call: &mut Call<'_, '_>, input: &ListFunctionsRequest) -> Outcome<ListFunctionsResponse> {
    let (documents, next_marker) =
        page::<FunctionDocument>(call, &Key::root(), input.marker.as_deref(), input.max_items)?;
    let functions = documents.into_iter().map(|document| document.configuration).collect();
    Ok(ListFunctionsResponse { functions: Some(functions), next_marker })
}

async fn update_function_code(
    plane: Plane,
    context: CallContext,
    input: UpdateFunctionCodeRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::parse(&input.function_name, None)?;
    Unbuilt {
        vpc_config: None,
        layers: None,
        file_systems: false,
        image: false,
        code_signing: false,
        dead_letter_target: None,
        snap_start: None,
        architectures: input.architectures.as_deref(),
        kms_key: input.source_kms_key_arn.as_deref(),
        other: input.publish_to.is_some(),
    }
    .check()?;
    let zip = zip_of(input.zip_file.as_ref(), input.s3_bucket.is_some(), input.image_uri.is_some())?;
    let facts = read_package(&plane, zip.clone()).await?;
    crate::pipeline::write(&plane, &context, move |call| {
        let mut document = function(call, &name)?;
        check_revision(input.revision_id.as_deref(), document.configuration.revision_id.as_deref())?;
        document.configuration.code_size = i64::try_from(facts.size).ok();
        document.configuration.code_sha256 = Some(facts.sha256.clone());
        document.configuration.last_modified = Some(last_modified(call.now()));
        document.configuration.revision_id = Some(ids::uuid(&call.plane.random));
        if input.dry_run == Some(true) {
            return Ok(document.configuration);
        }
        let code = call.tx.put_blob(&zip)?;
        let earlier = std::mem::replace(&mut document.code, code);
        call.tx.delete_blob(&earlier)?;
        let published = match input.publish {
            Some(true) => Some(versions::publish(call, &name.name, &mut document, None)?),
            _ => None,
        };
        put_function(call, &name.name, &document)?;
        Ok(published.unwrap_or(document.configuration))
    })
    .await
}

fn update_function_configuration(
    call: &mut Call<'_, '_>,
    input: &UpdateFunctionConfigurationRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::parse(&input.function_name, None)?;
    let mut document = function(call, &name)?;
    check_revision(input.revision_id.as_deref(), document.configuration.revision_id.as_deref())?;
    Unbuilt {
        vpc_config: input.vpc_config.as_ref(),
        layers: input.layers.as_deref(),
        file_systems: input.file_system_configs.as_ref().is_some_and(|all| !all.is_empty()),
        image: input.image_config.is_some(),
        code_signing: false,
        dead_letter_target: target(input.dead_letter_config.as_ref()),
        snap_start: input.snap_start.as_ref(),
        architectures: None,
        kms_key: input.kms_key_arn.as_deref(),
        other: input.capacity_provider_config.is_some() || input.durable_config.is_some(),
    }
    .check()?;
    if let Some(role) = &input.role {
        check_role(call, role)?;
        document.configuration.role = Some(role.clone());
    }
    if let Some(runtime) = input.runtime {
        configuration::check_runtime(runtime)?;
        document.configuration.runtime = Some(runtime);
    }
    let configuration = &mut document.configuration;
    if input.environment.is_some() {
        configuration.environment = configuration::environment(input.environment.as_ref())?;
    }
    if let Some(storage) = &input.ephemeral_storage {
        configuration.ephemeral_storage = Some(configuration::ephemeral_storage(Some(storage)));
    }
    if input.logging_config.is_some() {
        configuration.logging_config =
            Some(configuration::logging(&name.name, input.logging_config.as_ref())?);
    }
    if let Some(tracing) = &input.tracing_config {
        configuration.tracing_config = Some(TracingConfigResponse { mode: tracing.mode });
    }
    for (mine, asked) in
        [(&mut configuration.handler, &input.handler), (&mut configuration.description, &input.description)]
    {
        if asked.is_some() {
            mine.clone_from(asked);
        }
    }
    for (mine, asked) in
        [(&mut configuration.timeout, input.timeout), (&mut configuration.memory_size, input.memory_size)]
    {
        *mine = asked.or(*mine);
    }
    configuration.last_modified = Some(last_modified(call.context.now));
    configuration.revision_id = Some(ids::uuid(&call.plane.random));
    configuration::check_handler(configuration)?;
    put_function(call, &name.name, &document)?;
    Ok(document.configuration)
}

fn delete_function(
    call: &mut Call<'_, '_>,
    input: &DeleteFunctionRequest,
) -> Outcome<DeleteFunctionResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let document = function(call, &name)?;
    let scope = call.scope().clone();
    if let Some(version) = name.qualifier.as_deref() {
        versions::delete(call, &name.name, version)?;
        return Ok(DeleteFunctionResponse::default());
    }
    let key = Key::new([&*name.name]);
    for (_, version) in call.tx.list::<FunctionVersionDocument>(&scope, &key)? {
        call.tx.delete_blob(&version.code)?;
    }
    call.tx.delete_prefix::<FunctionVersionDocument>(&scope, &key)?;
    call.tx.delete_prefix::<FunctionAliasDocument>(&scope, &key)?;
    call.tx.delete_blob(&document.code)?;
    call.tx.delete::<FunctionDocument>(&scope, &key)?;
    Ok(DeleteFunctionResponse::default())
}

/// No function has a code signing configuration, and the answer says so as AWS's does: with
/// an empty ARN.
fn get_function_code_signing_config(
    call: &mut Call<'_, '_>,
    input: &GetFunctionCodeSigningConfigRequest,
) -> Outcome<GetFunctionCodeSigningConfigResponse> {
    let name = FunctionName::parse(&input.function_name, None)?;
    function(call, &name)?;
    Ok(GetFunctionCodeSigningConfigResponse {
        code_signing_config_arn: String::new(),
        function_name: name.name,
    })
}
