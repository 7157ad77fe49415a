//! The Lambda Runtime API, version 2018-06-01: the HTTP server that one function's process
//! fetches its invocations from (Lambda developer guide, "Using the Lambda runtime API").
//!
//! Each process has a server of its own, on a loopback address and port drawn at random, so
//! that no function meets another's invocations by accident. It is polled by the task that
//! keeps the process: between a request's last byte and the process's fate there is no other
//! task and no queue.

mod answers;
mod calls;
mod streams;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::time::Duration;

use base::Random;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(crate) use answers::{Answer, accepted, invalid_request_id, invalid_transition, invocation, too_large};
pub(crate) use calls::{Call, Posted, Report};
pub(crate) use streams::{FunctionFailed, Place, StreamOutcome};

use crate::limits::RUNTIME_API_CONNECTIONS;

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One process's Runtime API.
pub(crate) struct RuntimeApi {
    listener: TcpListener,
    address: SocketAddr,
    connections: FuturesUnordered<Serving>,
    sender: mpsc::UnboundedSender<Call>,
    calls: mpsc::UnboundedReceiver<Call>,
}

impl RuntimeApi {
    /// Listens on an address of its own.
    pub(crate) async fn bind(random: &Random) -> io::Result<Self> {
        let mut bytes = [0; 3];
        random.fill(&mut bytes);
        let [a, b, c] = bytes;
        // All of 127/8 is this machine (on Linux without further ado).
        let own = Ipv4Addr::new(127, a, b, c.clamp(1, 254));
        let listener = match TcpListener::bind(SocketAddrV4::new(own, 0)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).await?,
        };
        let address = listener.local_addr()?;
        // As many calls as connections: each connection waits for its answer.
        let (sender, calls) = mpsc::unbounded_channel();
        Ok(Self { listener, address, connections: FuturesUnordered::new(), sender, calls })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` says.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process calls. May be dropped and called again.
    pub(crate) async fn called(&mut self) -> Call {
        loop {
            tokio::select! {
                biased;
                Some(call) = self.calls.recv() => return call,
                Some(()) = self.connections.next(), if !self.connections.is_empty() => {}
                accepted = self.listener.accept(), if self.connections.len() < RUNTIME_API_CONNECTIONS => {
                    match accepted {
                        Ok((stream, _)) => self.connections.push(serve(stream, self.sender.clone())),
                        // Out of file descriptors, most likely: this is no reason to spin.
                        Err(error) => {
                            tracing::warn!(%error, "a function's connection cannot be accepted");
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                    }
                }
            }
        }
    }

    /// Serves what a process sent before it ended, for at most `patience`, and answers what
    /// it reported. A process that is waited for here has ended, and its connections end by
    /// themselves, unless it has handed them to a process that lives on.
    pub(crate) async fn last_reports(&mut self, patience: Duration) -> Vec<Report> {
        let mut reports = Vec::new();
        let drain = async {
            // Connections that were not accepted yet may hold a whole request, too.
            while let Ok(Ok((stream, _))) =
                tokio::time::timeout(Duration::from_millis(1), self.listener.accept()).await
            {
                self.connections.push(serve(stream, self.sender.clone()));
            }
            loop {
                tokio::select! {
                    biased;
                    Some(call) = self.calls.recv() => if let Call::Report { report, answer } = call {
                        // It is gone, but its connection is served to the end.
                        let _ = answer.send(accepted());
                        reports.push(report);
                    },
                    served = self.connections.next() => if served.is_none() { break },
                }
            }
        };
        let _ = tokio::time::timeout(patience, drain).await;
        reports
    }
}

fn serve(stream: TcpStream, calls: mpsc::UnboundedSender<Call>) -> Serving {
    Box::pin(async move {
        // A head and a body in two segments would wait for each other's acknowledgement: 88 ms.
        let _ = stream.set_nodelay(true);
        let service = service_fn(move |request| calls::answer(request, calls.clone()));
        let connection = http1::Builder::new()
            .half_close(false)
            .auto_date_header(false)
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a function's connection to its runtime API failed");
        }
    })
}

#[cfg(test)]
mod tests;
