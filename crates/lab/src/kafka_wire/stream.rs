//! The connection itself, plain or over TLS.

use std::sync::Arc;

use rlab_contract::address::Address;
use rlab_contract::login::Roots;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What can be read from and written to.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to `address`; over TLS where somebody vouches for the server, which then has to show a
/// certificate for that very host.
pub(super) async fn connect(
    address: &Address,
    roots: Option<&Roots>,
) -> Result<Box<dyn Stream>, String> {
    let stream = TcpStream::connect((address.host(), address.port()))
        .await
        .map_err(|e| e.to_string())?;
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let Some(roots) = roots else {
        return Ok(Box::new(stream));
    };
    let name = ServerName::try_from(address.host().to_owned()).map_err(|e| e.to_string())?;
    let connecting = TlsConnector::from(Arc::new(client(roots)?)).connect(name, stream);
    let stream = connecting.await.map_err(|e| format!("tls: {e}"))?;
    Ok(Box::new(stream))
}

fn client(roots: &Roots) -> Result<ClientConfig, String> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Roots::System => {
            // One that cannot be read is no reason to do without the others.
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Roots::Given(certificate) => {
            let certificate = CertificateDer::from_pem_slice(certificate.pem().as_bytes())
                .map_err(|e| format!("certificate of the authority: {e}"))?;
            trusted.add(certificate).map_err(|e| e.to_string())?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    Ok(client.with_root_certificates(trusted).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use rlab_contract::login::CaCertificate;
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A server that shows a certificate for `localhost`: its port, and who vouches for it.
    async fn server() -> (u16, Roots) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = acceptor.accept(stream).await;
            }
        });
        let authority = CaCertificate::try_from(made.cert.pem()).unwrap();
        (port, Roots::Given(authority))
    }

    #[tokio::test]
    async fn a_server_is_believed_only_by_its_authority_and_under_the_name_that_was_dialled() {
        let (port, roots) = server().await;
        let at = |host: &str| format!("{host}:{port}").parse::<Address>().unwrap();
        let refused = |tried: Result<Box<dyn Stream>, String>| tried.map(drop).unwrap_err();
        assert!(connect(&at("localhost"), Some(&roots)).await.is_ok());
        let other_name = refused(connect(&at("127.0.0.1"), Some(&roots)).await);
        assert!(other_name.starts_with("tls: "), "{other_name}");
        let stranger = refused(connect(&at("localhost"), Some(&Roots::System)).await);
        assert!(stranger.starts_with("tls: "), "{stranger}");
    }
}
