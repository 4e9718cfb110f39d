//! Which packages bring a library, a header or a tool. Only what is often missing; knows no log.

/// A thing that may be missing and the packages that bring it, in Debian, Alpine and Fedora.
type Brings = (&'static str, &'static str, &'static str, &'static str);

/// Shared libraries, by the beginning of their names.
const LIBRARIES: &[Brings] = &[
    ("libssl.so.3", "libssl3", "libssl3", "openssl-libs"),
    ("libcrypto.so.3", "libssl3", "libcrypto3", "openssl-libs"),
    ("libssl.so.1.1", "libssl1.1", "openssl1.1-compat", "openssl1.1"),
    ("libcrypto.so.1.1", "libssl1.1", "openssl1.1-compat", "openssl1.1"),
    ("libstdc++.so", "libstdc++6", "libstdc++", "libstdc++"),
    ("libgcc_s.so", "libgcc-s1", "libgcc", "libgcc"),
    ("libz.so", "zlib1g", "zlib", "zlib"),
    ("libGL.so", "libgl1", "mesa-gl", "mesa-libGL"),
    ("libgthread-2.0.so", "libglib2.0-0", "glib", "glib2"),
    ("libglib-2.0.so", "libglib2.0-0", "glib", "glib2"),
    ("libgomp.so", "libgomp1", "libgomp", "libgomp"),
    ("libpq.so", "libpq5", "libpq", "libpq"),
    ("libsqlite3.so", "libsqlite3-0", "sqlite-libs", "sqlite-libs"),
    ("libffi.so", "libffi8", "libffi", "libffi"),
    ("libcurl.so", "libcurl4", "libcurl", "libcurl"),
    ("libxml2.so", "libxml2", "libxml2", "libxml2"),
    ("libsodium.so", "libsodium23", "libsodium", "libsodium"),
    ("libatomic.so", "libatomic1", "libatomic", "libatomic"),
    ("libnss3.so", "libnss3", "nss", "nss"),
    ("libdbus-1.so", "libdbus-1-3", "dbus-libs", "dbus-libs"),
    ("libdl.so", "libc6", "gcompat", "glibc"),
    ("libpython3", "libpython3-dev", "python3-dev", "python3-libs"),
];

/// Headers and the helpers that tell where a library is, by the beginning of their names.
const HEADERS: &[Brings] = &[
    ("Python.h", "python3-dev", "python3-dev", "python3-devel"),
    ("pyconfig.h", "python3-dev", "python3-dev", "python3-devel"),
    ("openssl/", "libssl-dev", "openssl-dev", "openssl-devel"),
    ("ffi.h", "libffi-dev", "libffi-dev", "libffi-devel"),
    ("pg_config", "libpq-dev", "libpq-dev", "libpq-devel"),
    ("libpq-fe.h", "libpq-dev", "libpq-dev", "libpq-devel"),
    ("mysql", "default-libmysqlclient-dev pkg-config", "mariadb-dev", "mariadb-connector-c-devel"),
    ("libxml", "libxml2-dev libxslt1-dev", "libxml2-dev libxslt-dev", "libxml2-devel libxslt-devel"),
    ("zlib", "zlib1g-dev", "zlib-dev", "zlib-devel"),
    ("jpeg", "libjpeg-dev", "jpeg-dev", "libjpeg-turbo-devel"),
    ("sodium", "libsodium-dev", "libsodium-dev", "libsodium-devel"),
    ("ldap", "libldap2-dev libsasl2-dev", "openldap-dev", "openldap-devel"),
    ("librdkafka", "librdkafka-dev", "librdkafka-dev", "librdkafka-devel"),
    ("portaudio", "portaudio19-dev", "portaudio-dev", "portaudio-devel"),
    ("linux/", "linux-libc-dev", "linux-headers", "kernel-headers"),
];

/// Development packages, by the name after `-l` or of a `.pc` file.
const DEVELOPMENT: &[Brings] = &[
    ("ssl", "libssl-dev", "openssl-dev", "openssl-devel"),
    ("openssl", "libssl-dev", "openssl-dev", "openssl-devel"),
    ("crypto", "libssl-dev", "openssl-dev", "openssl-devel"),
    ("z", "zlib1g-dev", "zlib-dev", "zlib-devel"),
    ("pq", "libpq-dev", "libpq-dev", "libpq-devel"),
    ("ffi", "libffi-dev", "libffi-dev", "libffi-devel"),
    ("curl", "libcurl4-openssl-dev", "curl-dev", "libcurl-devel"),
    ("sodium", "libsodium-dev", "libsodium-dev", "libsodium-devel"),
    ("libsodium", "libsodium-dev", "libsodium-dev", "libsodium-devel"),
    ("sqlite3", "libsqlite3-dev", "sqlite-dev", "sqlite-devel"),
    ("stdc++", "g++", "g++", "gcc-c++"),
    ("gcc_s", "gcc", "gcc", "gcc"),
    ("m", "libc6-dev", "musl-dev", "glibc-devel"),
    ("c", "libc6-dev", "musl-dev", "glibc-devel"),
    ("pthread", "libc6-dev", "musl-dev", "glibc-devel"),
    ("dl", "libc6-dev", "musl-dev", "glibc-devel"),
];

/// The packages of a shared library.
pub(super) fn of_library(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    find(LIBRARIES, |key| name.starts_with(key))
}

/// The packages of a header.
pub(super) fn of_header(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    find(HEADERS, |key| name.starts_with(key) || name.contains(key))
}

/// The packages with which a program is linked to a library.
pub(super) fn of_link(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    find(DEVELOPMENT, |key| name == key)
}

fn find(table: &[Brings], is: impl Fn(&str) -> bool) -> Option<(&'static str, &'static str, &'static str)> {
    table.iter().find(|(key, ..)| is(key)).map(|(_, debian, alpine, fedora)| (*debian, *alpine, *fedora))
}
