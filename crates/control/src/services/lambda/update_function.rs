//! `UpdateFunctionCode` and `UpdateFunctionConfiguration`: changes of what is not published.

use api::lambda::operations as op;
use api::lambda::{
    FunctionConfiguration, TracingConfigResponse, UpdateFunctionCodeRequest,
    UpdateFunctionConfigurationRequest,
};
use base::ids;

use super::configuration::{self, Unbuilt};
use super::create_function::{check_role, last_modified};
use super::names::FunctionName;
use super::{READ_FUNCTION, check_revision, function, package, put_function, versions};
use crate::Registry;
use crate::call::{Call, CallContext, Outcome, Plane};

pub(super) fn register(registry: &mut Registry) {
    registry
        .wait(op::UpdateFunctionCode, update_function_code)
        .write(op::UpdateFunctionConfiguration, update_function_configuration);
}

async fn update_function_code(
    plane: Plane,
    context: CallContext,
    input: UpdateFunctionCodeRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::unqualified(&input.function_name)?;
    name.require_within(&context)?;
    Unbuilt {
        architectures: input.architectures.as_deref(),
        kms_key: input.source_kms_key_arn.as_deref(),
        other: input.publish_to.is_some(),
        ..Unbuilt::default()
    }
    .check()?;
    let (in_s3, image) = (input.s3_bucket.is_some(), input.image_uri.is_some());
    let package = package::read(&plane, input.zip_file.as_ref(), in_s3, image).await?;
    let (publish, dry_run) = (input.publish == Some(true), input.dry_run == Some(true));
    crate::pipeline::write(&plane, &context, move |call| {
        let mut document = function(call, &name)?;
        let configuration = &mut document.configuration;
        check_revision(input.revision_id.as_deref(), configuration.revision_id.as_deref(), READ_FUNCTION)?;
        configuration.code_size = i64::try_from(package.facts.size).ok();
        configuration.code_sha256 = Some(package.facts.sha256.clone());
        changed(call, configuration);
        if dry_run {
            return Ok(document.configuration);
        }
        let code = call.tx.put_blob(&package.zip)?;
        let earlier = std::mem::replace(&mut document.code, code);
        call.tx.delete_blob(&earlier)?;
        let published = match publish {
            true => Some(versions::publish(call, &name.name, &mut document, None)?),
            false => None,
        };
        put_function(call, &name.name, &document)?;
        Ok(published.unwrap_or(document.configuration))
    })
    .await
}

/// Marks a configuration as changed.
fn changed(call: &Call<'_, '_>, configuration: &mut FunctionConfiguration) {
    configuration.last_modified = Some(last_modified(call.context.now));
    configuration.revision_id = Some(ids::uuid(&call.plane.random));
}

fn update_function_configuration(
    call: &mut Call<'_, '_>,
    input: &UpdateFunctionConfigurationRequest,
) -> Outcome<FunctionConfiguration> {
    configuration::check_limits(input.timeout, input.memory_size)?;
    let name = FunctionName::unqualified(&input.function_name)?;
    let mut document = function(call, &name)?;
    let present = document.configuration.revision_id.as_deref();
    check_revision(input.revision_id.as_deref(), present, READ_FUNCTION)?;
    Unbuilt {
        vpc_config: input.vpc_config.as_ref(),
        layers: input.layers.as_deref(),
        file_systems: input.file_system_configs.as_ref().is_some_and(|all| !all.is_empty()),
        image: input.image_config.is_some(),
        dead_letters: input.dead_letter_config.as_ref(),
        snap_start: input.snap_start.as_ref(),
        kms_key: input.kms_key_arn.as_deref(),
        other: input.capacity_provider_config.is_some() || input.durable_config.is_some(),
        ..Unbuilt::default()
    }
    .check()?;
    if let Some(role) = &input.role {
        check_role(call, role)?;
        document.configuration.role = Some(role.clone());
    }
    let configuration = &mut document.configuration;
    if let Some(runtime) = input.runtime {
        configuration::check_runtime(runtime)?;
        configuration.runtime = Some(runtime);
    }
    if input.environment.is_some() {
        configuration.environment = configuration::environment(input.environment.as_ref())?;
    }
    if let Some(storage) = &input.ephemeral_storage {
        configuration.ephemeral_storage = Some(configuration::ephemeral_storage(Some(storage)));
    }
    if input.logging_config.is_some() {
        let logging = configuration::logging(&name.name, input.logging_config.as_ref())?;
        configuration.logging_config = Some(logging);
    }
    if let Some(mode) = input.tracing_config.as_ref().and_then(|tracing| tracing.mode) {
        configuration.tracing_config = Some(TracingConfigResponse { mode: Some(mode) });
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
    changed(call, configuration);
    put_function(call, &name.name, &document)?;
    Ok(document.configuration)
}
