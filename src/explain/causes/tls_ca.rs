//! A server's certificate is not trusted.

use crate::explain::cause::{Cause, always, likely, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "tls-ca",
        finds: "A tool refused a server's TLS certificate: no trusted authority signed it, none is installed, or it is not valid now.",
        why: "Slim images have no ca-certificates; behind a company's inspecting proxy every certificate is signed by an authority that \
              the image does not know; and a wrong clock makes valid ones expire.",
        fix: &[
            "Install the public authorities: apt-get install -y ca-certificates (Alpine: apk add ca-certificates).",
            "Behind an inspecting proxy, copy its authority into the image: COPY ca.crt /usr/local/share/ca-certificates/ and RUN update-ca-certificates, before the first download.",
            "Tell tools with a list of their own: PIP_CERT, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, CARGO_HTTP_CAINFO, SSL_CERT_FILE, GIT_SSL_CAINFO; for the engine /etc/docker/certs.d/HOST/ca.crt.",
            "If it says that a certificate has expired or is not yet valid, check the clock first.",
        ],
    },
    signs: &[
        likely(
            "certificate signed by unknown authority",
            r"(?:https?://(?<name>[\w.-]+))?.*certificate signed by unknown authority",
        )
        .echoed(),
        likely("x509: ", r"(?:https?://(?<name>[\w.-]+))?.*x509: certificate").echoed(),
        likely(
            "unable to get local issuer certificate",
            r"(?:(?:https?://|host=')(?<name>[\w.-]+))?.*unable to get local issuer",
        ),
        likely("unable to get issuer certificate", ""),
        likely(
            "self-signed certificate",
            r"(?:(?:https?://|host=')(?<name>[\w.-]+))?.*self-signed certificate",
        )
        .unless(&["generating", "creating", "snakeoil", "created"]),
        likely(
            "self signed certificate",
            r"(?:(?:https?://|host=')(?<name>[\w.-]+))?.*self signed certificate",
        )
        .unless(&["generating", "creating", "created"]),
        likely(
            "CERTIFICATE_VERIFY_FAILED|certificate verify failed",
            r"(?:(?:https?://|host=')(?<name>[\w.-]+))?",
        ),
        likely("certificate verification failed", r"(?:https?://(?<name>[\w.-]+))?"),
        likely("certificate has expired", "").echoed(),
        likely("is not yet valid", r"certificate.*is not yet valid").echoed(),
        likely("SSL certificate problem", r"(?:unable to access '(?:https?://)?(?<name>[\w.-]+))?"),
        likely(
            "SSL certificate is invalid|UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|invalid peer certificate|UnknownIssuer|No system certificates available",
            "",
        ),
        likely("The certificate is NOT trusted", r"(?:https?://(?<name>[\w.-]+))?"),
        likely("cannot verify", r"cannot verify (?<name>[\w.-]+)'s certificate"),
        likely(
            "error setting certificate|error adding trust anchors|PKIX path building failed|issuer is not recognized|cannot be authenticated with given CA certificates",
            "",
        ),
        likely("peer certificate", r"SSL peer certificate or SSH remote key was not OK"),
        likely("server certificate not trusted", r"(?:https?://(?<name>[\w.-]+))?"),
        likely("certificate is not trusted", ""),
        likely(
            "The certificate of",
            r"certificate of '(?<name>[^']+)' (?:is not trusted|doesn't have a known issuer|has expired|is not yet)",
        ),
        likely("Issued certificate", r"Issued certificate (?:has expired|not yet valid)"),
        likely("Unable to locally verify the issuer", ""),
        likely("doesn't match host", r"certificate.*doesn't match"),
        likely("no alternative certificate subject name matches|unable to load CA|No CA certificates", ""),
        likely("SSLCertVerificationError", r"(?:host='(?<name>[^']+)')?"),
        likely("curl: (60)|curl: (77)", ""),
    ],
    brings: &[
        "network-reset",
        "pip-conflict",
        "pip-build-failed",
        "apt-package-missing",
        "apt-stale-index",
        "base-image-missing",
        "stage-missing",
        "compiler-missing",
        "python-module-missing",
        "liboqs-library-missing",
        "liboqs-version-mismatch",
    ],
    counts: always,
    words: |found| {
        let of = found.first("name").map_or_else(|| "the server".to_owned(), |name| format!("`{name}`"));
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        fix[0] = format!(
            "{}, before the first download.",
            found.install("ca-certificates", "ca-certificates", "ca-certificates")
        );
        let why = if found.says(&["expired", "not yet valid"]) {
            fix.swap(0, 3);
            format!(
                "The certificate of {of} is not valid at this machine's time: it has expired, or the clock is wrong."
            )
        } else if found.says(&[
            "self-signed",
            "self signed",
            "unknown authority",
            "selfsigned",
            "unknownissuer",
            "unable to get local issuer",
        ]) {
            format!(
                "The certificate of {of} is signed by an authority that this image does not trust: it has no ca-certificates, or a proxy inspects the traffic with an authority of its own."
            )
        } else {
            format!(
                "The certificate of {of} could not be verified with the authorities that this image trusts."
            )
        };
        words(why, fix)
    },
};
