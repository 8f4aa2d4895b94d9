//! By whose word a server is who it says: the certificates that this machine trusts.

use std::sync::Arc;

use orch_model::Fault;
use rustls::{ClientConfig, RootCertStore};

/// Whether this machine must have certificates of authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorities {
    /// Without any there is nobody to speak to.
    Needed,
    /// Without any a server of this machine can be spoken to all the same.
    IfAny,
}

impl Authorities {
    pub(crate) fn encryption(self) -> Result<ClientConfig, Fault> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(found.certs);
        if self == Authorities::Needed && usable == 0 {
            let why = found
                .errors
                .first()
                .map_or_else(String::new, |error| format!(": {error}"));
            return Err(Fault::fetch(format!(
                "found no certificate that servers can be checked with{why}"
            ))
            .hint(
                "install `ca-certificates`, or let `SSL_CERT_FILE` name a file of certificates",
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::internal(format!("could not set up encryption: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}
