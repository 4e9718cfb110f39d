//! ChaCha20-Poly1305: the sizes of RFC 8439, Section 2.8.

/// Bytes of the key.
pub const KEY: usize = 32;
/// Bytes of the nonce.
pub const NONCE: usize = 12;
/// Bytes of the tag.
pub const TAG: usize = 16;
