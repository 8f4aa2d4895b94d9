//! Version 0.1 of the plugin contract: its types as generated, and their conversion to
//! and from the model's at the edge. A later version of the contract gets a module of its
//! own beside this one, and the rest of the house does not notice.

mod accept;
mod accept_deploy;
mod accept_probe;
mod bindings;
mod facts;
mod give;
mod guest;

pub(crate) use facts::add_to_linker;
pub(crate) use guest::{Guest, Roles};
