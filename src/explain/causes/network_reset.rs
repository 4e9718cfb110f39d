//! A connection broke, timed out or was refused.

use crate::explain::cause::{Cause, always, likely, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "network-reset",
        finds: "A download failed: the connection was reset, closed early or refused, or it timed out.",
        why: "The name resolved, so DNS works. The path to the server does not, or not for long enough: a \
              proxy, a firewall, an MTU that is too large, an overloaded mirror, or chance.",
        fix: &[
            "Retry; if that helps, let the tool retry: pip --retries 5, curl --retry 5 --retry-all-errors, apt -o Acquire::Retries=3, npm fetch-retries, CARGO_NET_RETRY=10.",
            "Behind a proxy, pass it to the build: --build-arg HTTP_PROXY=… HTTPS_PROXY=… NO_PROXY=….",
            "Keep downloads between builds (RUN --mount=type=cache), or use a mirror nearby.",
            "If large transfers stop in a VPN or cloud network, lower the MTU of Docker's network ({\"mtu\": 1400} in daemon.json).",
        ],
    },
    signs: &[
        likely("Connection reset by peer", r"(?:(?:https?://|to |host |from )(?<name>[\w.-]+\.\w+))?.*connection reset by peer").unless(&["read init-p"]).echoed(),
        likely("ECONNRESET", "").unless(&["(node:"]),
        likely("ECONNREFUSED", r"ECONNREFUSED (?<name>[\w.:\[\]-]+)"),
        likely("ETIMEDOUT|ESOCKETTIMEDOUT|ERR_SOCKET_TIMEOUT|socket hang up|network aborted", ""),
        likely("npm error network|npm ERR! network", r"network (?:request to (?<name>\S+) failed|read|timeout)"),
        likely("timed out", r"(?:(?:https?://|to |host=')(?<name>[\w.-]+\.\w+))?.*(?:connection|read|operation|connect\w*|request|TLS handshake|fetch|download|pull|dial)\w* (?:has )?timed out").echoed(),
        likely("ReadTimeoutError", r"host='(?<name>[^']+)'"),
        likely("ConnectTimeoutError", r"(?:host='(?<name>[^']+)')?"),
        likely("i/o timeout", r"(?:(?:https?://|lookup |tcp )(?<name>[\w.-]+))?.*i/o timeout").unless(&["lookup"]).echoed(),
        likely("TLS handshake timeout|Client.Timeout exceeded", r"(?:https?://(?<name>[\w.-]+))?").echoed(),
        likely("context deadline exceeded", r"(?:https?://|dial tcp|failed to (?:do request|fetch|copy|pull|resolve)|DeadlineExceeded)").echoed(),
        likely("unexpected EOF", r"(?:https?://(?<name>[\w.-]+)|fetch|download|pull|copy|read|httpReadSeeker|registry).*unexpected EOF").echoed(),
        likely(": EOF", r"(?:Get|Head|Post) \x22?https?://(?<name>[\w.-]+)\S*:? EOF").echoed(),
        likely("curl: (", r"curl: \((?:7|16|18|28|35|52|55|56|92|95)\) "),
        likely("Couldn't connect to server|Transferred a partial file|Timeout was reached|SSL connect error|Failure when receiving|Server returned nothing|Stream error", r"\[?(?:7|18|28|35|52|55|56|92)\]? (?:Couldn't connect to server|Transferred a partial file|Timeout was reached|SSL connect error|Failure when receiving data|Server returned nothing|Stream error)"),
        likely("RPC failed", r"RPC failed; (?:curl|HTTP)"),
        likely("early EOF|unexpected disconnect while reading sideband|remote end hung up unexpectedly", ""),
        likely("Failed to connect to", r"Failed to connect to (?<name>[\w.-]+)"),
        likely("Could not connect to", r"Could not connect to (?<name>[\w.-]+)").unless(&["database", "display"]),
        likely("Connection timed out", ""),
        likely("Connection failed", r"(?:Err:|Failed to fetch|Cannot initiate the connection to (?<name>\S+)).*Connection failed"),
        likely("Cannot initiate the connection to", r"connection to (?<name>[\w.-]+)"),
        likely("Network is unreachable|Network unreachable|No route to host", ""),
        likely("connection refused", r"(?:https?://|dial tcp|proxyconnect|connect to|host=').*connection refused").echoed(),
        likely("IncompleteRead", ""),
        likely("Connection broken", r"Connection broken|connection broken by '(?:ProtocolError|ConnectTimeoutError|ReadTimeoutError|ProxyError|RemoteDisconnected|ConnectionResetError)"),
        likely("Connection aborted|RemoteDisconnected", ""),
        likely("Max retries exceeded with url", r"host='(?<name>[^']+)'.*Caused by (?:NewConnectionError|ProxyError|ConnectTimeout|ReadTimeout|ResponseError)"),
        likely("IncompleteMessage|connection closed before message completed", ""),
        likely("error sending request for url", r"for url \((?:https?://(?<name>[\w.-]+))"),
        likely("Error reading from server", ""),
        likely("Connection closed by", r"(?:fatal|error|Err|kex_exchange).*Connection closed by"),
        likely("http2: |stream error", r"(?:http2: (?:server sent GOAWAY|client connection lost|timeout awaiting)|stream error: stream ID)").echoed(),
        likely("was not closed cleanly", r"HTTP/2 stream \d+ was not closed cleanly"),
        likely("transfer closed with", ""),
        likely("Unable to connect to", r"(?:E:|W:|Err).*Unable to connect to (?<name>[\w.:-]+)"),
        likely("network connection was aborted|Operation timed out|connection timed out", ""),
        likely("Service Unavailable", r"(?:Err:|E: Failed|ERROR|error|status code|HTTP).*50[234]\s.*"),
        likely("Bad Gateway", r"(?:Err:|E: Failed|ERROR|error|status code|status:|HTTP).*502"),
        likely("Gateway Time", r"(?:Err:|E: Failed|ERROR|error|status code|status:|HTTP).*504"),
        trace("proxyconnect tcp", "").echoed(),
        trace("Retrying (Retry(", r"after connection broken by"),
    ],
    brings: &[
        "pip-conflict", "pip-build-failed", "apt-package-missing", "apt-stale-index", "base-image-missing", "compiler-missing", "python-module-missing",
        "stage-missing", "liboqs-library-missing", "liboqs-version-mismatch", "copy-source-missing",
    ],
    counts: always,
    words: |found| {
        let from = found.quoted("name", "the server");
        if found.says(&["refused", "econnrefused", "failed to connect", "could not connect", "unreachable", "no route"]) {
            found.because(format!("No connection to {from}: nothing answers there, or a firewall or a missing proxy setting is in the way.")).best(1)
        } else if found.says(&["timed out", "timeout", "etimedout", "deadline"]) {
            found.because(format!("No answer from {from} in time: the network to it is blocked, slow or overloaded."))
        } else if found.says(&["502", "503", "504"]) {
            found.because(format!("An HTTP error from {from}: it is overloaded or down for now."))
        } else {
            found.because(format!("The connection to {from} broke during the transfer."))
        }
    },
};
