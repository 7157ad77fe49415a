//! PATCH of a usage plan. Its paths hold resource paths whose slashes may stand as they are
//! (`/apiStages/{api}:{stage}/throttle//pets/GET/rateLimit`), so they are read here and not
//! through a table of segments.

use api::apigateway::{ApiStage, Op, PatchOperation, QuotaSettings, UpdateUsagePlanRequest, UsagePlan};
use indexmap::IndexMap;

use super::super::refusals::{bad_request, description};
use super::api_stages::{self, Named};
use super::{find, name, put, settings, shown};
use crate::patch::unescape;
use crate::{Call, Failure, Outcome};

/// What may be patched, and how it is patched (API Gateway API reference, "Patch Operations").
/// The order is the one in which refusals list the paths: for `remove` it is seen in reports of
/// AWS's users.
const ROWS: [(&str, &[Op]); 15] = [
    ("/name", &[Op::Replace]),
    ("/description", &[Op::Replace]),
    ("/apiStages", &[Op::Add, Op::Remove]),
    ("/quota", &[Op::Remove]),
    ("/quota/limit", &[Op::Add, Op::Replace]),
    ("/quota/offset", &[Op::Add, Op::Replace]),
    ("/quota/period", &[Op::Add, Op::Replace]),
    ("/throttle", &[Op::Remove]),
    ("/throttle/rateLimit", &[Op::Add, Op::Replace]),
    ("/throttle/burstLimit", &[Op::Add, Op::Replace]),
    ("/productCode", &[Op::Add, Op::Remove, Op::Replace]),
    (METHOD, &[Op::Remove]),
    (METHOD_RATE, &[Op::Add, Op::Replace]),
    (METHOD_BURST, &[Op::Add, Op::Replace]),
    (METHODS, &[Op::Add, Op::Remove, Op::Replace]),
];

// AWS's own spelling.
const METHODS: &str = "/apiStages/<apidId:stageName>/throttle";
const METHOD: &str = "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>";
const METHOD_RATE: &str = "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/rateLimit";
const METHOD_BURST: &str = "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/burstLimit";

pub(super) fn update_usage_plan(
    call: &mut Call<'_, '_>,
    input: &UpdateUsagePlanRequest,
) -> Outcome<UsagePlan> {
    let mut document = find(call, &input.usage_plan_id)?;
    let plan = &mut document.usage_plan;
    for operation in input.patch_operations.iter().flatten() {
        apply(call, plan, operation)?;
    }
    // Clients send the parts of a quota one by one, so only the whole can be judged.
    plan.quota = plan.quota.as_ref().map(settings::quota).transpose()?;
    plan.throttle = plan.throttle.as_ref().map(settings::throttle).transpose()?;
    for stage in plan.api_stages.iter_mut().flatten() {
        stage.throttle = stage.throttle.as_ref().map(settings::throttles).transpose()?.flatten();
    }
    settings::check_fine_grain(plan)?;
    put(call, &document)?;
    Ok(shown(document.usage_plan))
}

fn apply(call: &mut Call<'_, '_>, plan: &mut UsagePlan, operation: &PatchOperation) -> Outcome<()> {
    let path = operation.path.as_deref().unwrap_or_default();
    if let Some(inside) = path.strip_prefix("/apiStages/") {
        return patch_stage(plan, operation, inside);
    }
    let op = check(operation, path)?;
    let value = operation.value.as_deref().unwrap_or_default();
    match path {
        "/name" => plan.name = Some(name(value)?),
        "/description" => plan.description = description(Some(value))?,
        "/apiStages" if op == Op::Add => api_stages::add(call, plan, Named::read(value)?)?,
        "/apiStages" => api_stages::remove(plan, Named::read(value)?)?,
        "/quota" => plan.quota = None,
        "/quota/limit" => quota(plan).limit = Some(number(value, path)?),
        "/quota/offset" => quota(plan).offset = Some(number(value, path)?),
        "/quota/period" => quota(plan).period = Some(number(value, path)?),
        "/throttle" => plan.throttle = None,
        "/throttle/rateLimit" => {
            plan.throttle.get_or_insert_default().rate_limit = Some(number(value, path)?);
        }
        "/throttle/burstLimit" => {
            plan.throttle.get_or_insert_default().burst_limit = Some(number(value, path)?);
        }
        // `/productCode`, the last of the rows.
        _ => plan.product_code = Some(value.to_owned()).filter(|code| op != Op::Remove && !code.is_empty()),
    }
    Ok(())
}

/// Patches the throttles of a stage's methods; `inside` is the path behind `/apiStages/`.
fn patch_stage(plan: &mut UsagePlan, operation: &PatchOperation, inside: &str) -> Outcome<()> {
    let Some((stage, rest)) = inside.split_once('/') else { return Err(unknown_path(operation)) };
    let stage = unescape(stage);
    let value = operation.value.as_deref().unwrap_or_default();
    let path = operation.path.as_deref().unwrap_or_default();
    if rest == "throttle" {
        let op = check(operation, METHODS)?;
        let stage = api_stages::within_plan(plan, Named::read(&stage)?)?;
        stage.throttle = if op == Op::Remove { None } else { Some(map(value)?) };
        return Ok(());
    }
    let Some(method) = rest.strip_prefix("throttle/") else { return Err(unknown_path(operation)) };
    if let Some(method) = method.strip_suffix("/rateLimit").filter(|_| operation.op != Some(Op::Remove)) {
        check(operation, METHOD_RATE)?;
        let stage = api_stages::within_plan(plan, Named::read(&stage)?)?;
        throttle(stage, method)?.rate_limit = Some(number(value, path)?);
    } else if let Some(method) =
        method.strip_suffix("/burstLimit").filter(|_| operation.op != Some(Op::Remove))
    {
        check(operation, METHOD_BURST)?;
        let stage = api_stages::within_plan(plan, Named::read(&stage)?)?;
        throttle(stage, method)?.burst_limit = Some(number(value, path)?);
    } else {
        check(operation, METHOD)?;
        let stage = api_stages::within_plan(plan, Named::read(&stage)?)?;
        let removed = stage.throttle.as_mut().and_then(|map| map.shift_remove(&unescape(method)));
        if removed.is_none() {
            settings::check_method(&unescape(method))?;
            // Not recorded.
            return Err(bad_request(format!(
                "Cannot remove method throttle {} because there is none for this method",
                unescape(method)
            )));
        }
    }
    Ok(())
}

/// The operation's verb, if the path that it names as `row` allows it.
fn check(operation: &PatchOperation, row: &str) -> Outcome<Op> {
    let Some((_, ops)) = ROWS.iter().find(|(path, _)| *path == row) else {
        return Err(unknown_path(operation));
    };
    operation.op.filter(|op| ops.contains(op)).ok_or_else(|| {
        bad_request(format!(
            "Invalid patch path  '{}' specified for op '{}'. Please choose supported operations",
            operation.path.as_deref().unwrap_or("null"),
            operation.op.map_or("null", Op::as_str)
        ))
    })
}

/// The paths that are listed are those that the verb may have.
fn unknown_path(operation: &PatchOperation) -> Failure {
    let allowed = |ops: &[Op]| operation.op.is_some_and(|op| ops.contains(&op));
    let paths: Vec<_> = ROWS.iter().filter(|(_, ops)| allowed(ops)).map(|(path, _)| *path).collect();
    bad_request(format!(
        "Invalid patch path  '{}' specified for op '{}'. Must be one of: [{}]",
        operation.path.as_deref().unwrap_or("null"),
        operation.op.map_or("null", Op::as_str),
        paths.join(", ")
    ))
}

fn quota(plan: &mut UsagePlan) -> &mut QuotaSettings {
    plan.quota.get_or_insert_default()
}

/// The throttle of a method. The path of its resource is kept as it was written, so that a client
/// reads what it wrote.
fn throttle<'s>(stage: &'s mut ApiStage, method: &str) -> Outcome<&'s mut api::apigateway::ThrottleSettings> {
    let method = unescape(method);
    settings::check_method(&method)?;
    let throttles = stage.throttle.get_or_insert_default();
    if !throttles.contains_key(&method) {
        settings::check_room(throttles.len())?;
    }
    Ok(throttles.entry(method).or_default())
}

/// Throttles as JSON: `{"/pets/GET": {"rateLimit": 1.0, "burstLimit": 1}}`.
fn map(text: &str) -> Outcome<IndexMap<String, api::apigateway::ThrottleSettings>> {
    // Not recorded.
    serde_json::from_str(text).map_err(|_| bad_request("Invalid method throttle specified"))
}

/// A value that is sent as text, as all are. The text is not recorded.
fn number<T: std::str::FromStr>(text: &str, path: &str) -> Outcome<T> {
    text.parse().map_err(|_| bad_request(format!("Invalid value '{text}' specified for path '{path}'")))
}
