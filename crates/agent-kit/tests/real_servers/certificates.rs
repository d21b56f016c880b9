//! An authority of the test's own, and what it vouches for.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rlab_contract::login::{CaCertificate, Roots};

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut about = CertificateParams::new(Vec::new()).unwrap();
        // Were both called the same, the server's certificate would pass for one signed by itself.
        about
            .distinguished_name
            .push(DnType::CommonName, "authority of the test");
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        about.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(about, key).unwrap())
    }

    pub fn roots(&self) -> Roots {
        Roots::Given(CaCertificate::try_from(self.0.pem()).unwrap())
    }

    /// Certificate and key, in PEM, of a server that is called `localhost` and nothing else.
    pub fn vouch(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let about = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = about.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// The same as files `ca.pem`, `cert.pem` and `key.pem` in `dir`.
    pub fn write(&self, dir: &Path) {
        let (certificate, key) = self.vouch();
        std::fs::write(dir.join("ca.pem"), self.0.pem()).unwrap();
        std::fs::write(dir.join("cert.pem"), certificate).unwrap();
        std::fs::write(dir.join("key.pem"), key).unwrap();
    }
}
