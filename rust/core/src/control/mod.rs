//! The control socket: messages, and the client that the Rails process and the command line use. The server lives in
//! the replicator.

mod message;

pub use message::*;
