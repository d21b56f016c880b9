//! Whom to believe that it is RDS: an authority of AWS's own, which no system trusts by itself.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rlab_lab::files;

use crate::error::CloudError;
use crate::record::{Paths, Record};

/// What the authority calls itself after the region's name: the one of `rds-ca-rsa2048-g1`, which the
/// roots ask for.
const SUBJECT: &[u8] = b"Root CA RSA2048 G1";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const WITHIN: Duration = Duration::from_secs(30);

/// The certificate of the authority, in PEM: the profile's, or the region's own, fetched once.
///
/// # Errors
/// When it cannot be read or fetched, or is not among what was fetched.
pub(crate) async fn find(record: &Record, paths: &Paths) -> Result<String, CloudError> {
    if let Some(path) = &record.profile.rds_ca {
        return read(path);
    }
    let kept = paths.rds_ca();
    if kept.exists() {
        return read(&kept);
    }
    let region = &record.region;
    let url = format!("https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem");
    let lacking = |why: String| CloudError::NoRdsAuthority {
        url: url.clone(),
        why,
    };
    let asked = reqwest::Client::new()
        .get(&url)
        .timeout(WITHIN)
        .send()
        .await;
    let answer = asked.and_then(reqwest::Response::error_for_status);
    let bundle = answer.map_err(|e| lacking(e.to_string()))?.text().await;
    let bundle = bundle.map_err(|e| lacking(e.to_string()))?;
    let found = authority(&bundle).ok_or_else(|| lacking("it is not among them".to_owned()))?;
    files::write(&kept, found.as_bytes(), files::READABLE)?;
    Ok(found)
}

fn read(path: &Path) -> Result<String, CloudError> {
    std::fs::read_to_string(path).map_err(|e| CloudError::io(path, e))
}

/// The one certificate of a bundle whose subject is the authority's.
fn authority(bundle: &str) -> Option<String> {
    let blocks = bundle.split(BEGIN).skip(1);
    let mut blocks = blocks.filter_map(|block| block.split_once(END).map(|(body, _)| body));
    blocks.find_map(|body| {
        let packed: String = body.split_whitespace().collect();
        let der = STANDARD.decode(packed).ok()?;
        let named = der.windows(SUBJECT.len()).any(|window| window == SUBJECT);
        named.then(|| format!("{BEGIN}{body}{END}\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(subject: &str) -> String {
        let body = STANDARD.encode(format!("DER of Amazon RDS eu-central-1 {subject}"));
        format!("{BEGIN}\n{body}\n{END}\n")
    }

    #[test]
    fn the_authority_of_the_roots_is_found_among_those_of_a_region() {
        let wanted = certificate("Root CA RSA2048 G1");
        let bundle = [
            certificate("Root CA RSA4096 G1"),
            wanted.clone(),
            certificate("Root CA ECC384 G1"),
        ];
        assert_eq!(authority(&bundle.concat()).unwrap(), wanted);
        assert_eq!(authority(&certificate("Root CA ECC384 G1")), None);
        assert_eq!(authority("no certificate at all"), None);
    }
}
