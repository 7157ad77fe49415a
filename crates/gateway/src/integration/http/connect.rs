//! From a target to a connection: name, address, TCP, TLS.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

use super::bounds::ADDRESS_TIME;
use super::fault::Phase;
use super::link::Free;
use super::names::Names;
use super::pool::{Pool, Ready};
use super::route::Address;
use super::{HTTP2, Scheme, Target, UpstreamError, shared};
use crate::http1::Transport;

/// Makes a new connection of `pool`. The caller sees to the deadline, which is given so that
/// no single address can use it up.
pub(super) async fn connect(
    pool: &Rc<Pool>,
    names: &Names,
    deadline: Instant,
    phase: &Cell<Phase>,
) -> Result<Ready, UpstreamError> {
    phase.set(Phase::Connecting);
    let target = &pool.target;
    let stream = dial(target, names, deadline).await?;
    let started = match target.scheme() {
        Scheme::Http => Ok(Ready::Free(Free::new(Transport::Plain(stream), pool))),
        Scheme::Https => {
            let failed = |source| UpstreamError::Tls { target: target.clone(), source };
            let name = server_name(target).map_err(failed)?;
            let stream = pool.tls.connect(name, stream).await.map_err(failed)?;
            if stream.get_ref().1.alpn_protocol() == Some(HTTP2) {
                shared::start(stream, pool).await.map(Ready::Shared)
            } else {
                Ok(Ready::Free(Free::new(Transport::Client(Box::new(stream)), pool)))
            }
        }
    };
    started.map_err(|error| UpstreamError::of_http2(target, error))
}

fn server_name(target: &Target) -> io::Result<ServerName<'static>> {
    match target.address() {
        Some(address) => Ok(ServerName::IpAddress(address.into())),
        None => ServerName::try_from(target.host().to_owned()).map_err(io::Error::other),
    }
}

async fn dial(target: &Target, names: &Names, deadline: Instant) -> Result<TcpStream, UpstreamError> {
    let connected = match (target.route(), target.address()) {
        (Some(route), _) => along(route, target, names, deadline).await,
        (None, Some(address)) => try_each(&[address], target.port(), deadline).await,
        (None, None) => {
            let addresses = names.resolve(target.host(), Instant::now()).await;
            let addresses: Arc<[IpAddr]> =
                addresses.map_err(|source| UpstreamError::Resolve { target: target.clone(), source })?;
            try_each(&addresses, target.port(), deadline).await
        }
    };
    let connected = connected.and_then(|stream| {
        // Heads and bodies are written apart: the second write must not wait for an
        // acknowledgement of the first.
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    connected.map_err(|source| UpstreamError::Connect { target: target.clone(), source })
}

/// Connects to the first address of a route that answers.
async fn along(
    route: impl Iterator<Item = &Address>,
    target: &Target,
    names: &Names,
    deadline: Instant,
) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no address");
    let route: Vec<_> = route.collect();
    for (tried, address) in route.iter().enumerate() {
        let port = address.port.unwrap_or(target.port());
        let until = part(deadline, route.len() - tried);
        let attempt = async {
            match address.ip {
                Some(ip) => try_each(&[ip], port, until).await,
                None => {
                    let addresses = names.resolve(&address.host, Instant::now()).await;
                    let addresses = addresses.map_err(|error| io::Error::new(error.kind(), error))?;
                    try_each(&addresses, port, until).await
                }
            }
        };
        match tokio::time::timeout_at(until.into(), attempt).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "it did not answer"),
        }
    }
    Err(last)
}

/// When the next of `others` addresses is tried if one does not answer: each gets its part of
/// what is left of the time.
fn part(deadline: Instant, others: usize) -> Instant {
    let now = Instant::now();
    let others = u32::try_from(others).unwrap_or(u32::MAX).max(1);
    now + (deadline.saturating_duration_since(now) / others).max(ADDRESS_TIME)
}

/// Connects to the first of `addresses` that answers.
async fn try_each(addresses: &[IpAddr], port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no address");
    for (tried, address) in addresses.iter().enumerate() {
        let until = part(deadline, addresses.len() - tried);
        let connecting = TcpStream::connect(SocketAddr::new(*address, port));
        match tokio::time::timeout_at(until.into(), connecting).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "it did not answer"),
        }
    }
    Err(last)
}
