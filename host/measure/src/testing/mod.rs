//! What tests of this crate share: machines as folders of text, and services on loopback.

mod machine;
mod service;

pub(crate) use machine::{Machine, server};
pub(crate) use service::{OK, Service, answering, read_request};
