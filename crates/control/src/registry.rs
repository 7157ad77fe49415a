//! Which operations are built. A service's files register their operations here, and nothing
//! else knows of them: the pipeline runs what it finds, answers `NotImplemented` for what it
//! does not find, and `gatewright operations` prints the same table. So the list cannot say
//! more than the code does.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use api::{Operation, OperationTable, ServiceTable};
use futures_util::stream::BoxStream;
use ports::Pending;
use serde_json::Value;

use crate::call::{Call, CallContext, Failure, Outcome, Plane};

type InTransaction = Arc<dyn Fn(&mut Call<'_, '_>, &Value) -> Outcome<Value> + Send + Sync>;
type OutsideTransaction = Arc<dyn Fn(Plane, CallContext, Value) -> Pending<Outcome<Value>> + Send + Sync>;
type Streaming = Arc<dyn Fn(Plane, CallContext, Value) -> Pending<Outcome<(Value, Events)>> + Send + Sync>;

/// The events of an answer, canonical values of its event stream.
pub(crate) type Events = BoxStream<'static, Value>;

/// How an operation runs.
#[derive(Clone)]
pub(crate) enum Handler {
    /// In a snapshot of the store.
    Read(InTransaction),
    /// In the store's writing transaction; durable before it is answered.
    Write(InTransaction),
    /// On its own: it waits for something else than the store, or needs several transactions.
    Wait(OutsideTransaction),
    /// The same, answering a stream of events.
    Stream(Streaming),
}

/// The operations that are built.
#[derive(Default)]
pub struct Registry {
    handlers: HashMap<(&'static str, &'static str), Handler>,
}

impl Registry {
    /// `O` reads documents and changes none.
    pub fn read<O: Operation>(
        &mut self,
        _: O,
        run: fn(&mut Call<'_, '_>, &O::Input) -> Outcome<O::Output>,
    ) -> &mut Self {
        self.add::<O>(Handler::Read(in_transaction::<O>(run)))
    }

    /// `O` changes documents. `run` may be run again if the transaction has to be repeated.
    pub fn write<O: Operation>(
        &mut self,
        _: O,
        run: fn(&mut Call<'_, '_>, &O::Input) -> Outcome<O::Output>,
    ) -> &mut Self {
        self.add::<O>(Handler::Write(in_transaction::<O>(run)))
    }

    /// `O` waits for something else than the store.
    pub fn wait<O, F>(&mut self, _: O, run: fn(Plane, CallContext, O::Input) -> F) -> &mut Self
    where
        O: Operation,
        F: Future<Output = Outcome<O::Output>> + Send + 'static,
    {
        self.add::<O>(Handler::Wait(Arc::new(move |plane, context, input| {
            Box::pin(async move {
                let input = typed::<O>(&input)?;
                untyped::<O>(&run(plane, context, input).await?)
            })
        })))
    }

    /// `O` waits for something else than the store, and answers events as they come.
    pub fn stream<O, F>(&mut self, _: O, run: fn(Plane, CallContext, O::Input) -> F) -> &mut Self
    where
        O: Operation,
        F: Future<Output = Outcome<(O::Output, Events)>> + Send + 'static,
    {
        self.add::<O>(Handler::Stream(Arc::new(move |plane, context, input| {
            Box::pin(async move {
                let input = typed::<O>(&input)?;
                let (output, events) = run(plane, context, input).await?;
                Ok((untyped::<O>(&output)?, events))
            })
        })))
    }

    /// Has `run` follow `O`, which is registered already and changes documents: what another
    /// collection has to do, or has to say against it, when `O` succeeds. Both are one
    /// transaction, so a refusal by `run` takes back what `O` did.
    pub fn after<O: Operation>(
        &mut self,
        _: O,
        run: fn(&mut Call<'_, '_>, &O::Input) -> Outcome<()>,
    ) -> &mut Self {
        let name = (O::TABLE.service.name, O::TABLE.name);
        let earlier = self.handlers.remove(&name);
        debug_assert!(matches!(earlier, Some(Handler::Write(_))), "{} changes nothing", O::TABLE.name);
        if let Some(Handler::Write(first)) = earlier {
            let both = move |call: &mut Call<'_, '_>, input: &Value| {
                let output = first(call, input)?;
                run(call, &typed::<O>(input)?)?;
                Ok(output)
            };
            self.handlers.insert(name, Handler::Write(Arc::new(both)));
        }
        self
    }

    fn add<O: Operation>(&mut self, handler: Handler) -> &mut Self {
        let earlier = self.handlers.insert((O::TABLE.service.name, O::TABLE.name), handler);
        debug_assert!(earlier.is_none(), "{} is registered twice", O::TABLE.name);
        self
    }

    pub(crate) fn handler(&self, operation: &OperationTable) -> Option<&Handler> {
        self.handlers.get(&(operation.service.name, operation.name))
    }

    /// Whether `operation` is built.
    #[must_use]
    pub fn is_built(&self, operation: &OperationTable) -> bool {
        self.handler(operation).is_some()
    }

    /// Every service with every operation of it and whether that is built, in the order of
    /// the service models.
    #[must_use]
    pub fn operations(&self) -> Vec<(&'static ServiceTable, Vec<(&'static str, bool)>)> {
        api::SERVICES
            .iter()
            .map(|service| {
                let rows = service.operations.iter().map(|o| (o.name, self.is_built(o))).collect();
                (*service, rows)
            })
            .collect()
    }
}

fn in_transaction<O: Operation>(
    run: fn(&mut Call<'_, '_>, &O::Input) -> Outcome<O::Output>,
) -> InTransaction {
    Arc::new(move |call, input| {
        let input = typed::<O>(input)?;
        untyped::<O>(&run(call, &input)?)
    })
}

fn typed<O: Operation>(input: &Value) -> Outcome<O::Input> {
    serde::Deserialize::deserialize(input)
        .map_err(|why| Failure::Service(wire::ServiceError::serialization(why.to_string())))
}

fn untyped<O: Operation>(output: &O::Output) -> Outcome<Value> {
    serde_json::to_value(output).map_err(|why| {
        tracing::error!(operation = O::TABLE.name, %why, "an answer could not be serialised");
        Failure::Service(wire::ServiceError::internal_failure())
    })
}
