//! Puts TLS in front of a [`Server`], with a certificate that is good or bad as a test wants.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::Server;

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing.
    Good,
    /// It was good until some years ago.
    Expired,
    /// It is another host's.
    OfAnother,
}

/// A server that is reached by `https`. Stopped when dropped.
pub struct SecureServer {
    server: Server,
    authority: String,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SecureServer {
    /// Puts TLS in front of a server.
    pub fn start(server: Server, certificate: Certificate) -> Self {
        let (config, authority) = config(certificate);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (stop, behind) = (Arc::clone(&stop), server.host());
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                    let client = StreamOwned::new(connection, stream.unwrap());
                    // A client that trusts nobody hangs up, and that is its right.
                    let _ = relay(client, &behind);
                }
            }
        });
        Self {
            server,
            authority,
            address,
            stop,
            thread: Some(thread),
        }
    }

    /// The address of a file, which needs no leading `/`.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.address)
    }

    /// Address and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The certificate of the authority that vouches for the server's, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The server behind.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl Drop for SecureServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take().filter(|_| !thread::panicking()) {
            let _ = thread.join();
        }
    }
}

/// Carries one request and its answer.
fn relay(mut client: StreamOwned<ServerConnection, TcpStream>, behind: &str) -> io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let mut server = TcpStream::connect(behind)?;
    server.write_all(&request)?;
    io::copy(&mut server, &mut client)?;
    client.conn.send_close_notify();
    client.flush()
}

fn config(certificate: Certificate) -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();

    let name = match certificate {
        Certificate::OfAnother => "elsewhere.example",
        Certificate::Good | Certificate::Expired => "127.0.0.1",
    };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if certificate == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let signed = params.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![signed.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    (Arc::new(config), authority.pem())
}
