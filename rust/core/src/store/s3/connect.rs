//! From settings to a client. Nothing is sent here.

use std::{
    env,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
        SharedCredentialsProvider, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
    types::ChecksumAlgorithm,
};

use super::{Inner, S3Store, chain::Chain, http, provider::Provider, retry::AlsoRetry, tls};
use crate::{config::S3Config, store::StoreError};

/// Attempts for each request, with about half a second, then one, then two between them.
const ATTEMPTS: u32 = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// S3 takes no smaller part but the last.
const SMALLEST_PART: u64 = 5 << 20;

impl S3Store {
    /// A client for this bucket. Sends nothing: whether the bucket is there shows with the first request.
    ///
    /// `AWS_CA_BUNDLE`, a file of PEM certificates, is trusted in addition to the system's certificates (which
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace). An unreadable one is an error.
    pub fn connect(config: &S3Config) -> Result<Self, StoreError> {
        let ca_bundle = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from);
        // Without keys of our own, the SDK's chain may have to ask Amazon over HTTPS for some.
        let plain = config.endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
        let tls = match plain && config.credentials.is_some() {
            true => tls::nobody_trusted(),
            false if config.skip_verify => tls::everybody_trusted(),
            false => tls::trusting(ca_bundle.as_deref()),
        };
        let tls = tls.map_err(|problem| StoreError::Failed {
            action: "set up TLS for",
            key: String::new(),
            location: format!("s3://{}", config.bucket),
            problem,
        })?;
        let http = http::client(tls);
        let region = Region::new(if config.region.is_empty() { "us-east-1".into() } else { config.region.clone() });
        let credentials = match &config.credentials {
            Some(given) => SharedCredentialsProvider::new(Credentials::new(
                given.access_key_id.as_str(),
                given.secret_access_key.reveal(),
                None,
                None,
                "litestream",
            )),
            None => SharedCredentialsProvider::new(Chain::new(http.clone(), region.clone())),
        };
        let provider = Provider::of(config.endpoint.as_deref());
        let mut builder = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .credentials_provider(credentials)
            .http_client(http)
            .force_path_style(config.force_path_style)
            .use_arn_region(true)
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_BACKOFF)
                    .with_max_backoff(LONGEST_BACKOFF),
            )
            .retry_classifier(AlsoRetry)
            // The HTTP client watches for silence itself, both ways.
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &config.endpoint {
            // Several look-alikes refuse the SDK's checksums and the chunked bodies that carry them.
            builder = builder
                .endpoint_url(endpoint)
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        }
        builder = provider.adjust(builder);
        Ok(S3Store {
            inner: Arc::new(Inner {
                client: Client::from_conf(builder.build()),
                bucket: config.bucket.clone(),
                endpoint: config.endpoint.clone().unwrap_or_else(|| format!("Amazon S3 in {}", config.region)),
                concurrency: provider.parts_in_flight(config.concurrency.max(1)),
                provider,
                storage_class: config.storage_class.as_deref().map(Into::into),
                part_size: config.part_size.max(SMALLEST_PART),
                checksum: config.endpoint.is_none().then_some(ChecksumAlgorithm::Crc32),
                refuses_conditions: AtomicBool::new(false),
            }),
        })
    }
}
