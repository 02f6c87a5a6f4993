//! Builds a client from settings. Sends nothing.

mod credentials;

use std::{
    env,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use aws_sdk_s3::{
    Client, Config,
    config::{
        BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
        SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    types::ChecksumAlgorithm,
};

use rustls::ClientConfig;

use super::{Inner, S3Store, answer, http, quirks::StoreProvider, retry::AlsoRetry, tls};
use crate::store::{DEFAULT_REGION, S3Config, SMALLEST_PART, StoreError};
use credentials::Chain;

/// Attempts for each request, with about half a second, then one, then two between them.
const ATTEMPTS: u32 = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

impl S3Store {
    /// A client for this bucket. Sends nothing: a missing bucket shows with the first request.
    ///
    /// `AWS_CA_BUNDLE`, a file of PEM certificates, is trusted in addition to the system's certificates (which
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace). An unreadable one is an error.
    pub fn connect(config: &S3Config) -> Result<Self, StoreError> {
        let tls = tls_for(config).map_err(|problem| StoreError::Failed {
            action: "set up TLS for",
            key: config.path.clone(),
            location: format!("s3://{}", config.bucket),
            problem,
        })?;
        Ok(S3Store { inner: Arc::new(inner(config, http::client(tls))) })
    }
}

fn tls_for(config: &S3Config) -> Result<ClientConfig, String> {
    // Without configured keys, the SDK's chain may request some from Amazon over HTTPS.
    let plain = config.endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
    if plain && config.credentials.is_some() {
        return tls::trusting_nothing();
    }
    if config.skip_verify {
        return tls::trusting_anything();
    }
    let ca_bundle = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from);
    tls::trusting(ca_bundle.as_deref())
}

fn inner(config: &S3Config, http: SharedHttpClient) -> Inner {
    let provider = StoreProvider::of(config.endpoint.as_deref());
    Inner {
        client: Client::from_conf(settings(config, http, provider)),
        bucket: config.bucket.clone(),
        endpoint: config.endpoint.clone().unwrap_or_else(|| format!("Amazon S3 in {}", region(config))),
        concurrency: provider.parts_in_flight(config.concurrency.max(1)),
        provider,
        storage_class: config.storage_class.as_deref().map(Into::into),
        part_size: config.part_size.max(SMALLEST_PART),
        checksum: config.endpoint.is_none().then_some(ChecksumAlgorithm::Crc32),
        refuses_conditions: AtomicBool::new(false),
    }
}

fn settings(config: &S3Config, http: SharedHttpClient, provider: StoreProvider) -> Config {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF);
    let builder = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(region(config))
        .credentials_provider(credentials(config, &http))
        .http_client(answer::of_s3(http))
        .force_path_style(config.force_path_style)
        .use_arn_region(true)
        .retry_config(retries)
        .retry_classifier(AlsoRetry)
        // The HTTP client itself detects stalls in both directions.
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let builder = match &config.endpoint {
        // Several S3-compatible servers refuse the SDK's checksums and the chunked bodies that carry them.
        Some(endpoint) => builder
            .endpoint_url(joinable(endpoint))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired),
        None => builder,
    };
    provider.adjust(builder).build()
}

/// Ends the endpoint's path, if there is one, with a slash: the SDK appends the bucket without one.
fn joinable(endpoint: &str) -> String {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    if host.contains('/') && !host.ends_with('/') { format!("{endpoint}/") } else { endpoint.into() }
}

fn region(config: &S3Config) -> Region {
    Region::new(if config.region.is_empty() { DEFAULT_REGION.into() } else { config.region.clone() })
}

fn credentials(config: &S3Config, http: &SharedHttpClient) -> SharedCredentialsProvider {
    match &config.credentials {
        Some(given) => SharedCredentialsProvider::new(Credentials::new(
            given.access_key_id.as_str(),
            given.secret_access_key.reveal(),
            None,
            None,
            "litestream",
        )),
        None => SharedCredentialsProvider::new(Chain::new(answer::of_others(http.clone()), region(config))),
    }
}

#[cfg(test)]
mod tests;
