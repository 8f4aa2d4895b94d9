//! Stands before a real server of this machine and passes on what is asked, except where a test
//! says what it answers instead.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Gets the first two words of a request, such as `GET /v2/`; a whole answer, or none where the
/// server is to be asked.
type Instead = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Stopped when dropped.
pub struct Faulty {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Faulty {
    /// Stands before the server at this host and port.
    pub fn before(
        server: &str,
        instead: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let stop = Arc::new(AtomicBool::new(false));
        let instead: Arc<Instead> = Arc::new(instead);
        let server = server.to_owned();
        let thread = thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                for client in listener.incoming().map_while(Result::ok) {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let (server, instead) = (server.clone(), Arc::clone(&instead));
                    // A client that has gone away is no fault of the server's.
                    thread::spawn(move || drop(answer(client, &server, &*instead)));
                }
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers one request, and hangs up.
fn answer(client: TcpStream, server: &str, instead: &Instead) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut body_bytes) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        match lower.split_once(':') {
            Some(("connection", _)) => continue,
            Some(("content-length", length)) => body_bytes = length.trim().parse().unwrap_or(0),
            _ => {}
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut client = client;
    let mut body = reader.take(body_bytes);
    let asked: Vec<&str> = head.split_whitespace().take(2).collect();
    if let Some(answer) = instead(&asked.join(" ")) {
        // Who is hung up on before all was read may not see the answer.
        std::io::copy(&mut body, &mut std::io::sink())?;
        return client.write_all(answer.as_bytes());
    }
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    std::io::copy(&mut body, &mut upstream)?;
    std::io::copy(&mut upstream, &mut client)?;
    Ok(())
}
