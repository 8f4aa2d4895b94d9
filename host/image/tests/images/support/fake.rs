//! A registry in memory that keeps to the distribution specification, except where a test has
//! it do otherwise.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use orch_image::Repository;
use orch_model::Digest;

/// What was asked, without what came along.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
}

impl Request {
    /// Whether it is one of these: the method, and a part of the target.
    pub fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn body_bytes(&self) -> usize {
        self.header("content-length").parse().unwrap_or(0)
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// What the registry does with a request.
pub enum Act {
    /// As it should.
    Serve,
    /// Says this instead.
    Say(Answer),
    /// Takes so many bytes of what is sent, and hangs up.
    Cut(usize),
    /// Sends without an end.
    Endless,
    /// Waits until whoever asks hangs up.
    Silence,
}

/// What it keeps.
#[derive(Default)]
pub struct Kept {
    pub blobs: BTreeMap<Digest, Vec<u8>>,
    pub uploads: BTreeMap<String, Vec<u8>>,
    begun: usize,
    /// By name, with their media type.
    pub manifests: BTreeMap<String, (String, Vec<u8>)>,
    requests: Vec<Request>,
    /// Bytes of blobs that were sent to it.
    pub received: usize,
}

type Habit = dyn Fn(&Request, &mut Kept) -> Act + Send + Sync;

/// Stopped when dropped.
pub struct FakeRegistry {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeRegistry {
    /// A registry that asks `habit` what to do with each request.
    pub fn start(habit: impl Fn(&Request, &mut Kept) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let habit: Arc<Habit> = Arc::new(habit);
        let thread = thread::spawn({
            let (kept, stop) = (Arc::clone(&kept), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let (kept, habit) = (Arc::clone(&kept), Arc::clone(&habit));
                    let stream = stream.expect("a client came");
                    // A client that goes away is no fault of the server's.
                    thread::spawn(move || attend(stream, &kept, &*habit));
                }
            }
        });
        Self {
            address,
            kept,
            stop,
            thread: Some(thread),
        }
    }

    pub fn repository(&self, path: &str) -> Repository {
        format!("{}/{path}", self.address)
            .parse()
            .expect("it is one")
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.kept
            .lock()
            .expect("no handler panics")
            .requests
            .clone()
    }

    /// How many requests there were of a method to a target with this part.
    pub fn count(&self, method: &str, part: &str) -> usize {
        let requests = self.requests();
        requests
            .iter()
            .filter(|request| request.is(method, part))
            .count()
    }

    pub fn kept<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().expect("no handler panics"))
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take().filter(|_| !thread::panicking()) {
            let _ = thread.join();
        }
    }
}

fn attend(mut stream: TcpStream, kept: &Mutex<Kept>, habit: &Habit) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let request = head(&mut reader)?;
    let act = {
        let mut kept = kept.lock().ok()?;
        kept.requests.push(request.clone());
        habit(&request, &mut kept)
    };
    let mut take = |bytes: usize| {
        let mut body = vec![0; bytes.min(request.body_bytes())];
        reader.read_exact(&mut body).ok().map(|()| body)
    };
    match act {
        Act::Serve => {
            let body = take(usize::MAX)?;
            let answer = serve(&request, body, &mut *kept.lock().ok()?);
            send(&mut stream, &request, &answer);
        }
        Act::Say(answer) => {
            take(usize::MAX)?;
            send(&mut stream, &request, &answer);
        }
        Act::Cut(bytes) => {
            let body = take(bytes)?;
            keep_part(&request, &body, &mut *kept.lock().ok()?);
        }
        Act::Silence => while reader.read(&mut [0; 1024]).ok()? > 0 {},
        Act::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            while stream.write_all(b"400\r\n").is_ok() {
                let _ = stream.write_all(&[b' '; 1024]);
                let _ = stream.write_all(b"\r\n");
            }
        }
    }
    Some(())
}

fn head(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    Some(Request {
        method,
        target,
        headers,
    })
}

/// Answers by the specification.
fn serve(request: &Request, body: Vec<u8>, kept: &mut Kept) -> Answer {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let (_, name) = path.rsplit_once('/').expect("a target begins with `/`");
    match request.method.as_str() {
        "GET" | "HEAD" if path.contains("/manifests/") => match kept.manifests.get(name) {
            Some((kind, bytes)) => Answer::new(200)
                .header("content-type", kind)
                .header("docker-content-digest", Digest::of(bytes).to_string())
                .body(bytes.clone()),
            None => Answer::new(404),
        },
        "PUT" if path.contains("/manifests/") => {
            let digest = Digest::of(&body).to_string();
            let kind = request.header("content-type").to_owned();
            for name in [name, &digest] {
                kept.manifests
                    .insert(name.to_owned(), (kind.clone(), body.clone()));
            }
            Answer::new(201).header("docker-content-digest", digest)
        }
        "POST" => {
            kept.begun += 1;
            let id = kept.begun.to_string();
            kept.uploads.insert(id.clone(), Vec::new());
            Answer::new(202).header("location", format!("{path}{id}?_state=hush"))
        }
        "GET" if path.contains("/uploads/") => match kept.uploads.get(name) {
            Some(bytes) => accepted(204, bytes),
            None => Answer::new(404),
        },
        "PATCH" if !continues(request, kept.uploads.get(name)) => Answer::new(416),
        "PATCH" => {
            keep_part(request, &body, kept);
            kept.uploads
                .get(name)
                .map_or(Answer::new(404), |bytes| accepted(202, bytes))
        }
        "PUT" => finish(name, query, kept),
        _ => match name.parse().ok().and_then(|digest| kept.blobs.get(&digest)) {
            Some(bytes) => Answer::new(200)
                .header("docker-content-digest", name)
                .body(bytes.clone()),
            None => Answer::new(404),
        },
    }
}

fn accepted(status: u16, bytes: &[u8]) -> Answer {
    Answer::new(status).header("range", format!("0-{}", bytes.len().saturating_sub(1)))
}

/// Whether a piece begins where the last one ended.
fn continues(request: &Request, upload: Option<&Vec<u8>>) -> bool {
    let range = request.header("content-range");
    let begins = range
        .split('-')
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or(0);
    upload.is_none_or(|bytes| bytes.len() == begins)
}

fn keep_part(request: &Request, body: &[u8], kept: &mut Kept) {
    kept.received += body.len();
    let path = request.target.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some(upload) = kept.uploads.get_mut(name) {
        upload.extend_from_slice(body);
    }
}

fn finish(name: &str, query: &str, kept: &mut Kept) -> Answer {
    let Some(bytes) = kept.uploads.remove(name) else {
        return Answer::new(404);
    };
    let digest = Digest::of(&bytes);
    if !query.replace("%3A", ":").contains(&digest.to_string()) {
        return Answer::new(400).body(r#"{"errors": [{"code": "DIGEST_INVALID"}]}"#);
    }
    kept.blobs.insert(digest, bytes);
    Answer::new(201).header("docker-content-digest", digest.to_string())
}

fn send(stream: &mut TcpStream, request: &Request, answer: &Answer) {
    let mut text = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", answer.body.len()));
    let _ = stream.write_all(text.as_bytes());
    if request.method != "HEAD" {
        let _ = stream.write_all(&answer.body);
    }
}
