//! Answers over HTTP what the last check came to. Knows how to bear with bad clients, and not how a check is made.
//!
//! A connection is for one request and ends soon, whatever its client does. When there are too many, the oldest is cut
//! off: who asks properly is answered long before that.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{self, AbortHandle, JoinSet};
use tokio::time;

use super::latest::Latest;
use crate::isolate;
use crate::output::openmetrics::Exposition;
use crate::output::{self, Style};

/// The longest that a connection lasts: for a request to arrive and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most connections at once.
const MOST: usize = 256;
/// Descriptors that connections leave to the checks, each of which begins with a process and its pipes.
const OTHERS: usize = 32;
/// The most of a request's head that is read, and how many headers.
const HEAD: usize = 8 << 10;
const HEADERS: usize = 64;
/// How long to wait where the kernel gives no connection, as when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Accepts connections and answers them, for ever.
pub(super) async fn serve(listener: TcpListener, latest: Arc<Latest>) {
    let most = isolate::descriptors().saturating_sub(OTHERS).clamp(1, MOST);
    let mut connections = JoinSet::new();
    let mut by_age: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        by_age.retain(|connection| !connection.is_finished());
        if accepted.is_err() || by_age.len() >= most {
            by_age.pop_front().inspect(AbortHandle::abort);
        }
        match accepted {
            Ok((stream, _)) => {
                by_age.push_back(connections.spawn(attend(stream, Arc::clone(&latest))));
                // Who has asked already is answered before the next one is let in.
                task::yield_now().await;
            }
            Err(_) => time::sleep(PAUSE).await,
        }
    }
}

/// One connection from beginning to end.
async fn attend(stream: TcpStream, latest: Arc<Latest>) {
    let service = service_fn(|request: hyper::Request<_>| {
        let answer = answer(request.method(), request.uri().path(), request.headers(), &latest);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    // What goes wrong is the client's business.
    let _ = time::timeout(PATIENCE, connection).await;
}

fn answer(method: &Method, path: &str, headers: &HeaderMap, latest: &Latest) -> Response<Full<Bytes>> {
    if ![Method::GET, Method::HEAD].contains(method) {
        let mut refusal = response(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            format!("{method} is not allowed; use GET or HEAD\n"),
        );
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    let Some(check) = latest.get() else {
        return response(StatusCode::SERVICE_UNAVAILABLE, TEXT, "no check has finished yet\n".to_owned());
    };
    let verdict = &check.verdict;
    match path {
        "/metrics" => {
            let exposition = exposition(headers);
            response(StatusCode::OK, exposition.media_type(), exposition.of(&check))
        }
        "/healthz" => {
            let status = if verdict.healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            response(status, TEXT, format!("{}\n", verdict.line))
        }
        "/report.json" => match &verdict.report {
            Some(report) => {
                let mut document = Vec::new();
                // Writing to a `Vec` cannot fail.
                let _ = output::JSON.render(report, Style::default(), &mut document);
                response(StatusCode::OK, JSON, document)
            }
            None => response(
                StatusCode::SERVICE_UNAVAILABLE,
                TEXT,
                format!("the last check has no report; {}\n", verdict.line),
            ),
        },
        _ => response(
            StatusCode::NOT_FOUND,
            TEXT,
            "not found; try /metrics, /healthz or /report.json\n".to_owned(),
        ),
    }
}

fn response(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What the client would rather have; text where it does not care.
fn exposition(headers: &HeaderMap) -> Exposition {
    let ranges =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
    let (mut openmetrics, mut text) = (0.0, 0.0);
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
        let wanted: &mut f32 = match name {
            "application/openmetrics-text" => &mut openmetrics,
            "text/plain" | "text/*" => &mut text,
            _ => continue,
        };
        *wanted = wanted.max(weight.unwrap_or(0.0));
    }
    if openmetrics > 0.0 && openmetrics >= text { Exposition::OpenMetrics } else { Exposition::Text }
}
