//! Functions: read, listed, deleted.

use api::lambda::operations as op;
use api::lambda::{
    Concurrency, DeleteFunctionRequest, DeleteFunctionResponse, FunctionCodeLocation, FunctionConfiguration,
    FunctionVersion, GetFunctionCodeSigningConfigRequest, GetFunctionCodeSigningConfigResponse,
    GetFunctionConfigurationRequest, GetFunctionRequest, GetFunctionResponse, ListFunctionsRequest,
    ListFunctionsResponse,
};
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument};
use store::Key;

use super::names::{FunctionName, LATEST};
use super::{Target, function, invalid, listing, not_found, target, versions};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .read(op::GetFunction, get_function)
        .read(op::GetFunctionConfiguration, get_function_configuration)
        .read(op::ListFunctions, list_functions)
        .write(op::DeleteFunction, delete_function)
        .read(op::GetFunctionCodeSigningConfig, get_function_code_signing_config);
}

/// The function that `name` means, and the configuration at its qualifier, under whose ARN it is
/// shown.
fn configuration_at(
    call: &mut Call<'_, '_>,
    name: &FunctionName,
) -> Outcome<(FunctionDocument, FunctionConfiguration)> {
    let (document, target) = target(call, name)?;
    let found = match target {
        Target::Latest => document.configuration.clone(),
        Target::Version(version) => version.configuration,
        Target::Alias(alias) => {
            let version = alias.alias.function_version.unwrap_or_default();
            if version == LATEST {
                document.configuration.clone()
            } else {
                let (scope, key) = (&call.context.scope, Key::new([&*name.name, &*version]));
                let published = call.tx.get::<FunctionVersionDocument>(scope, &key)?;
                let published =
                    published.ok_or_else(|| not_found(format!("Function not found: {}", name.arn(scope))))?;
                published.configuration
            }
        }
    };
    let configuration = FunctionConfiguration { function_arn: Some(name.arn(call.scope())), ..found };
    Ok((document, configuration))
}

fn get_function(call: &mut Call<'_, '_>, input: &GetFunctionRequest) -> Outcome<GetFunctionResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let (document, configuration) = configuration_at(call, &name)?;
    let reserved = document.reserved_concurrency;
    Ok(GetFunctionResponse {
        configuration: Some(configuration),
        // AWS adds a presigned link to the package; there is no bucket here to link to.
        code: Some(FunctionCodeLocation {
            repository_type: Some("S3".to_owned()),
            ..FunctionCodeLocation::default()
        }),
        tags: Some(document.tags).filter(|tags| !tags.is_empty()),
        tags_error: None,
        concurrency: reserved.map(|reserved| Concurrency { reserved_concurrent_executions: Some(reserved) }),
    })
}

fn get_function_configuration(
    call: &mut Call<'_, '_>,
    input: &GetFunctionConfigurationRequest,
) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    Ok(configuration_at(call, &name)?.1)
}

/// A configuration as lists show it: without its state (Lambda API reference, `ListFunctions`).
pub(super) fn listed(configuration: FunctionConfiguration) -> FunctionConfiguration {
    FunctionConfiguration {
        state: None,
        state_reason: None,
        state_reason_code: None,
        last_update_status: None,
        last_update_status_reason: None,
        last_update_status_reason_code: None,
        runtime_version_config: None,
        ..configuration
    }
}

fn list_functions(call: &mut Call<'_, '_>, input: &ListFunctionsRequest) -> Outcome<ListFunctionsResponse> {
    if input.master_region.is_some() {
        // These are Lambda@Edge's functions, of which there are none.
        return Ok(ListFunctionsResponse { next_marker: None, functions: Some(Vec::new()) });
    }
    let documents = call.tx.list::<FunctionDocument>(&call.context.scope, &Key::root())?;
    let latest = documents.into_iter().map(|(_, document)| document.configuration);
    let all: Vec<FunctionConfiguration> = match input.function_version {
        None => latest.collect(),
        Some(FunctionVersion::All) => {
            let published = call.tx.list::<FunctionVersionDocument>(&call.context.scope, &Key::root())?;
            let published = published.into_iter().map(|(_, version)| version.configuration);
            latest.map(versions::qualified_latest).chain(published).collect()
        }
    };
    let place = |configuration: &FunctionConfiguration| {
        let name = configuration.function_name.as_deref().unwrap_or_default();
        format!("{name}\n{}", versions::place(configuration))
    };
    let (page, next_marker) = listing::page(all, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListFunctionsResponse { next_marker, functions: Some(page.into_iter().map(listed).collect()) })
}

fn delete_function(
    call: &mut Call<'_, '_>,
    input: &DeleteFunctionRequest,
) -> Outcome<DeleteFunctionResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    if name.qualifier.as_deref() == Some(LATEST) {
        return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
    }
    let is_version = |qualifier: &str| qualifier.bytes().all(|c| c.is_ascii_digit());
    if name.published().is_some_and(|qualifier| !is_version(qualifier)) {
        return Err(invalid("Deletion of aliases is not currently supported."));
    }
    let mut whole = name.clone();
    whole.qualifier = None;
    let document = function(call, &whole)?;
    match name.published() {
        Some(version) => versions::delete(call, &name.name, version)?,
        None => {
            let (scope, key) = (&call.context.scope, Key::new([&*name.name]));
            for (_, version) in call.tx.list::<FunctionVersionDocument>(scope, &key)? {
                call.tx.delete_blob(&version.code)?;
            }
            call.tx.delete_prefix::<FunctionVersionDocument>(scope, &key)?;
            call.tx.delete_prefix::<FunctionAliasDocument>(scope, &key)?;
            call.tx.delete_blob(&document.code)?;
            call.tx.delete::<FunctionDocument>(scope, &key)?;
        }
    }
    // The model's 200 is of functions whose deletion takes time (Lambda API reference).
    Ok(DeleteFunctionResponse { status_code: Some(204) })
}

/// No function has a code signing configuration, and the answer says so as AWS's does: with
/// an empty ARN.
fn get_function_code_signing_config(
    call: &mut Call<'_, '_>,
    input: &GetFunctionCodeSigningConfigRequest,
) -> Outcome<GetFunctionCodeSigningConfigResponse> {
    let name = FunctionName::unqualified(&input.function_name)?;
    function(call, &name)?;
    Ok(GetFunctionCodeSigningConfigResponse {
        code_signing_config_arn: String::new(),
        function_name: name.name,
    })
}
