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
