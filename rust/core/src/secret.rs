//! A value that no message, log line or file shows. The crate `secrecy` wipes it from memory; this wrapper adds
//! equality, which settings need, and a `Debug` that prints only `[redacted]`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Prints as `[redacted]` everywhere and serializes nowhere (G10).
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes ownership; the value is wiped from memory when this is dropped.
    pub fn new(value: impl Into<String>) -> Self {
        Secret(SecretString::from(value.into()))
    }

    /// The value itself, for signing and for a child's environment.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
