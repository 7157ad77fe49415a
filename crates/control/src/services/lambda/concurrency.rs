//! Reserved concurrency: how many events of a function are handled at once; 0 stops it.

use api::Empty;
use api::lambda::operations as op;
use api::lambda::{
    Concurrency, DeleteFunctionConcurrencyRequest, GetFunctionConcurrencyRequest,
    GetFunctionConcurrencyResponse, PutFunctionConcurrencyRequest,
};

use super::names::FunctionName;
use super::{function, put_function};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutFunctionConcurrency, put_function_concurrency)
        .read(op::GetFunctionConcurrency, get_function_concurrency)
        .write(op::DeleteFunctionConcurrency, delete_function_concurrency);
}

fn put_function_concurrency(
    call: &mut Call<'_, '_>,
    input: &PutFunctionConcurrencyRequest,
) -> Outcome<Concurrency> {
    let name = FunctionName::parse(&input.function_name, None)?;
    let mut document = function(call, &name)?;
    document.reserved_concurrency = Some(input.reserved_concurrent_executions);
    put_function(call, &name.name, &document)?;
    Ok(Concurrency { reserved_concurrent_executions: document.reserved_concurrency })
}

fn get_function_concurrency(
    call: &mut Call<'_, '_>,
    input: &GetFunctionConcurrencyRequest,
) -> Outcome<GetFunctionConcurrencyResponse> {
    let name = FunctionName::parse(&input.function_name, None)?;
    let reserved = function(call, &name)?.reserved_concurrency;
    Ok(GetFunctionConcurrencyResponse { reserved_concurrent_executions: reserved })
}

fn delete_function_concurrency(
    call: &mut Call<'_, '_>,
    input: &DeleteFunctionConcurrencyRequest,
) -> Outcome<Empty> {
    let name = FunctionName::parse(&input.function_name, None)?;
    let mut document = function(call, &name)?;
    document.reserved_concurrency = None;
    put_function(call, &name.name, &document)?;
    Ok(Empty {})
}
