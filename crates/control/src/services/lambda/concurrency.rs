//! Reserved concurrency: how many events of a function are handled at once; 0 stops it.

use api::Empty;
use api::lambda::operations as op;
use api::lambda::{
    Concurrency, DeleteFunctionConcurrencyRequest, GetFunctionConcurrencyRequest,
    GetFunctionConcurrencyResponse, PutFunctionConcurrencyRequest,
};

use documents::lambda::FunctionDocument;
use store::Key;

use super::names::FunctionName;
use super::{function, invalid, put_function};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutFunctionConcurrency, put_function_concurrency)
        .read(op::GetFunctionConcurrency, get_function_concurrency)
        .write(op::DeleteFunctionConcurrency, delete_function_concurrency);
}

/// Lambda quotas, "Concurrent executions", and how many of them stay for functions that reserve
/// none.
const ACCOUNT: i32 = 1000;
const UNRESERVED: i32 = 100;

fn put_function_concurrency(
    call: &mut Call<'_, '_>,
    input: &PutFunctionConcurrencyRequest,
) -> Outcome<Concurrency> {
    let name = FunctionName::unqualified(&input.function_name)?;
    let mut document = function(call, &name)?;
    let others = call.tx.list::<FunctionDocument>(&call.context.scope, &Key::root())?;
    let others = others.into_iter().filter(|(key, _)| key.last() != Some(&*name.name));
    let reserved: i32 = others.filter_map(|(_, other)| other.reserved_concurrency).sum();
    if input.reserved_concurrent_executions > ACCOUNT - UNRESERVED - reserved {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )));
    }
    document.reserved_concurrency = Some(input.reserved_concurrent_executions);
    put_function(call, &name.name, &document)?;
    Ok(Concurrency { reserved_concurrent_executions: document.reserved_concurrency })
}

fn get_function_concurrency(
    call: &mut Call<'_, '_>,
    input: &GetFunctionConcurrencyRequest,
) -> Outcome<GetFunctionConcurrencyResponse> {
    let name = FunctionName::unqualified(&input.function_name)?;
    let reserved = function(call, &name)?.reserved_concurrency;
    Ok(GetFunctionConcurrencyResponse { reserved_concurrent_executions: reserved })
}

fn delete_function_concurrency(
    call: &mut Call<'_, '_>,
    input: &DeleteFunctionConcurrencyRequest,
) -> Outcome<Empty> {
    let name = FunctionName::unqualified(&input.function_name)?;
    let mut document = function(call, &name)?;
    document.reserved_concurrency = None;
    put_function(call, &name.name, &document)?;
    Ok(Empty {})
}
