//! The server: what it answers, to whom, and how it ends.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use crate::command::{Run, folder, program};
use crate::needs;

/// A check that takes little and is healthy.
const QUICK: [&str; 4] = ["--backend", "rustcrypto", "--require", "ML-KEM-768"];
/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that ends with its test.
struct Server {
    process: Child,
    at: SocketAddr,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let at = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}"));
        let at = at.split('/').next().unwrap().parse().unwrap();
        Self { process, at, stderr }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Everything that comes back for these bytes.
    fn say(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // What was not read of a request resets the connection after the answer.
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
            _ => String::from_utf8(answer).unwrap(),
        }
    }

    /// Head and body.
    fn ask(&self, method: &str, path: &str, accept: &str) -> (String, String) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n");
        let answer = self.say(request.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
        (head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (String, String) {
        self.ask("GET", path, "*/*")
    }

    fn metric(&self, name: &str) -> String {
        let (_, metrics) = self.get("/metrics");
        let line =
            metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("no {name}: {metrics}")).rsplit(' ').next().unwrap().to_owned()
    }

    /// Waits until this holds.
    fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "never {what}: {:?}", self.get("/healthz"));
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, name: &str) {
        assert!(
            Command::new("kill")
                .args(["-s", name, &self.process.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Exit code and the rest of what was on stderr, and how long the end took.
    fn end(mut self, signal: &str) -> (Option<i32>, String, Duration) {
        let start = Instant::now();
        self.signal(signal);
        let code = self.process.wait().unwrap().code();
        let took = start.elapsed();
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).unwrap();
        (code, stderr, took)
    }

    /// A line of /proc/PID/status, as a number.
    fn status(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
    }

    /// The processes that the server is the parent of, with their states.
    fn children(&self) -> Vec<(u32, char)> {
        let numbers = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        numbers
            .filter_map(|pid: u32| {
                let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
                let state = fields.next()?.chars().next()?;
                (fields.next()? == self.process.id().to_string()).then_some((pid, state))
            })
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs promtool over a document, where it is here.
pub(crate) fn promtool(document: &str) {
    if !needs::program("promtool", "prometheus") {
        return;
    }
    let mut check = Command::new("promtool");
    check.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.spawn().unwrap();
    check.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success() && said.iter().all(String::is_empty), "{said:?}\n{document}");
}

#[test]
fn every_endpoint_answers() {
    let server = Server::start(&QUICK);
    let (head, body) = server.get("/healthz");
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(body.starts_with("healthy: ML-KEM-768 ") && body.lines().count() == 1, "{body}");
    let (head, body) = server.get("/report.json?pretty");
    assert!(head.contains("\r\ncontent-type: application/json"), "{head}");
    let report: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(report["schema"], "pqcheck.report/1");
    assert!(report["summary"]["pass"].as_u64().unwrap() > 0, "{report}");
    crate::reports::is_valid(&report);
    let (head, body) = server.get("/metrics");
    assert!(head.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(body.contains("\npqcheck_healthy 1\n"), "{body}");
    let (head, _) = server.get("/");
    assert!(head.starts_with("http/1.1 404 "), "{head}");
    // All that on one thread.
    assert_eq!(server.status("Threads"), 1);
}

#[test]
fn only_reading_is_served() {
    let server = Server::start(&QUICK);
    for path in ["/metrics", "/healthz", "/report.json", "/none"] {
        let (got, asked) = (server.get(path), server.ask("HEAD", path, "*/*"));
        assert_eq!(asked.1, "", "{path}");
        let without_date =
            |head: &str| head.lines().filter(|it| !it.starts_with("date:")).collect::<Vec<_>>().join("\n");
        let length =
            |head: &str| head.lines().find_map(|it| it.strip_prefix("content-length: ")).map(str::to_owned);
        // The duration of the check has as many digits as it has; no check comes between.
        assert_eq!(without_date(&got.0), without_date(&asked.0));
        assert_eq!(length(&asked.0), Some(got.1.len().to_string()));
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"] {
        let (head, body) = server.ask(method, if method == "CONNECT" { "a:1" } else { "/metrics" }, "*/*");
        assert!(
            head.starts_with("http/1.1 405 ") && head.contains("\r\nallow: get, head"),
            "{method}: {head}"
        );
        assert!(body.contains(method), "{body}");
    }
}

#[test]
fn promtool_and_prometheus_accept_the_metrics() {
    if !needs::program("promtool", "prometheus") {
        return;
    }
    let server = Server::start(&["--interval", "30s"]);
    promtool(&server.get("/metrics").1);
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                  text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let (head, metrics) = server.ask("GET", "/metrics", accept);
    assert!(
        head.contains("\r\ncontent-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    assert!(metrics.ends_with("\n# EOF\n"));
    // To fill a data base, Prometheus' own reader of OpenMetrics wants times, and refuses all that is not in order.
    let timed: String = metrics.lines().fold(String::new(), |mut text, line| {
        let time = if line.starts_with('#') { "" } else { " 1700000000" };
        writeln!(text, "{line}{time}").unwrap();
        text
    });
    let folder = folder("serve-openmetrics");
    let accepts = |name: &str, text: &str| {
        let (file, blocks) = (folder.join(name), folder.join(format!("{name}-blocks")));
        fs::write(&file, text).unwrap();
        let mut fill = Command::new("promtool");
        let filled =
            fill.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(file).arg(blocks).output().unwrap();
        filled.status.success()
    };
    assert!(accepts("whole", &timed));
    assert!(!accepts("cut", timed.trim_end_matches("# EOF\n")), "promtool accepts anything");
    let (head, _) = server.ask("GET", "/metrics", "text/plain, application/openmetrics-text;q=0.9");
    assert!(head.contains("text/plain"), "{head}");
    let (head, _) = server.ask("GET", "/metrics", "application/openmetrics-text;q=0");
    assert!(head.contains("text/plain"), "{head}");
}

#[test]
fn wrong_answers_are_unhealthy_here_too() {
    let server = Server::start(&["--backend", "broken:verify-accepts-all,rustcrypto"]);
    let (head, body) = server.get("/healthz");
    assert!(head.starts_with("http/1.1 503 "), "{head}");
    assert!(body.starts_with("unhealthy: broken:verify-accepts-all/wrapped ML-DSA-87 verify: "), "{body}");
    assert_eq!(server.metric("pqcheck_healthy"), "0");
    let up =
        |backend: &str, path: &str| format!("pqcheck_backend_up{{backend=\"{backend}\",path=\"{path}\"}}");
    assert_eq!(server.metric(&up("broken:verify-accepts-all", "wrapped")), "0");
    assert_eq!(server.metric(&up("rustcrypto", "auto")), "1");
    promtool(&server.get("/metrics").1);
}

#[test]
fn a_service_that_does_not_answer_any_more_is_unhealthy_and_then_healthy_again() {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = service.local_addr().unwrap();
    let address = format!("tcp:{at}");
    let server = Server::start(&[&QUICK[..], &["--interval", "100ms", "--answers", &address]].concat());
    assert_eq!(server.metric("pqcheck_healthy"), "1");
    drop(service);
    server.until("unhealthy", |server| server.metric("pqcheck_healthy") == "0");
    assert!(
        server.get("/healthz").1.starts_with(&format!(
            "unhealthy: no answer at {address}: connection refused; otherwise healthy: "
        ))
    );
    let _service = TcpListener::bind(at).unwrap();
    server.until("healthy again", |server| server.metric("pqcheck_healthy") == "1");
    let (code, stderr, _) = server.end("TERM");
    assert_eq!(code, Some(0), "{stderr}");
    let words: Vec<_> = stderr.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(words, ["healthy:", "unhealthy:", "healthy:"], "{stderr}");
}

#[test]
fn a_service_that_needs_a_moment_to_start_is_healthy_long_before_the_interval_is_over() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = reserved.local_addr().unwrap();
    drop(reserved);
    let server =
        Server::start(&[&QUICK[..], &["--interval", "3600s", "--answers", &format!("tcp:{at}")]].concat());
    assert_eq!(server.metric("pqcheck_healthy"), "0");
    let _service = TcpListener::bind(at).unwrap();
    server.until("healthy", |server| server.metric("pqcheck_healthy") == "1");
}

#[test]
fn a_check_that_dies_or_hangs_is_never_healthy() {
    let server =
        Server::start(&["--backend", "broken:endless-loop", "--deadline", "1s", "--interval", "100ms"]);
    assert_eq!(server.metric("pqcheck_healthy"), "0");
    // The process of the check, from outside.
    for (signal, words) in
        [("KILL", "killed by SIGKILL"), ("STOP", "no answer for 1s"), ("TERM", "killed by SIGTERM")]
    {
        server.until("a child that is signalled", |server| {
            let Some((child, _)) = server.children().first().copied() else { return false };
            let _ =
                Command::new("kill").args(["-s", signal, &child.to_string()]).stderr(Stdio::null()).status();
            server.get("/healthz").1.starts_with(&format!("unhealthy: the check did not finish: {words}"))
        });
        assert_eq!(server.metric("pqcheck_healthy"), "0");
        assert!(server.get("/report.json").0.starts_with("http/1.1 503 "));
        promtool(&server.get("/metrics").1);
    }
}

#[test]
fn no_process_is_left_over() {
    let server = Server::start(&[
        "--backend",
        "broken:sigsegv,rustcrypto",
        "--deadline",
        "10s",
        "--interval",
        "100ms",
    ]);
    let mut seen = std::collections::BTreeSet::new();
    server.until("20 checks", |server| {
        seen.insert(server.metric("pqcheck_check_duration_seconds"));
        seen.len() > 20
    });
    server.until("without zombies", |server| server.children().iter().all(|(_, state)| *state != 'Z'));
    assert!(server.children().len() <= 1, "{:?}", server.children());
    let children = server.children();
    let (code, stderr, _) = server.end("TERM");
    assert_eq!(code, Some(0), "{stderr}");
    for (child, _) in children {
        let gone = !fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|name| name == "pqcheck\n");
        assert!(gone, "{child} outlives the server");
    }
}

#[test]
fn signals_end_it_within_a_second() {
    for signal in ["TERM", "INT"] {
        // In the middle of a check that hangs, and of a request.
        let hanging = ["--backend", "broken:endless-loop", "--deadline", "5s"];
        let server = Server::start(&hanging);
        let mut client = server.connect();
        client.write_all(b"GET / HT").unwrap();
        thread::sleep(Duration::from_millis(300));
        let (code, stderr, took) = server.end(signal);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn what_no_client_should_send_is_borne() {
    let server = Server::start(&QUICK);
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    assert!(server.say(huge.as_bytes()).starts_with("HTTP/1.1 431 "));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1000));
    assert!(server.say(many.as_bytes()).starts_with("HTTP/1.1 431 "));
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(20_000));
    assert!(server.say(long.as_bytes()).starts_with("HTTP/1.1 4"));
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"G\nE\nT\n\n\n",
    ] {
        let answer = server.say(garbage);
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.is_empty(), "{answer}");
    }
    let body = b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc";
    assert!(server.say(body).starts_with("HTTP/1.1 405 "));
    // Who says half of it, and nothing more, is cut off.
    let start = Instant::now();
    assert_eq!(server.say(b"GET /metrics HTTP/1.1\r\nHost: x\r\n"), "");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(server.metric("pqcheck_healthy"), "1");
}

#[test]
fn slow_clients_do_not_keep_others_waiting() {
    let server = Server::start(&[&QUICK[..], &["--interval", "500ms"]].concat());
    let mut slow: Vec<TcpStream> = Vec::new();
    for number in 0..600 {
        let mut stream = server.connect();
        // Some say nothing, some half a request, some drip, and some never read.
        let request: &[u8] = match number % 4 {
            0 => b"",
            1 => b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: ",
            2 => b"\x16\x03\x01",
            _ => b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        };
        let sent: io::Result<()> = stream.write_all(request);
        assert!(sent.is_ok() || number > 0, "{sent:?}");
        slow.push(stream);
        if number % 100 == 99 {
            slow.iter_mut().skip(1).step_by(4).for_each(|stream| drop(stream.write_all(b"x")));
            let start = Instant::now();
            assert_eq!(server.metric("pqcheck_healthy"), "1");
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        }
    }
    // The older ones of them are gone.
    let open = fs::read_dir(format!("/proc/{}/fd", server.process.id())).unwrap().count();
    assert!(open < 300, "{open} descriptors");
    assert!(server.status("VmHWM") < 32 << 10, "{} KiB", server.status("VmHWM"));
}

#[test]
fn what_cannot_be_served_is_said_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let refused = |arguments: &[&str], words: &str| {
        let run: Run = program().arg("serve").args(arguments).output().unwrap().into();
        assert_eq!(run.code, 2, "{}", run.everything());
        assert!(run.stderr.contains(words) && run.stderr.lines().count() == 1, "{}", run.everything());
    };
    refused(&["--listen", &at], &format!("pqcheck: {at}: the port is in use; choose another with --listen"));
    refused(&["--listen", "192.0.2.1:9464"], "192.0.2.1:9464: this machine does not have this address");
    refused(
        &["--listen", "everywhere"],
        "'everywhere' for '--listen <ADDRESS>': not an address and port; write `0.0.0.0:9464`",
    );
    refused(&["--interval", "1ms"], "an interval is between `100ms` and `24h`");
    refused(&["--interval", "30"], "no unit; write `2s`");
    refused(&["--backend", "nobody"], "unknown backend `nobody`");
    refused(&["--answers", "db:5432"], "`db:5432` is not an address; write `tcp:127.0.0.1:5432`");
}

#[test]
fn the_variables_of_the_health_check_hold_here_too() {
    let run: Run = program()
        .env("PQCHECK_REQUIRE", "RSA")
        .env("PQCHECK_LISTEN", "x")
        .arg("serve")
        .output()
        .unwrap()
        .into();
    assert_eq!(run.code, 2, "{}", run.everything());
    assert!(
        run.stderr.contains("'RSA' for PQCHECK_REQUIRE") || run.stderr.contains("'x' for PQCHECK_LISTEN"),
        "{}",
        run.everything()
    );
}
