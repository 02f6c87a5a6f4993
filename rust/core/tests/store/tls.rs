//! Whose certificates are trusted. The variables that say so are read once by a process, so each case runs in a child.

use std::{path::PathBuf, sync::Arc};

use crate::support::{canned::answer, child, config_for, listing};
use litestream_core::config::S3Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

const ENDPOINT: &str = "LITESTREAM_TEST_TLS_ENDPOINT";
const SKIP_VERIFY: &str = "LITESTREAM_TEST_TLS_SKIP_VERIFY";

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Answers every request with an empty listing; ends with the test's runtime.
async fn tls_server() -> String {
    let certificates = vec![CertificateDer::from_pem_file(data("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(data("server.key")).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 16 << 10]).await;
                let body = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
                let _ = stream.write_all(answer("200 OK", "", body).as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    format!("https://localhost:{port}")
}

/// The result of a listing in a process with these variables and no other certificates.
async fn outcome(variables: &[(&'static str, PathBuf)]) -> String {
    let endpoint = (ENDPOINT, tls_server().await.into());
    child::outcome("tls::a_listing_in_a_child", variables.iter().cloned().chain([endpoint])).await
}

/// Does its work only as a child of [`outcome`].
#[tokio::test]
async fn a_listing_in_a_child() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        let skip_verify = std::env::var_os(SKIP_VERIFY).is_some();
        child::report(&listing(&S3Config { skip_verify, ..config_for(&endpoint) }).await);
    }
}

#[tokio::test]
async fn a_ca_bundle_is_trusted_besides_the_systems_certificates() {
    let ca = data("ca.pem");
    assert_eq!(outcome(&[("AWS_CA_BUNDLE", ca.clone())]).await, "0 objects");
    assert_eq!(outcome(&[("SSL_CERT_FILE", ca.clone())]).await, "0 objects");
    assert_eq!(outcome(&[("SSL_CERT_FILE", data("server.pem")), ("AWS_CA_BUNDLE", ca)]).await, "0 objects");
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_with_advice() {
    let other = outcome(&[("SSL_CERT_FILE", data("server.pem"))]).await;
    assert!(other.contains("cannot be reached") && other.contains("AWS_CA_BUNDLE"), "{other}");
    let none = outcome(&[]).await;
    assert!(none.contains("no CA certificates to trust"), "{none}");
}

#[tokio::test]
async fn skip_verify_trusts_any_certificate() {
    assert_eq!(outcome(&[(SKIP_VERIFY, "1".into())]).await, "0 objects");
}

#[tokio::test]
async fn a_bundle_that_cannot_be_used_is_an_error_that_names_it() {
    for (path, problem) in [(data("absent.pem"), "cannot be read"), (data("README.md"), "no usable PEM certificate")] {
        let outcome = outcome(&[("AWS_CA_BUNDLE", path.clone())]).await;
        for part in ["AWS_CA_BUNDLE", &path.display().to_string(), problem] {
            assert!(outcome.contains(part), "{part} in {outcome}");
        }
    }
}
