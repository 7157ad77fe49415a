//! What a process can ask of the Runtime API: the paths, and bodies within their limit.

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{mpsc, oneshot};

use super::answers::{self, Answer};
use super::streams::{self, ERROR_TYPE, FunctionFailed, Place, StreamOutcome};
use crate::limits::{MAXIMUM_DISCARDED_BYTES, MAXIMUM_RESULT_BYTES};

/// One call, to be answered by whoever keeps the process.
#[derive(Debug)]
pub(crate) enum Call {
    /// `GET /runtime/invocation/next`.
    Next(oneshot::Sender<Answer>),
    /// A response is about to be streamed: where do its parts go? What it comes to is reported.
    Stream { request_id: String, content_type: Option<HeaderValue>, place: oneshot::Sender<Place> },
    /// One of the posts.
    Report { report: Report, answer: oneshot::Sender<Answer> },
}

/// What a process says of its work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// `POST /runtime/invocation/{id}/response`.
    Response { request_id: String, body: Posted },
    /// The same, streamed to its end.
    Streamed { request_id: String, outcome: StreamOutcome },
    /// `POST /runtime/invocation/{id}/error`.
    Error { request_id: String, error_type: Option<String>, body: Posted },
    /// `POST /runtime/init/error`.
    InitError { error_type: Option<String>, body: Posted },
}

/// What was posted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Posted {
    Whole(Bytes),
    TooLarge,
}

enum Target {
    Next,
    Response(String),
    Error(String),
    InitError,
}

/// Reads the request, hands it over and gives back what the keeper of the process answers.
/// An error closes the connection.
pub(super) async fn answer(
    request: Request<Incoming>,
    calls: mpsc::UnboundedSender<Call>,
) -> Result<Answer, hyper::Error> {
    let Some(target) = target(request.method(), request.uri().path()) else {
        return Ok(answers::not_found());
    };
    let (head, body) = request.into_parts();
    let (answer, answered) = oneshot::channel();
    let error_type = error_type(&head.headers);
    let report = match target {
        Target::Next => None,
        Target::Response(request_id) if streams::is_stream(&head.headers) => {
            match streamed(request_id, &head.headers, body, &calls).await? {
                Ok(report) => Some(report),
                Err(refused) => return Ok(refused),
            }
        }
        Target::Response(request_id) => Some(Report::Response { request_id, body: whole(body).await?.0 }),
        Target::Error(request_id) => {
            Some(Report::Error { request_id, error_type, body: whole(body).await?.0 })
        }
        Target::InitError => Some(Report::InitError { error_type, body: whole(body).await?.0 }),
    };
    let call = match report {
        None => Call::Next(answer),
        Some(report) => Call::Report { report, answer },
    };
    if calls.send(call).is_err() {
        return Ok(answers::ending());
    }
    Ok(answered.await.unwrap_or_else(|_| answers::ending()))
}

/// Brings a streamed response to where it belongs; answers what is to be reported of it, or how it
/// is refused.
async fn streamed(
    request_id: String,
    headers: &HeaderMap,
    mut body: Incoming,
    calls: &mpsc::UnboundedSender<Call>,
) -> Result<Result<Report, Answer>, hyper::Error> {
    let (place, placed) = oneshot::channel();
    let content_type = headers.get(CONTENT_TYPE).cloned();
    if calls.send(Call::Stream { request_id: request_id.clone(), content_type, place }).is_err() {
        return Ok(Err(answers::ending()));
    }
    Ok(match placed.await {
        Ok(Place::Parts(parts)) => {
            Ok(Report::Streamed { request_id, outcome: streams::hand_on(&mut body, parts).await })
        }
        Ok(Place::Whole) => {
            let (body, trailers) = whole(body).await?;
            Ok(match streams::failure(&trailers) {
                Some(FunctionFailed { error_type, payload }) => {
                    Report::Error { request_id, error_type, body: Posted::Whole(payload) }
                }
                None => Report::Response { request_id, body },
            })
        }
        Ok(Place::Nowhere) => {
            streams::discard(&mut body).await;
            Err(answers::invalid_request_id())
        }
        Err(_) => Err(answers::ending()),
    })
}

fn target(method: &Method, path: &str) -> Option<Target> {
    let rest = path.strip_prefix("/2018-06-01/runtime/")?;
    if *method == Method::GET {
        return (rest == "invocation/next").then_some(Target::Next);
    }
    if *method != Method::POST {
        return None;
    }
    if rest == "init/error" {
        return Some(Target::InitError);
    }
    let (request_id, what) = rest.strip_prefix("invocation/")?.split_once('/')?;
    match what {
        "response" => Some(Target::Response(request_id.to_owned())),
        "error" => Some(Target::Error(request_id.to_owned())),
        _ => None,
    }
}

fn error_type(headers: &HeaderMap) -> Option<String> {
    headers.get(ERROR_TYPE)?.to_str().ok().map(str::to_owned)
}

/// The body up to Lambda's limit. What comes behind the limit is read and thrown away up to
/// another, so that the process can read its answer. With the body's trailers.
async fn whole(mut body: Incoming) -> Result<(Posted, HeaderMap), hyper::Error> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    let mut size = 0_usize;
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        let data = match frame?.into_data() {
            Ok(data) => data,
            Err(frame) => {
                trailers = frame.into_trailers().unwrap_or_default();
                continue;
            }
        };
        size = size.saturating_add(data.len());
        if size > MAXIMUM_DISCARDED_BYTES {
            break;
        }
        if size > MAXIMUM_RESULT_BYTES {
            (first, all) = (None, BytesMut::new());
            continue;
        }
        // Most bodies come in one piece, which is then taken as it is.
        match (first.take(), all.is_empty()) {
            (None, true) => first = Some(data),
            (Some(start), _) => {
                all.reserve(announced.min(MAXIMUM_RESULT_BYTES).max(size));
                all.extend_from_slice(&start);
                all.extend_from_slice(&data);
            }
            (None, false) => all.extend_from_slice(&data),
        }
    }
    if size > MAXIMUM_RESULT_BYTES {
        return Ok((Posted::TooLarge, trailers));
    }
    Ok((Posted::Whole(first.unwrap_or_else(|| all.freeze())), trailers))
}
