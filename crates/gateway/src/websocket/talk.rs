//! The frames of one connection: reads messages, writes what waits for the client, keeps time, and
//! ends. One task, which holds no more memory than its bounds say.
//!
//! Messages are handed on as they come and may be under way side by side; their answers are sent as
//! they come (API Gateway developer guide, "Important differences between WebSocket APIs and REST
//! APIs": not necessarily in the order of the messages).

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use base::Clock;
use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{Sink, Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::boundary::Bounded;
use super::connections::Connection;
use super::endings::{ABNORMAL, AWAY, DELETED, Ended, NO_CODE, fault};
use super::limits::{
    CLOSE_BYTES, CLOSE_TIME, FRAME_BYTES, MESSAGE_BYTES, MOST_WRITE_BYTES, READ_BYTES, Times, UNDER_WAY,
    WRITE_BYTES,
};
use super::outbox::Next;
use super::sending::Sending;

/// A message that is under way: what it comes to is sent to the client.
pub(super) type UnderWay = Pin<Box<dyn Future<Output = Option<Bytes>>>>;

/// Speaks with one client until the connection ends. `take` gets its messages. Answers how it ended,
/// and the messages that are still under way: they go on, but their answers reach nobody.
pub(super) async fn talk<S>(
    stream: S,
    mut leave: impl FnMut(&mut Context<'_>) -> Poll<()>,
    connection: &Connection,
    (times, clock): (Times, &Clock),
    mut take: impl FnMut(Bytes) -> UnderWay,
) -> (Ended, FuturesUnordered<UnderWay>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let socket = framed(Bounded::new(stream)).await;
    let now = Instant::now();
    let mut talk = Talk {
        socket,
        connection,
        clock,
        times,
        opened: now,
        last_frame: now,
        last_ping: now,
        blocked_since: None,
        timer: Box::pin(sleep_until(now)),
        under_way: FuturesUnordered::new(),
        answers: VecDeque::new(),
        sending: None,
        unflushed: false,
        ended: None,
        closing: None,
        grown: false,
    };
    talk.keep_time(now);
    let ended = loop {
        match poll_fn(|cx| talk.poll(cx, &mut leave, &mut take)).await {
            Step::Ended(ended) => break ended,
            Step::Quiet => {
                let stream = talk.socket.into_inner();
                talk.socket = framed(stream).await;
                talk.grown = false;
            }
        }
    };
    let Talk { mut socket, under_way, .. } = talk;
    // TLS has an end of its own.
    let _ = timeout(CLOSE_TIME, socket.get_mut().shutdown()).await;
    (ended, under_way)
}

/// Frames on a stream between whose messages nothing is held.
async fn framed<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocketStream<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .max_write_buffer_size(MOST_WRITE_BYTES)
        .max_frame_size(Some(FRAME_BYTES))
        .max_message_size(Some(MESSAGE_BYTES));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}

/// Why the task looks up from its frames.
enum Step {
    /// The connection has ended.
    Ended(Ended),
    /// Nothing is to be done, and large messages have made the buffers grow: they can be given back.
    Quiet,
}

struct Talk<'a, S> {
    socket: WebSocketStream<Bounded<S>>,
    connection: &'a Connection,
    clock: &'a Clock,
    times: Times,
    opened: Instant,
    last_frame: Instant,
    last_ping: Instant,
    /// Since when the client takes nothing.
    blocked_since: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    under_way: FuturesUnordered<UnderWay>,
    /// What messages came to. There are never more than there may be messages under way.
    answers: VecDeque<Bytes>,
    sending: Option<Sending>,
    unflushed: bool,
    /// What the first close frame said.
    ended: Option<Ended>,
    /// A close frame has been sent or received.
    closing: Option<Closing>,
    /// Whether a message has made the buffers grow.
    grown: bool,
}

struct Closing {
    until: Instant,
    /// The client broke the protocol: what else it sends is thrown away unread, at most so much.
    deaf: Option<usize>,
    /// Nothing more is sent.
    hung_up: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        leave: &mut impl FnMut(&mut Context<'_>) -> Poll<()>,
        take: &mut impl FnMut(Bytes) -> UnderWay,
    ) -> Poll<Step> {
        if self.closing.is_none() && leave(cx).is_ready() {
            self.close(AWAY);
        }
        loop {
            if self.poll_write(cx).is_err() {
                return Poll::Ready(Step::Ended(self.end(ABNORMAL)));
            }
            if let Poll::Ready(ended) = self.poll_read(cx, take) {
                return Poll::Ready(Step::Ended(ended));
            }
            let mut answered = false;
            while let Poll::Ready(Some(answer)) = self.under_way.poll_next_unpin(cx) {
                answered = true;
                self.answers.extend(answer);
            }
            if self.timer.as_mut().poll(cx).is_ready() {
                if let Poll::Ready(ended) = self.time_is_over() {
                    return Poll::Ready(Step::Ended(ended));
                }
                continue;
            }
            // An answer may have made room for a message that was not read, and is to be sent itself.
            if !answered {
                return if self.grown && self.is_quiet() { Poll::Ready(Step::Quiet) } else { Poll::Pending };
            }
        }
    }

    /// Whether nothing is held that is not a whole message, in either direction.
    fn is_quiet(&self) -> bool {
        self.closing.is_none()
            && self.sending.is_none()
            && !self.unflushed
            && self.under_way.is_empty()
            && self.socket.get_ref().is_between_messages()
    }

    /// Writes what there is and what the client takes.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        loop {
            if self.sending.is_none() && self.closing.is_none() && self.ended.is_none() {
                if let Some(answer) = self.answers.pop_front() {
                    self.sending = Some(Sending::new(answer));
                } else {
                    match self.connection.outbox.poll_next(cx) {
                        Poll::Ready(Next::Message(message)) => self.sending = Some(Sending::new(message)),
                        Poll::Ready(Next::Close) => self.close(DELETED),
                        Poll::Pending => {}
                    }
                }
            }
            let socket = Pin::new(&mut self.socket);
            let Some(sending) = &mut self.sending else {
                if self.unflushed {
                    match socket.poll_flush(cx) {
                        Poll::Pending => self.is_blocked(),
                        Poll::Ready(flushed) => {
                            flushed?;
                            self.unflushed = false;
                            self.blocked_since = None;
                        }
                    }
                }
                self.poll_hang_up(cx);
                return Ok(());
            };
            match socket.poll_ready(cx) {
                Poll::Pending => {
                    self.is_blocked();
                    return Ok(());
                }
                Poll::Ready(ready) => ready?,
            }
            let (frame, last) = sending.next_frame();
            self.grown |= frame.payload().len() > READ_BYTES;
            if last {
                self.sending = None;
            }
            self.blocked_since = None;
            self.unflushed = true;
            Pin::new(&mut self.socket).start_send(Message::Frame(frame))?;
            self.is_active();
        }
    }

    /// A client that broke the protocol is waited for no longer than it takes to tell it so: the
    /// server ends the connection first (RFC 6455, section 7.1.1).
    fn poll_hang_up(&mut self, cx: &mut Context<'_>) {
        let Some(closing) = &mut self.closing else { return };
        if closing.deaf.is_some() && !closing.hung_up && !self.unflushed {
            // What comes of it does not matter: reading shows whether there is still somebody.
            closing.hung_up = Pin::new(self.socket.get_mut()).poll_shutdown(cx).is_ready();
        }
    }

    /// Reads what the client sends, as far as there is room for it.
    fn poll_read(&mut self, cx: &mut Context<'_>, take: &mut impl FnMut(Bytes) -> UnderWay) -> Poll<Ended> {
        if self.closing.as_ref().is_some_and(|closing| closing.deaf.is_some()) {
            ready!(self.poll_discard(cx));
            return Poll::Ready(self.end(ABNORMAL));
        }
        while self.closing.is_some() || self.under_way.len() + self.answers.len() < UNDER_WAY {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                None => return Poll::Ready(self.end(ABNORMAL)),
                Some(Ok(message)) => {
                    self.is_active();
                    self.take(message, take);
                }
                Some(Err(error)) => match fault(&error) {
                    Some(said) if self.closing.is_none() => {
                        self.close(said);
                        if let Some(closing) = &mut self.closing {
                            closing.deaf = Some(0);
                        }
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    _ => return Poll::Ready(self.end(ABNORMAL)),
                },
            }
        }
        Poll::Pending
    }

    fn take(&mut self, message: Message, take: &mut impl FnMut(Bytes) -> UnderWay) {
        match message {
            Message::Text(text) if self.closing.is_none() => {
                self.grown |= text.len() > READ_BYTES;
                self.under_way.push(take(Bytes::from(text)));
            }
            Message::Binary(_) if self.closing.is_none() => {
                self.close((1003, "Binary payloads are not supported"));
            }
            Message::Close(frame) => {
                self.ended.get_or_insert_with(|| match frame {
                    Some(CloseFrame { code, reason }) => {
                        Ended { code: code.into(), reason: reason.as_str().into() }
                    }
                    None => NO_CODE.into(),
                });
                if self.closing.is_none() {
                    // The frame that answers it goes out by itself; nothing else does.
                    self.begin_to_close();
                }
            }
            // It is answered already; the answer has to go out.
            Message::Ping(_) => self.unflushed = true,
            Message::Text(_) | Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }

    /// Throws away what a client still sends: a socket that is closed with bytes unread resets, and the
    /// client would not see why it was closed.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 1024];
        loop {
            let mut read = ReadBuf::new(&mut bytes);
            let polled = Pin::new(self.socket.get_mut()).poll_read(cx, &mut read);
            let count = read.filled().len();
            let discarded = self.closing.as_mut().and_then(|closing| closing.deaf.as_mut());
            match (ready!(polled), discarded) {
                (Ok(()), Some(discarded)) if count > 0 && *discarded < CLOSE_BYTES => *discarded += count,
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Sends a close frame, if none has been sent or received.
    fn close(&mut self, (code, reason): (u16, &'static str)) {
        if self.closing.is_some() || self.ended.is_some() {
            return;
        }
        self.begin_to_close();
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
        // An error shows at the next flush.
        let _ = Pin::new(&mut self.socket).start_send(Message::Close(Some(frame)));
        self.unflushed = true;
        self.ended = Some((code, reason).into());
    }

    /// What is not sent yet is given up, and whoever has something for the client is told so from now on.
    fn begin_to_close(&mut self) {
        self.connection.outbox.end();
        self.sending = None;
        let now = Instant::now();
        self.closing = Some(Closing { until: now + CLOSE_TIME, deaf: None, hung_up: false });
        self.keep_time(now);
    }

    fn end(&mut self, otherwise: (u16, &'static str)) -> Ended {
        self.ended.take().unwrap_or_else(|| otherwise.into())
    }

    fn is_active(&mut self) {
        self.last_frame = Instant::now();
        self.connection.is_active(self.clock.now());
    }

    fn is_blocked(&mut self) {
        if self.blocked_since.is_none() {
            let now = Instant::now();
            self.blocked_since = Some(now);
            self.keep_time(now);
        }
    }

    /// Something may be due: closes, ends or pings, and sets the clock anew.
    fn time_is_over(&mut self) -> Poll<Ended> {
        let now = Instant::now();
        let over = |since: Instant, limit: Duration| now.saturating_duration_since(since) >= limit;
        if self.closing.as_ref().is_some_and(|closing| now >= closing.until)
            || self.blocked_since.is_some_and(|since| over(since, self.times.stall))
        {
            return Poll::Ready(self.end(ABNORMAL));
        }
        if over(self.opened, self.times.lifetime) || over(self.last_frame, self.times.idle) {
            self.close(AWAY);
        }
        if let Some(every) = self.times.ping
            && self.closing.is_none()
            && self.blocked_since.is_none()
            && over(self.last_ping, every)
        {
            self.last_ping = now;
            // Between the frames of a message there may be others that control.
            let _ = Pin::new(&mut self.socket).start_send(Message::Ping(Bytes::new()));
            self.unflushed = true;
        }
        self.keep_time(now);
        Poll::Pending
    }

    /// Sets the clock to what is due next.
    fn keep_time(&mut self, now: Instant) {
        let Times { idle, lifetime, ping, stall } = self.times;
        let mut next = (self.opened + lifetime).min(self.last_frame + idle);
        if let Some(closing) = &self.closing {
            next = closing.until;
        } else if let Some(every) = ping {
            next = next.min(self.last_ping + every);
        }
        if let Some(since) = self.blocked_since {
            next = next.min(since + stall);
        }
        // Never in a circle without a pause.
        let next = next.max(now + Duration::from_millis(1));
        self.timer.as_mut().reset(next);
    }
}

#[cfg(test)]
mod tests;
