//! What may be configured on a function, with its defaults and its refusals. Settings that
//! this Lambda does not have are refused by name, never stored and forgotten.

use api::lambda::{
    Architecture, DeadLetterConfig, Environment, EnvironmentResponse, EphemeralStorage,
    FunctionConfiguration, LoggingConfig, Runtime, SnapStart, SnapStartApplyOn, VpcConfig,
};
use indexmap::IndexMap;
use wire::ServiceError;

use super::invalid;
use crate::call::Outcome;

/// Lambda quotas, "Environment variables": 4 KB in all.
const ENVIRONMENT_BYTES: usize = 4096;

/// Names that Lambda sets itself (Lambda developer guide, "Defined runtime environment
/// variables").
const RESERVED_NAMES: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Runtimes that AWS no longer takes (Lambda developer guide, "Lambda runtimes", deprecated).
const RETIRED: &[&str] = &[
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "provided",
    "go1.x",
    "java8",
    "ruby2.5",
    "ruby2.7",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "dotnet5.0",
    "dotnet6",
];

/// Seconds and megabytes (Lambda quotas, "Function timeout" and "Function memory allocation"): the
/// model knows other limits, or none.
const MAXIMUM_TIMEOUT: i32 = 900;
const MAXIMUM_MEMORY: i32 = 10_240;

/// Refuses more time or memory than functions get.
pub(super) fn check_limits(timeout: Option<i32>, memory: Option<i32>) -> Outcome<()> {
    for (member, value, maximum) in
        [("timeout", timeout, MAXIMUM_TIMEOUT), ("memorySize", memory, MAXIMUM_MEMORY)]
    {
        if let Some(value) = value.filter(|value| *value > maximum) {
            return Err(ServiceError::validation(format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
                 Member must have value less than or equal to {maximum}"
            ))
            .into());
        }
    }
    Ok(())
}

/// The runtime, if functions of it can be made.
pub(super) fn check_runtime(runtime: Runtime) -> Outcome<()> {
    let name = runtime.as_str();
    if RETIRED.contains(&name) {
        return Err(invalid(format!(
            "The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda \
             functions. We recommend you use a supported runtime while creating or updating functions."
        )));
    }
    if ["python3.", "nodejs", "provided."].iter().any(|built| name.starts_with(built)) {
        return Ok(());
    }
    Err(invalid(format!(
        "The runtime {name} is not built yet. python3.x, nodejs and provided.al2023 are; a bootstrap file in \
         provided.al2023 can start anything else."
    )))
}

/// Checked environment variables in the form of an answer.
pub(super) fn environment(given: Option<&Environment>) -> Outcome<Option<EnvironmentResponse>> {
    let Some(variables) = given.and_then(|environment| environment.variables.as_ref()) else {
        return Ok(None);
    };
    if variables.is_empty() {
        return Ok(None);
    }
    let mut reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_NAMES.contains(name)).collect();
    if !reserved.is_empty() {
        reserved.sort_unstable();
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you \
             have provided contains reserved keys that are currently not supported for modification. Reserved \
             keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = serde_json::to_string(variables).unwrap_or_default();
    if measured.len() > ENVIRONMENT_BYTES {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you \
             have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    let variables: IndexMap<String, String> = variables.clone();
    Ok(Some(EnvironmentResponse { variables: Some(variables), error: None }))
}

/// Everything that a function can be told and this Lambda cannot do.
#[derive(Default)]
pub(super) struct Unbuilt<'a> {
    pub(super) vpc_config: Option<&'a VpcConfig>,
    pub(super) layers: Option<&'a [String]>,
    pub(super) file_systems: bool,
    pub(super) image: bool,
    pub(super) code_signing: bool,
    pub(super) dead_letters: Option<&'a DeadLetterConfig>,
    pub(super) snap_start: Option<&'a SnapStart>,
    pub(super) architectures: Option<&'a [Architecture]>,
    pub(super) kms_key: Option<&'a str>,
    pub(super) other: bool,
}

impl Unbuilt<'_> {
    /// Refuses what is asked for of these.
    pub(super) fn check(&self) -> Outcome<()> {
        let vpc = self.vpc_config.is_some_and(|vpc| {
            vpc.subnet_ids.as_ref().is_some_and(|ids| !ids.is_empty())
                || vpc.security_group_ids.as_ref().is_some_and(|ids| !ids.is_empty())
        });
        let refused = if vpc {
            "VpcConfig"
        } else if self.layers.is_some_and(|layers| !layers.is_empty()) {
            "Layers"
        } else if self.file_systems {
            "FileSystemConfigs"
        } else if self.image {
            "PackageType Image"
        } else if self.code_signing {
            "CodeSigningConfigArn"
        } else if self
            .dead_letters
            .and_then(|config| config.target_arn.as_deref())
            .is_some_and(|target| !target.is_empty())
        {
            "DeadLetterConfig"
        } else if self
            .snap_start
            .is_some_and(|snap| snap.apply_on.is_some_and(|on| on != SnapStartApplyOn::None))
        {
            "SnapStart"
        } else if self.architectures.is_some_and(|all| all.iter().any(|one| *one == foreign_architecture())) {
            "An architecture other than this machine's"
        } else if self.kms_key.is_some_and(|key| !key.is_empty()) {
            "KMSKeyArn"
        } else if self.other {
            "CapacityProviderConfig, DurableConfig, TenancyConfig or PublishTo"
        } else {
            return Ok(());
        };
        Err(invalid(format!("{refused} is not built yet.")))
    }
}

/// The architecture that this machine's processes are of.
pub(super) fn own_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}

fn foreign_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::X86_64 } else { Architecture::Arm64 }
}

/// The handler, which every runtime but `provided` needs a shape for.
pub(super) fn check_handler(configuration: &FunctionConfiguration) -> Outcome<()> {
    let (Some(_), Some(_)) = (&configuration.runtime, &configuration.handler) else {
        return Err(invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    };
    Ok(())
}

/// Where a function of this name logs if nothing else is said, and in what form.
pub(super) fn logging(name: &str, given: Option<&LoggingConfig>) -> Outcome<LoggingConfig> {
    use api::lambda::LogFormat;
    let mut logging = given.cloned().unwrap_or_default();
    if logging.log_format == Some(LogFormat::Json) {
        return Err(invalid("LogFormat JSON is not built yet."));
    }
    let own = format!("/aws/lambda/{name}");
    if logging.log_group.as_deref().is_some_and(|group| group != own) {
        return Err(invalid(format!("A LogGroup other than {own} is not built yet.")));
    }
    logging.log_format = Some(LogFormat::Text);
    logging.log_group = Some(own);
    Ok(logging)
}

/// `/tmp` of 512 MB; a larger one cannot be promised.
pub(super) fn ephemeral_storage(given: Option<&EphemeralStorage>) -> EphemeralStorage {
    given.cloned().unwrap_or(EphemeralStorage { size: 512 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Environment {
        Environment { variables: Some(IndexMap::from([(name.to_owned(), value.to_owned())])) }
    }

    fn text(outcome: Outcome<Option<EnvironmentResponse>>) -> String {
        match outcome {
            Err(crate::Failure::Service(error)) => error.message().unwrap_or_default().to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn reserved_names_are_refused() {
        assert!(
            text(environment(Some(&with("AWS_REGION", "x")))).ends_with("used in this request: AWS_REGION")
        );
        assert!(environment(Some(&with("STAGE", "prod"))).is_ok());
    }

    #[test]
    fn the_environment_ends_at_four_kilobytes() {
        // {"A":"…"} is 8 bytes around the value.
        assert!(environment(Some(&with("A", &"x".repeat(4096 - 8)))).is_ok());
        assert!(
            text(environment(Some(&with("A", &"x".repeat(4097 - 8))))).contains("exceeded the 4KB limit")
        );
    }

    #[test]
    fn retired_and_foreign_runtimes_are_refused() {
        assert!(check_runtime(Runtime::Python3_12).is_ok());
        assert!(check_runtime(Runtime::Python3_8).is_err());
        assert!(check_runtime(Runtime::Java21).is_err());
    }
}
