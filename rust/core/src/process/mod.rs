//! The replicator as a child process: one per application and machine, started again when it dies, ended with its
//! parent. The Rails process supervises ([`Supervisor`]); the executable watches its parent ([`parent`]).

mod child;
pub mod engine;
mod lock;
pub mod parent;
mod settings;
mod shared;
mod spawn;
mod status;
mod supervisor;
mod tending;

pub use lock::{Lock, Taken};
pub use settings::Settings;
pub use spawn::{Command, Output};
pub use status::{Exit, Role, Status};
pub use supervisor::Supervisor;
