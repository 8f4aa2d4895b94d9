//! A real OpenSSH server on loopback, with keys of a test's own, and an `ssh` that knows it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const SERVER: &str = "/usr/sbin/sshd";

const INSTALL: &str = "apt-get install --no-install-recommends openssh-server openssh-client";

/// Stopped when dropped.
pub struct SshServer {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl SshServer {
    /// Starts a server that lets the test's own key in, as the user who runs the test.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("orch-ssh-").expect("a folder can be made");
        let place = folder.path();
        for key in ["host", "user", "stranger"] {
            make_key(&place.join(key));
        }
        std::fs::copy(place.join("user.pub"), place.join("authorized")).expect("it can be copied");
        // What the system's own service makes at its start.
        let _ = std::fs::create_dir_all("/run/sshd");
        let port = free_port();
        let mut child = Command::new(SERVER)
            .args(["-D", "-e", "-f", "/dev/null"])
            .args(options(&[
                ("Port", &port.to_string()),
                ("ListenAddress", "127.0.0.1"),
                ("HostKey", &place.join("host").display().to_string()),
                (
                    "AuthorizedKeysFile",
                    &place.join("authorized").display().to_string(),
                ),
                ("PidFile", "none"),
                ("PasswordAuthentication", "no"),
                ("KbdInteractiveAuthentication", "no"),
                // The test's folder lies below one that anybody may write to.
                ("StrictModes", "no"),
                ("PermitRootLogin", "yes"),
            ]))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{SERVER}: {error}; {INSTALL}"));
        let mut lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
        let listens = lines.any(|line| line.expect("it says text").contains("Server listening"));
        assert!(listens, "{SERVER} does not listen");
        // What it says later is nobody's business, but must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        let server = Self {
            folder,
            child,
            port,
        };
        server.knows(&server.key_of("host"));
        server
    }

    /// The user and the place, as `orch` takes them.
    pub fn address(&self) -> String {
        let said = Command::new("id")
            .arg("-un")
            .output()
            .expect("`id` is there");
        let user = String::from_utf8(said.stdout).expect("a name is text");
        format!("ssh://{}@127.0.0.1:{}", user.trim(), self.port)
    }

    /// A `PATH` whose `ssh` has the test's key and known hosts in place of the user's.
    pub fn path(&self) -> String {
        self.path_with_key("user")
    }

    /// The same with a key that the server does not let in.
    pub fn path_of_stranger(&self) -> String {
        self.path_with_key("stranger")
    }

    /// Makes clients know this line's key for the server, in place of the right one: an
    /// empty one for none.
    pub fn knows(&self, key: &str) {
        let line = match key {
            "" => String::new(),
            key => format!("[127.0.0.1]:{} {key}", self.port),
        };
        std::fs::write(self.file("known"), line).expect("it can be written");
    }

    /// The server's public key.
    pub fn host_key(&self) -> String {
        self.key_of("host")
    }

    /// A public key that is not the server's.
    pub fn other_key(&self) -> String {
        self.key_of("stranger")
    }

    /// Puts this shell line in place of whatever a client wants to run.
    pub fn answers(&self, line: &str) {
        let key = self.key_of("user");
        let text = format!("command=\"{line}\" {key}");
        std::fs::write(self.file("authorized"), text).expect("it can be written");
    }

    fn path_with_key(&self, key: &str) -> String {
        let folder = self.file(&format!("bin-{key}"));
        make_client(&folder, &self.file(key), &self.file("known"));
        format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
    }

    fn key_of(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(&format!("{name}.pub"))).expect("it was made")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody listens at.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// Makes a folder with real `ssh` behind a name of its own, since it takes no configuration from
/// the environment: it has this key, and knows the hosts of this file.
pub(crate) fn make_client(folder: &Path, key: &Path, known: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(folder).expect("a folder can be made");
    let configuration = folder.join("config");
    let text = format!(
        "IdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\n\
         GlobalKnownHostsFile /dev/null\n",
        key.display(),
        known.display()
    );
    std::fs::write(&configuration, text).expect("it can be written");
    let program = folder.join("ssh");
    let text = format!(
        "#!/bin/sh\nexec /usr/bin/ssh -F '{}' \"$@\"\n",
        configuration.display()
    );
    std::fs::write(&program, text).expect("it can be written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
        .expect("it can be made a program");
}

/// Makes a key without a passphrase, and its public half beside it.
pub(crate) fn make_key(file: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
        .arg(file)
        .status()
        .unwrap_or_else(|error| panic!("ssh-keygen: {error}; {INSTALL}"));
    assert!(made.success(), "ssh-keygen could not make a key");
}

fn options(pairs: &[(&str, &str)]) -> Vec<String> {
    let words = pairs
        .iter()
        .flat_map(|(name, value)| ["-o".to_owned(), format!("{name}={value}")]);
    words.collect()
}
