//! The trusted certificates.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

/// The system's certificates, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, and those of `ca_bundle`.
pub(super) fn trusting(ca_bundle: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if let Some(path) = ca_bundle {
        add_bundle(&mut roots, path).map_err(|problem| format!("AWS_CA_BUNDLE ({}) {problem}", path.display()))?;
    }
    if roots.is_empty() {
        let problems: Vec<_> = native.errors.iter().map(ToString::to_string).collect();
        return Err(format!(
            "there are no CA certificates to trust; install ca-certificates or set AWS_CA_BUNDLE {}",
            problems.join(", ")
        ));
    }
    finish(roots)
}

/// Trusts no certificate: for plain HTTP only.
pub(super) fn trusting_nothing() -> Result<ClientConfig, String> {
    finish(RootCertStore::empty())
}

/// Accepts any certificate: `skip-verify`.
pub(super) fn trusting_anything() -> Result<ClientConfig, String> {
    let mut config = trusting_nothing()?;
    config.dangerous().set_certificate_verifier(Arc::new(AcceptAnyCertificate(provider())));
    Ok(config)
}

/// A bundle may contain certificates that rustls cannot read; one readable certificate is enough.
fn add_bundle(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| format!("cannot be read: {error}"))?;
    match roots.add_parsable_certificates(certificates) {
        (0, _) => Err("holds no usable PEM certificate".into()),
        _ => Ok(()),
    }
}

fn finish(roots: RootCertStore) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Checks that the server holds the key of its certificate, but not whose certificate it is.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
