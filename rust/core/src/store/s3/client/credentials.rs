//! Credentials from the sources of the AWS tools, if none are configured.

use aws_config::{default_provider::credentials::DefaultCredentialsChain, provider_config::ProviderConfig};
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_s3::config::{Region, SharedHttpClient};
use tokio::sync::OnceCell;

/// Environment, profile files, web identity, container or instance role. Built by the first request that needs it.
#[derive(Debug)]
pub(super) struct Chain {
    http: SharedHttpClient,
    region: Region,
    built: OnceCell<DefaultCredentialsChain>,
}

impl Chain {
    pub(super) fn new(http: SharedHttpClient, region: Region) -> Self {
        Chain { http, region, built: OnceCell::new() }
    }

    async fn build(&self) -> DefaultCredentialsChain {
        let config =
            ProviderConfig::without_region().with_region(Some(self.region.clone())).with_http_client(self.http.clone());
        DefaultCredentialsChain::builder().region(self.region.clone()).configure(config).build().await
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.built.get_or_init(|| self.build()).await.provide_credentials().await
        })
    }
}
