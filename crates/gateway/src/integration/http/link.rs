//! One connection to a backend and the task that drives it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use http::{HeaderName, Request, Response};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::bounds::{HEAD_BYTES, IDLE_TIME, MAY_BE_STALE};
use super::pool::{Pool, Slot};
use crate::exchange::Body;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// A connection. It carries one exchange at a time.
#[derive(Debug)]
pub(super) struct Link {
    state: Cell<State>,
    /// While an exchange is under way: the way to send the next request.
    sender: RefCell<Option<SendRequest<Body>>>,
    /// While an exchange is under way: the right to it.
    slot: RefCell<Option<Slot>>,
    /// When the exchange must be over.
    deadline: Cell<Instant>,
    idle_since: Cell<Instant>,
    /// How long it may be idle.
    idle_time: Cell<Duration>,
    cut: Cell<bool>,
    task: RefCell<Option<Waker>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// A request is being sent or has been sent.
    Sent,
    /// The head of the response is here; its body may still be arriving.
    Answered,
}

/// A connection that is in no exchange.
#[derive(Debug)]
pub(super) struct Free {
    sender: SendRequest<Body>,
    link: Rc<Link>,
}

/// A request that was not answered.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) error: TrySendError<Request<Body>>,
    /// Not yet used up by the connection's end.
    pub(super) slot: Option<Slot>,
}

/// Speaks HTTP/1.1 on `stream`, which is connected, and drives it in a task of its own.
pub(super) async fn start<T>(stream: T, pool: &Rc<Pool>) -> Result<Free, hyper::Error>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut http = http1::Builder::new();
    http.max_buf_size(HEAD_BYTES).max_header_size(HEAD_BYTES);
    let (sender, connection) = http.handshake(TokioIo::new(stream)).await?;
    let now = Instant::now();
    let link = Rc::new(Link {
        state: Cell::new(State::Idle),
        sender: RefCell::default(),
        slot: RefCell::default(),
        deadline: Cell::new(now),
        idle_since: Cell::new(now),
        idle_time: Cell::new(IDLE_TIME),
        cut: Cell::new(false),
        task: RefCell::default(),
    });
    pool.add(&link);
    let open = Open { pool: Rc::clone(pool), link: Rc::clone(&link) };
    tokio::task::spawn_local(drive(connection, open));
    Ok(Free { sender, link })
}

/// Runs the connection to its end, and takes notice of each exchange's end on the way: it is
/// in this task that a body's last byte is read.
async fn drive<T>(connection: http1::Connection<TokioIo<T>, Body>, open: Open)
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let Open { pool, link } = &open;
    let mut connection = pin!(connection);
    let ended = poll_fn(|cx| {
        let mut task = link.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
        drop(task);
        if link.cut.get() {
            return Poll::Ready(Ok(()));
        }
        let polled = connection.as_mut().poll(cx);
        if polled.is_pending() {
            pool.settle(link);
        }
        polled
    })
    .await;
    if let Err(error) = ended {
        tracing::debug!(target = %pool.target, %error, "a connection to a backend broke");
    }
}

impl Free {
    /// Whether a request can be sent on it.
    pub(super) fn is_usable(&self, now: Instant) -> bool {
        !self.sender.is_closed() && self.idle_time(now) < self.link.idle_time.get()
    }

    /// Whether the backend may have closed it without our having seen that yet.
    pub(super) fn may_be_stale(&self, now: Instant) -> bool {
        self.idle_time(now) >= MAY_BE_STALE
    }

    fn idle_time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.link.idle_since.get())
    }

    /// Sends `request`; what is returned waits for the head of the response. Dropping it ends
    /// the connection.
    pub(super) fn send(
        self,
        request: Request<Body>,
        pool: &Pool,
        slot: Slot,
        deadline: Instant,
    ) -> impl Future<Output = Result<Response<Body>, Unanswered>> {
        let Self { mut sender, link } = self;
        link.state.set(State::Sent);
        link.deadline.set(deadline);
        link.slot.replace(Some(slot));
        let exchange = sender.try_send_request(request);
        link.sender.replace(Some(sender));
        async move {
            match exchange.await {
                Ok(response) => {
                    if let Some(time) = announced(&response) {
                        link.idle_time.set(time.min(IDLE_TIME));
                    }
                    link.state.set(State::Answered);
                    pool.settle(&link);
                    Ok(response.map(Body::Stream))
                }
                Err(error) => Err(Unanswered { error, slot: link.slot.take() }),
            }
        }
    }

    #[cfg(test)]
    pub(super) fn age(&self, by: Duration) {
        let since = self.link.idle_since.get();
        self.link.idle_since.set(since.checked_sub(by).unwrap_or(since));
    }

    pub(super) fn is(&self, link: &Rc<Link>) -> bool {
        Rc::ptr_eq(&self.link, link)
    }
}

impl Link {
    /// If the exchange is over: the connection for the next one, and the slot to be released.
    pub(super) fn take_free(self: &Rc<Self>) -> Option<(Free, Option<Slot>)> {
        if self.state.get() != State::Answered {
            return None;
        }
        // `hyper` is ready for the next request once the last one and its response are complete.
        let sender = self.sender.borrow_mut().take_if(|sender| sender.is_ready())?;
        self.state.set(State::Idle);
        self.idle_since.set(Instant::now());
        Some((Free { sender, link: Rc::clone(self) }, self.slot.take()))
    }

    /// Ends the connection if its exchange should be over by now.
    pub(super) fn cut_if_overdue(&self, now: Instant) {
        if self.state.get() != State::Idle && self.deadline.get() <= now {
            self.cut.set(true);
            if let Some(task) = self.task.borrow().as_ref() {
                task.wake_by_ref();
            }
        }
    }
}

/// The time that a `Keep-Alive: timeout=5` leaves for reuse, with a second to spare for what is
/// on its way.
fn announced<B>(response: &Response<B>) -> Option<Duration> {
    let header = response.headers().get(KEEP_ALIVE)?.to_str().ok()?;
    let seconds = header.split(',').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| value.trim().parse::<u64>().ok())?
    })?;
    Some(Duration::from_secs(seconds.saturating_sub(1)))
}

/// An open connection, counted out when this is dropped, in whichever way its task ends.
struct Open {
    pool: Rc<Pool>,
    link: Rc<Link>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.pool.remove(&self.link);
        drop(self.link.sender.take());
        drop(self.link.slot.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_may_announce_how_long_it_keeps_connections() {
        for (header, seconds) in [
            ("timeout=5", Some(4)),
            ("timeout=5, max=1000", Some(4)),
            ("max=1000, Timeout = 60", Some(59)),
            ("timeout=0", Some(0)),
            ("max=5", None),
            ("timeout=soon", None),
            ("", None),
        ] {
            let response = Response::builder().header(KEEP_ALIVE, header).body(()).unwrap();
            assert_eq!(announced(&response), seconds.map(Duration::from_secs), "{header}");
        }
    }
}
