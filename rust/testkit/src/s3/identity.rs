//! The key that may sign, and the bucket that a host name means.

use s3s::auth::{S3Auth, SecretKey};
use s3s::host::{S3Host, VirtualHost};
use s3s::{S3Result, s3_error};

/// Knows one key pair. Anonymous requests are refused by `s3s` itself.
pub(super) struct OneKey {
    access_key_id: String,
    secret: SecretKey,
}

impl OneKey {
    pub(super) fn new(access_key_id: &str, secret: &str) -> Self {
        Self { access_key_id: access_key_id.into(), secret: SecretKey::from(secret) }
    }
}

#[async_trait::async_trait]
impl S3Auth for OneKey {
    async fn get_secret_key(&self, access_key_id: &str) -> S3Result<SecretKey> {
        if access_key_id == self.access_key_id {
            Ok(self.secret.clone())
        } else {
            Err(s3_error!(InvalidAccessKeyId, "The access key id you provided does not exist in our records."))
        }
    }
}

/// Names (without port) whose subdomains are buckets; every other host means path style.
#[derive(Debug, Clone)]
pub(super) struct BaseHosts(pub(super) Vec<String>);

impl BaseHosts {
    /// The bucket in a `Host` header, if it is in virtual-host style.
    pub(super) fn bucket<'a>(&self, host: &'a str) -> Option<&'a str> {
        let name = without_port(host);
        self.0
            .iter()
            .find_map(|base| name.strip_suffix(base.as_str())?.strip_suffix('.'))
            .filter(|bucket| !bucket.is_empty())
    }
}

impl S3Host for BaseHosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let parsed = VirtualHost::new(host);
        Ok(match self.bucket(host) {
            Some(bucket) => parsed.with_bucket(bucket),
            None => parsed,
        })
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_subdomains_of_a_base_host_are_buckets() {
        let hosts = BaseHosts(vec!["localhost".into()]);
        assert_eq!(hosts.bucket("mybkt.localhost:9000"), Some("mybkt"));
        assert_eq!(hosts.bucket("a.b.localhost"), Some("a.b"));
        assert_eq!(hosts.bucket("localhost:9000"), None);
        assert_eq!(hosts.bucket("notlocalhost"), None);
        assert_eq!(hosts.bucket("127.0.0.1:9000"), None);
        assert_eq!(hosts.bucket("[::1]:9000"), None);
    }
}
