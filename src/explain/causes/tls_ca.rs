//! A server's certificate is not trusted.

use crate::explain::cause::{Cause, always, likely};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "tls-ca",
        finds: "A tool refused a server's TLS certificate: no trusted authority signed it, the image has no \
              authorities, or the certificate is not valid now.",
        why: "Slim images have no ca-certificates. A company's inspecting proxy signs every certificate with \
              an authority that the image does not know. A wrong clock makes valid certificates expire.",
        fix: &[
            "Install the public authorities: apt-get install -y ca-certificates (Alpine: apk add ca-certificates).",
            "Behind an inspecting proxy, copy its authority into the image before the first download: COPY ca.crt /usr/local/share/ca-certificates/ and RUN update-ca-certificates.",
            "Name the authority to tools with a list of their own: PIP_CERT, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, CARGO_HTTP_CAINFO, SSL_CERT_FILE, GIT_SSL_CAINFO; for the engine: /etc/docker/certs.d/HOST/ca.crt.",
            "If a certificate has expired or is not yet valid, check the clock first.",
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
        let of = found.quoted("name", "the server");
        let install = found.install("ca-certificates", "ca-certificates", "ca-certificates");
        let told =
            |why: String| found.because(why).replace_first(format!("{install}, before the first download."));
        let untrusted = [
            "self-signed",
            "self signed",
            "unknown authority",
            "selfsigned",
            "unknownissuer",
            "unable to get local issuer",
        ];
        if found.says(&["expired", "not yet valid"]) {
            told(format!("The certificate of {of} is not valid at this machine's time: it has expired, or the clock is wrong.")).best(3)
        } else if found.says(&untrusted) {
            told(format!(
                "This image does not trust the authority that signed the certificate of {of}: the image has no ca-certificates, or \
                 a proxy inspects the traffic with an authority of its own."
            ))
        } else {
            told(format!("The authorities that this image trusts do not confirm the certificate of {of}."))
        }
    },
};
