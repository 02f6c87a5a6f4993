//! HTTPS with a certificate from an authority that is made for one server and trusted by no system.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

pub(super) struct Tls {
    /// The authority's certificate, for clients that are to trust it.
    pub(super) authority_pem: String,
    pub(super) acceptor: TlsAcceptor,
}

impl Tls {
    /// A certificate for 127.0.0.1, the base hosts, and every bucket below them.
    pub(super) fn new(base_hosts: &[String]) -> io::Result<Self> {
        let mut names = vec!["127.0.0.1".to_owned()];
        names.extend(base_hosts.iter().flat_map(|host| [host.clone(), format!("*.{host}")]));
        let (authority_pem, issuer) = authority().map_err(io::Error::other)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "test kit server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer).map_err(io::Error::other)?;

        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .map_err(io::Error::other)?;
        Ok(Self { authority_pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

fn authority() -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "test kit authority");
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}
