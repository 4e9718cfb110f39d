//! A host name could not be resolved.

use crate::explain::cause::{Cause, always, likely};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "dns-failure",
        finds: "A server's name did not resolve to an address.",
        why: "Without DNS nothing can be fetched, and tools complain in their own ways: packages are `not \
              found`, versions are `none`, images do `not exist`.",
        fix: &[
            "Check whether containers resolve names at all: docker run --rm busybox nslookup example.com. If not, set servers in /etc/docker/daemon.json ({\"dns\": [\"ADDRESS\"]}) and restart the engine.",
            "After a change of network or VPN, restart the engine: it keeps the host's old resolv.conf. Containers cannot reach 127.0.0.53.",
            "For one build: docker build --network=host; behind a proxy: --build-arg HTTPS_PROXY=….",
            "If only this host fails, check its spelling.",
        ],
    },
    signs: &[
        likely("Temporary failure resolving", r"Temporary failure resolving '(?<name>[^']+)'"),
        likely("Temporary failure in name resolution", r"(?:(?:host='|://|unable to access '|lookup |hostname |host )(?:https?://)?(?<name>[\w-]+(?:\.[\w-]+)+))?.*Temporary failure in name resolution"),
        likely("Could not resolve", r"Could not resolve (?:(?:host|proxy|hostname)(?: name)?:? ?'?|')(?<name>[\w-]+(?:\.[\w-]+)*)"),
        likely("Couldn't resolve host", r"Couldn't resolve host(?: name)?:?(?: for \S+?//(?<name>[\w.-]+))?"),
        likely("Name or service not known", r"(?:(?:host='|://|address |hostname |host |lookup )'?(?<name>[\w-]+(?:\.[\w-]+)+))?.*Name or service not known"),
        likely("Name does not resolve", r"(?:(?:host='|://|for )(?<name>[\w-]+(?:\.[\w-]+)+))?.*Name does not resolve"),
        likely("nodename nor servname", ""),
        likely("no such host", r"(?:lookup (?<name>[\w.-]+))?.*no such host").echoed(),
        likely("lookup ", r"(?:dial tcp: )lookup (?<name>[\w.-]+)(?: on \S+)?:.*(?:i/o timeout|server misbehaving|Temporary failure|connection refused|no such host|no answer|Try again|network is unreachable)").echoed(),
        likely("getaddrinfo", r"getaddrinfo(?: failed|\(\)|:)? ?(?:EAI_AGAIN|ENOTFOUND|EAI_NONAME|thread failed)?:? ?(?<name>[\w-]+(?:\.[\w-]+)+)?"),
        likely("EAI_AGAIN", r"EAI_AGAIN(?: (?<name>[\w-]+(?:\.[\w-]+)+))?"),
        likely("ENOTFOUND", r"\bENOTFOUND\b(?: (?<name>[\w-]+(?:\.[\w-]+)+))?"),
        likely("NameResolutionError", r"(?:Failed to resolve '(?<name>[^']+)')?"),
        likely("failed to lookup address information", ""),
        likely("dns error", r"dns error"),
        likely("bad address '", r"bad address '(?<name>[^']+)'"),
        likely("bad address", r"wget: bad address .(?<name>[\w.-]+)"),
        likely("temporary error (try again later)", r"(?:https?://(?<name>[\w.-]+))?.*temporary error \(try again later\)"),
        likely("DNS: |DNS transient|DNS lookup|DNS name|DNS resolution", r"DNS(?:: | )(?:transient error|lookup error|name does not exist|resolution failed|lookup failed)"),
        likely("unable to resolve host", r"unable to resolve host(?: address)? '?(?<name>[\w.-]+)").unless(&["sudo: unable"]),
        likely("UnknownHostException", r"UnknownHostException: (?<name>[\w.-]+)"),
        likely("Hostname not found", ""),
        likely("... failed", r"^Resolving (?<name>[\w.-]+).*\.\.\. failed"),
        likely("gaierror", ""),
    ],
    brings: &[
        "network-reset", "tls-ca", "pip-conflict", "pip-build-failed", "apt-package-missing", "apt-stale-index", "base-image-missing", "stage-missing",
        "compiler-missing", "cmake-missing-or-too-old", "python-module-missing", "liboqs-library-missing", "liboqs-version-mismatch", "copy-source-missing",
    ],
    counts: always,
    words: |found| {
        let name = found.list("name", "of a server");
        found.because(format!("The name {name} did not resolve: the build's container (or the engine) has no working DNS server."))
    },
};
