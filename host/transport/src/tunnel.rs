//! A stream to a port that only the host itself reaches, such as one of its loopback.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader, Lines, ReadBuf};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::connection::Connection;

/// What OpenSSH's client says at its first level of debugging when the other side is connected.
const CONNECTED: &str = "master session id";

/// What it says when nobody listens there.
const REFUSED: &str = "refused by peer";

/// A stream of bytes to a port and back.
pub(crate) enum Tunnel {
    /// From this machine itself.
    Straight(TcpStream),
    /// By an `ssh`, which is killed when this is dropped.
    Through {
        _child: Box<Child>,
        input: ChildStdin,
        output: ChildStdout,
        /// Kept open: whoever writes there must not be ended by that.
        _errors: Lines<BufReader<ChildStderr>>,
    },
}

impl Tunnel {
    /// Connects to `to`, `host:port` as the machine names it. Must run inside of a runtime.
    pub(crate) async fn connect(connection: &Connection, to: &str) -> io::Result<Self> {
        let Some((program, arguments)) = connection.route.forward(to) else {
            return TcpStream::connect(to).await.map(Self::Straight);
        };
        let mut child = Command::new(program)
            .args(arguments)
            .env("LC_ALL", "C")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || io::Error::other("a pipe is missing");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = child.stdout.take().ok_or_else(gone)?;
        let errors = child.stderr.take().ok_or_else(gone)?;
        let mut errors = BufReader::new(errors).lines();
        wait_until_connected(&mut errors).await?;
        Ok(Self::Through {
            _child: Box::new(child),
            input,
            output,
            _errors: errors,
        })
    }
}

async fn wait_until_connected(errors: &mut Lines<BufReader<ChildStderr>>) -> io::Result<()> {
    let mut last = String::new();
    while let Some(line) = errors.next_line().await? {
        if line.contains(CONNECTED) {
            return Ok(());
        }
        if line.contains(REFUSED) {
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, line));
        }
        last = line;
    }
    Err(io::Error::new(io::ErrorKind::BrokenPipe, last))
}

impl AsyncRead for Tunnel {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Straight(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Through { output, .. } => Pin::new(output).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Straight(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Through { input, .. } => Pin::new(input).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Straight(stream) => Pin::new(stream).poll_flush(context),
            Self::Through { input, .. } => Pin::new(input).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Straight(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Through { input, .. } => Pin::new(input).poll_shutdown(context),
        }
    }
}
