//! Whether somebody answers at an address. Knows no name but `localhost`, and not who it is.
//!
//! Nothing is asked of a name server: a health check may not hang on one, and a static program has no resolver.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket, Type};

/// The most of an answer that is read: its first line is all that matters.
const HEAD: usize = 8 << 10;
/// More headers than any answer has.
const HEADERS: usize = 100;
/// What a socket is given at least; zero would mean forever.
const MOMENT: Duration = Duration::from_millis(1);

/// Where somebody should answer: `tcp:127.0.0.1:5432`, `unix:/run/x.sock`, `http://127.0.0.1:8000/healthz`.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    text: String,
    /// Tried in order: `localhost` is two.
    places: Vec<SockAddr>,
    /// What to ask for, where HTTP is spoken.
    request: Option<String>,
}

impl Address {
    /// Asks until `by` at the latest.
    ///
    /// # Errors
    /// If nobody answers, or not as they should; why, in a few words.
    pub fn ask(&self, by: Instant) -> Result<(), String> {
        let start = Instant::now();
        let mut failed = None;
        for place in &self.places {
            match self.ask_at(place, by) {
                Ok(()) => return Ok(()),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.map_or_else(String::new, |error| error.words(by.saturating_duration_since(start))))
    }

    fn ask_at(&self, place: &SockAddr, by: Instant) -> Result<(), Silence> {
        let mut socket = Socket::new(place.domain(), Type::STREAM, None)?;
        // The time for sending holds for connecting too, and for a Unix socket's full queue.
        socket.set_write_timeout(Some(left(by)))?;
        socket.connect(place)?;
        let Some(request) = &self.request else { return Ok(()) };
        socket.write_all(request.as_bytes())?;
        let code = status(&mut socket, by)?;
        if (200..300).contains(&code) { Ok(()) } else { Err(Silence::Status(code)) }
    }
}

/// The status of the answer that comes from `socket`.
fn status(socket: &mut Socket, by: Instant) -> Result<u16, Silence> {
    let mut head = Vec::with_capacity(512);
    let mut chunk = [0; 512];
    while head.len() < HEAD {
        socket.set_read_timeout(Some(left(by)))?;
        match socket.read(&mut chunk)? {
            0 if head.is_empty() => return Err(Silence::Closed),
            0 => return Err(Silence::Garbled("it ends too early".to_owned())),
            count => head.extend_from_slice(&chunk[..count]),
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(&head).map_err(|error| Silence::Garbled(error.to_string()))?;
        if let Some(code) = response.code {
            return Ok(code);
        }
        if Instant::now() >= by {
            return Err(Silence::Nothing(ErrorKind::TimedOut.into()));
        }
    }
    Err(Silence::Garbled("no first line".to_owned()))
}

fn left(by: Instant) -> Duration {
    by.saturating_duration_since(Instant::now()).max(MOMENT)
}

/// Why there was no answer.
enum Silence {
    Nothing(io::Error),
    Closed,
    Status(u16),
    Garbled(String),
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        Self::Nothing(error)
    }
}

impl Silence {
    fn words(&self, patience: Duration) -> String {
        match self {
            Self::Closed => "connection closed without an answer".to_owned(),
            Self::Status(code) => format!("HTTP status {code}, not 2xx"),
            Self::Garbled(what) => format!("not HTTP ({what})"),
            Self::Nothing(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => timed_out(patience),
                // What the time-out of a connection comes back as.
                _ if error.raw_os_error() == Some(libc::EINPROGRESS) => timed_out(patience),
                ErrorKind::NotFound => "no such socket".to_owned(),
                ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::PermissionDenied
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable => error.kind().to_string(),
                _ => error.to_string(),
            },
        }
    }
}

fn timed_out(patience: Duration) -> String {
    format!("timed out after {:.1} s", patience.as_secs_f64())
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// An address that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write `tcp:127.0.0.1:5432`, `unix:/run/x.sock` or `http://127.0.0.1:8000/healthz`")]
pub struct BadAddress(String);

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        // What is shown to people, and sent to servers, is plain.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadAddress(format!("`{}` has characters that no address has", text.escape_debug())));
        }
        let (places, request) = if let Some(path) = text.strip_prefix("unix:") {
            if !path.starts_with('/') {
                return Err(BadAddress(format!("`{path}` is not an absolute path")));
            }
            let place = SockAddr::unix(path).map_err(|_| BadAddress(format!("`{path}` is too long")))?;
            (vec![place], None)
        } else if let Some(at) = text.strip_prefix("tcp:") {
            (places(at)?, None)
        } else if let Some(rest) = text.strip_prefix("http://") {
            let (at, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let slash = if path.starts_with('/') { "" } else { "/" };
            let path = path.split('#').next().unwrap_or_default();
            let version = env!("CARGO_PKG_VERSION");
            let request = format!(
                "GET {slash}{path} HTTP/1.1\r\nHost: {at}\r\nUser-Agent: pqcheck/{version}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            );
            let has_port = at.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
            (places(&if has_port { at.to_owned() } else { format!("{at}:80") })?, Some(request))
        } else if text.starts_with("https://") {
            return Err(BadAddress(format!(
                "`{text}`: TLS is not supported; `tcp:` checks that the port is open"
            )));
        } else {
            return Err(BadAddress(format!("`{text}` is not an address")));
        };
        Ok(Self { text: text.to_owned(), places, request })
    }
}

/// The places that `at`, a host and a port, stands for.
fn places(at: &str) -> Result<Vec<SockAddr>, BadAddress> {
    let addresses: Vec<SocketAddr> = match at.strip_prefix("localhost:") {
        Some(port) => {
            let port = port.parse().map_err(|_| BadAddress(format!("`{port}` is not a port")))?;
            vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
        }
        None => {
            let no_address =
                || BadAddress(format!("`{at}` is not an IP address and port (names are not resolved)"));
            vec![at.parse().map_err(|_| no_address())?]
        }
    };
    if addresses.iter().any(|address| address.port() == 0) {
        return Err(BadAddress(format!("`{at}`: 0 is not a port")));
    }
    Ok(addresses.into_iter().map(SockAddr::from).collect())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use socket2::Domain;

    use super::*;

    fn ask(text: &str, patience: u64) -> Result<(), String> {
        text.parse::<Address>().unwrap().ask(Instant::now() + Duration::from_millis(patience))
    }

    /// A server that says `answer` to one client.
    fn server(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let count = client.read(&mut request).unwrap();
            assert!(request[..count].ends_with(b"\r\n\r\n"));
            client.write_all(answer).unwrap();
        });
        at
    }

    #[test]
    fn who_listens_answers() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        assert_eq!(ask(&format!("tcp:127.0.0.1:{port}"), 1000), Ok(()));
        assert_eq!(ask(&format!("tcp:localhost:{port}"), 1000), Ok(()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let name = format!("unix:{}", path.display());
        assert_eq!(ask(&name, 1000), Err("no such socket".to_owned()));
        let unix = UnixListener::bind(&path).unwrap();
        assert_eq!(ask(&name, 1000), Ok(()));
        drop(unix);
        assert_eq!(ask(&name, 1000), Err("connection refused".to_owned()));
        drop(tcp);
        assert_eq!(ask(&format!("tcp:127.0.0.1:{port}"), 1000), Err("connection refused".to_owned()));
    }

    #[test]
    fn http_must_say_that_it_is_well() {
        for (answer, expected) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], Ok(())),
            (b"HTTP/1.0 204 No Content\r\n", Ok(())),
            (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Err("HTTP status 503, not 2xx")),
            (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", Err("HTTP status 302, not 2xx")),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Err("not HTTP (invalid HTTP version)")),
            (b"HTTP/1.1 2", Err("not HTTP (it ends too early)")),
            (b"", Err("connection closed without an answer")),
        ] {
            let said = ask(&format!("http://{}/healthz", server(answer)), 5000);
            assert_eq!(said, expected.map_err(str::to_owned), "{}", answer.escape_ascii());
        }
    }

    #[test]
    fn who_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let start = Instant::now();
        let said = ask(&format!("http://{}", listener.local_addr().unwrap()), 200);
        assert_eq!(said, Err("timed out after 0.2 s".to_owned()));
        // A Unix socket whose queue is full keeps its callers waiting.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let unix = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        unix.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        unix.listen(0).unwrap();
        let name = format!("unix:{}", path.display());
        assert_eq!(ask(&name, 200), Ok(()));
        assert_eq!(ask(&name, 200), Err("timed out after 0.2 s".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn who_drips_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            for byte in b"HTTP/1.1                                                   200" {
                std::thread::sleep(Duration::from_millis(50));
                let _ = client.write_all(&[*byte]);
            }
        });
        let start = Instant::now();
        assert!(ask(&format!("http://{at}/"), 300).is_err());
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_hint() {
        for text in [
            "",
            "127.0.0.1:80",
            "tcp:80",
            "tcp:db:5432",
            "tcp:127.0.0.1",
            "tcp:127.0.0.1:0",
            "tcp:127.0.0.1:99999",
            "tcp:localhost:",
            "unix:run/x",
            "https://127.0.0.1/",
            "http://example.org/",
            "http://127.0.0.1/a b",
            "http://127.0.0.1/\r\nX: y",
            "http://",
            "udp:127.0.0.1:53",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("; write `tcp:"), "{error}");
        }
        assert!(format!("unix:/{}", "x".repeat(200)).parse::<Address>().is_err());
        for (text, request) in [
            ("http://127.0.0.1", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
            ("http://[::1]:8000?a=b", "GET /?a=b HTTP/1.1\r\nHost: [::1]:8000\r\n"),
            ("http://localhost:8000/x#y", "GET /x HTTP/1.1\r\nHost: localhost:8000\r\n"),
        ] {
            let address: Address = text.parse().unwrap();
            assert!(address.request.as_ref().unwrap().starts_with(request), "{address:?}");
            assert_eq!(address.to_string(), text);
        }
    }
}
