//! Whole messages over a stream socket, with descriptors beside them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// How many descriptors go beside one message at most.
const DESCRIPTORS: usize = 2;

/// Longer than the kernel lets the arguments and the environment of a program be.
const LONGEST_BYTES: u64 = 64 << 20;

const LENGTH_BYTES: usize = size_of::<u64>();

/// One end of the socket between `orch` and a sandbox.
#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
}

/// A message with the descriptors that came beside it.
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    pub(super) descriptors: Vec<OwnedFd>,
}

impl Channel {
    /// Both ends of a new socket; the second is for the other process.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (near, far) = socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        Ok((Self { socket: near }, far))
    }

    /// The end that this process was given as its standard input.
    pub(super) fn of_stdin() -> io::Result<Self> {
        let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        Ok(Self { socket })
    }

    pub(super) fn send(&self, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(LENGTH_BYTES + message.len());
        bytes.extend_from_slice(&(message.len() as u64).to_le_bytes());
        bytes.extend_from_slice(message);
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(io::Error::from(Errno::MSGSIZE));
        }
        let mut left = &bytes[..];
        while !left.is_empty() {
            match sendmsg(
                &self.socket,
                &[IoSlice::new(left)],
                &mut beside,
                SendFlags::NOSIGNAL,
            ) {
                Ok(sent) => left = &left[sent..],
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            // They went with the first bytes.
            beside.clear();
        }
        Ok(())
    }

    /// The next message; `None` when the other end is closed.
    pub(super) fn receive(&self) -> io::Result<Option<Received>> {
        let mut descriptors = Vec::new();
        let mut length = [0; LENGTH_BYTES];
        if !self.fill(&mut length, &mut descriptors)? {
            return Ok(None);
        }
        let length = u64::from_le_bytes(length);
        if length > LONGEST_BYTES {
            return Err(io::Error::from(Errno::MSGSIZE));
        }
        let mut bytes = vec![0; length as usize];
        Ok(self
            .fill(&mut bytes, &mut descriptors)?
            .then_some(Received { bytes, descriptors }))
    }

    /// Reads exactly as much as there is room for; false when the other end is closed.
    fn fill(&self, mut room: &mut [u8], descriptors: &mut Vec<OwnedFd>) -> io::Result<bool> {
        while !room.is_empty() {
            let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(DESCRIPTORS))];
            let mut beside = RecvAncillaryBuffer::new(&mut space);
            let read = recvmsg(
                &self.socket,
                &mut [IoSliceMut::new(room)],
                &mut beside,
                RecvFlags::CMSG_CLOEXEC,
            );
            let count = match read {
                Ok(message) => message.bytes,
                Err(Errno::INTR) => continue,
                Err(Errno::CONNRESET) => 0,
                Err(error) => return Err(error.into()),
            };
            if count == 0 {
                return Ok(false);
            }
            for message in beside.drain() {
                if let RecvAncillaryMessage::ScmRights(rights) = message {
                    descriptors.extend(rights);
                }
            }
            room = &mut room[count..];
        }
        Ok(true)
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
