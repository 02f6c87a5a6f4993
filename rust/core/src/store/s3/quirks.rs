//! Differences of S3-compatible stores from S3.

use aws_sdk_s3::{
    config::{Builder, ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextMut},
    error::BoxError,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreProvider {
    Tigris,
    CloudflareR2,
    Other,
}

impl StoreProvider {
    pub(super) fn of(endpoint: Option<&str>) -> Self {
        let host = endpoint.unwrap_or_default().split("://").last().unwrap_or_default();
        let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
        match host.as_str() {
            "fly.storage.tigris.dev" | "t3.storage.dev" => StoreProvider::Tigris,
            _ if host.ends_with(".r2.cloudflarestorage.com") => StoreProvider::CloudflareR2,
            _ => StoreProvider::Other,
        }
    }

    /// Several stores delete many objects only with a `Content-MD5`; Tigris only without.
    pub(super) fn takes_content_md5(self) -> bool {
        self != StoreProvider::Tigris
    }

    /// R2 accepts few parts of one upload at a time.
    pub(super) fn parts_in_flight(self, wanted: usize) -> usize {
        if self == StoreProvider::CloudflareR2 { wanted.min(2) } else { wanted }
    }

    pub(super) fn adjust(self, builder: Builder) -> Builder {
        if self == StoreProvider::Tigris { builder.interceptor(Consistent) } else { builder }
    }
}

/// Tigris answers from the nearest copy unless the request demands a current one.
#[derive(Debug)]
struct Consistent;

#[dyn_dispatch_hint]
impl Intercept for Consistent {
    fn name(&self) -> &'static str {
        "Consistent"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-tigris-consistent", "true");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_recognised_by_their_host() {
        for (endpoint, provider) in [
            (None, StoreProvider::Other),
            (Some("http://localhost:9000"), StoreProvider::Other),
            (Some("https://fly.storage.tigris.dev"), StoreProvider::Tigris),
            (Some("https://T3.storage.dev:443/"), StoreProvider::Tigris),
            (Some("https://abc.r2.cloudflarestorage.com"), StoreProvider::CloudflareR2),
            (Some("https://r2.cloudflarestorage.com.example.org"), StoreProvider::Other),
        ] {
            assert_eq!(StoreProvider::of(endpoint), provider, "{endpoint:?}");
        }
    }
}
