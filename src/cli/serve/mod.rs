//! `pqcheck serve`: makes the health check again and again, and says over HTTP what came of it.
//!
//! One thread does everything, because this process forks: each check is made in a child process of its own
//! (`checks.rs`), so that a crash or a hang of it is an answer, and the server (`http.rs`) answers meanwhile.

use std::future::{Future as _, poll_fn};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use super::exit::{self, Exit};
use super::quantity::time;
use super::{health, say, subjects};
use latest::Latest;

mod checks;
mod http;
mod latest;

/// How often a check may be made at most, and at least.
const INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(24 * 3600);
/// Connections that wait to be accepted; there are never many, because all are accepted.
const BACKLOG: u32 = 1024;

#[derive(clap::Args)]
#[command(after_help = exit::help("serve", "pqcheck serve --listen 0.0.0.0:9464 --interval 30s --installed"))]
pub(super) struct Args {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:9464", value_parser = listen, env = "PQCHECK_LISTEN")]
    listen: SocketAddr,
    /// Time between two checks
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = interval, env = "PQCHECK_INTERVAL")]
    interval: Duration,
    #[command(flatten)]
    looks: health::Looks,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    // What is misspelt is said now, and not as the verdict of every check.
    subjects::backends(&args.looks.backend, &subjects::FromImage::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .context("cannot create an event queue")?;
    let code = runtime.block_on(serve(args))?;
    Ok(code.into())
}

async fn serve(args: &Args) -> Result<Exit> {
    let listener = bind(args.listen)?;
    let [mut terminate, mut interrupt] = [
        signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?,
        signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?,
    ];
    let at = listener.local_addr().context("the socket has no address")?;
    say(&format!(
        "serving http://{at}/metrics, /healthz and /report.json; a check every {:?}",
        args.interval
    ));

    let latest = Arc::new(Latest::new(args.interval.max(args.looks.deadline)));
    let mut work = pin!(work(args.looks.clone(), args.interval, listener, latest));
    poll_fn(|context| {
        if terminate.poll_recv(context).is_ready() || interrupt.poll_recv(context).is_ready() {
            return Poll::Ready(Ok(Exit::Fine));
        }
        work.as_mut().poll(context).map(Err)
    })
    .await
}

/// Goes on for ever, or until something is wrong with the program itself.
async fn work(looks: health::Looks, interval: Duration, listener: TcpListener, latest: Arc<Latest>) -> Error {
    // Who connects before the first check is done waits for it.
    checks::make(&looks, &latest).await;
    let mut tasks = JoinSet::new();
    tasks.spawn(checks::keep_making(looks, interval, Arc::clone(&latest)));
    tasks.spawn(http::serve(listener, latest));
    match tasks.join_next().await {
        Some(Err(error)) => anyhow!("a part of the server stopped: {error}"),
        _ => anyhow!("a part of the server stopped"),
    }
}

fn bind(at: SocketAddr) -> Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let listening = socket.and_then(|socket| {
        // So that a successor need not wait until the last connections are forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(at)?;
        socket.listen(BACKLOG)
    });
    listening.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!("{at}: the port is in use; choose another with --listen"),
        ErrorKind::PermissionDenied => {
            anyhow!("{at}: no permission to listen on this port; choose 1024 or above with --listen")
        }
        ErrorKind::AddrNotAvailable => {
            anyhow!("{at}: this machine does not have this address; choose another with --listen")
        }
        _ => anyhow!("{at}: cannot listen: {error}"),
    })
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let port = text.strip_prefix(':').unwrap_or(text).parse().ok();
    match (port, text.strip_prefix("localhost:").map(str::parse)) {
        (Some(port), _) => Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        (_, Some(Ok(port))) => Ok((Ipv4Addr::LOCALHOST, port).into()),
        _ => text.parse().map_err(|_| {
            "not an address and port; write `0.0.0.0:9464`, `localhost:9464` or `:9464`".to_owned()
        }),
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = time(text)?;
    if INTERVALS.contains(&interval) {
        return Ok(interval);
    }
    Err("an interval is between `100ms` and `24h`".to_owned())
}
