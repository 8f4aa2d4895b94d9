//! An HTTP server on loopback that does exactly what a test tells it to, good or bad.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What was asked.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, mostly.
    pub method: String,
    /// The target as it stands in the request line.
    pub target: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
}

type Handler = dyn Fn(usize, &Request, &mut TcpStream) + Send + Sync;

/// Stopped when dropped.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server whose handler gets the number of the request, the request, and
    /// the connection, which is closed after it.
    pub fn start(
        handler: impl Fn(usize, &Request, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let handler: Arc<Handler> = Arc::new(handler);
        let thread = thread::spawn({
            let (requests, stop) = (Arc::clone(&requests), Arc::clone(&stop));
            move || {
                let mut connections = Vec::new();
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let (requests, handler) = (Arc::clone(&requests), Arc::clone(&handler));
                    connections.push(thread::spawn(move || {
                        let mut stream = stream.unwrap();
                        let Some(request) = read_request(&stream) else {
                            return;
                        };
                        let number = {
                            let mut requests = requests.lock().unwrap();
                            requests.push(request.clone());
                            requests.len() - 1
                        };
                        handler(number, &request, &mut stream);
                    }));
                }
                for connection in connections {
                    connection.join().unwrap();
                }
            }
        });
        Self {
            address,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    /// A server that always sends the same file, in one piece or from where it is asked.
    pub fn of_file(content: Vec<u8>) -> Self {
        Self::start(move |_, request, stream| send_file(request, stream, &content))
    }

    /// The address of a file, which needs no leading `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Address and port, as `ORCH_ALLOW_HTTP` takes them.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// All that was asked so far, in the order in which it came.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        // A handler may wait for something that a test which failed will not do any more.
        if let Some(thread) = self.thread.take().filter(|_| !thread::panicking()) {
            let _ = thread.join();
        }
    }
}

/// Sends a whole answer. A client that has gone away is no fault of the server's.
pub fn send(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    head(
        stream,
        status,
        &[headers, &[("content-length", &body.len().to_string())]].concat(),
    );
    let _ = stream.write_all(body);
}

/// Sends the head of an answer.
pub fn head(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)]) {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let _ = stream.write_all(text.as_bytes());
}

/// Sends a file the way a good server does.
pub fn send_file(request: &Request, stream: &mut TcpStream, content: &[u8]) {
    let tag = format!("\"{}\"", content.len());
    let start = request
        .headers
        .get("range")
        .filter(|_| {
            request
                .headers
                .get("if-range")
                .is_none_or(|wanted| *wanted == tag)
        })
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>()
                .ok()
        });
    match start {
        Some(start) if start < content.len() => {
            let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
            let headers = [("etag", &*tag), ("content-range", &range)];
            send(stream, "206 Partial Content", &headers, &content[start..]);
        }
        Some(_) => send(stream, "416 Range Not Satisfiable", &[], b""),
        None => send(stream, "200 OK", &[("etag", &tag)], content),
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut request = Request {
        method: words.next()?,
        target: words.next()?,
        ..Request::default()
    };
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        request
            .headers
            .insert(name.to_lowercase(), value.to_owned());
    }
    Some(request)
}
