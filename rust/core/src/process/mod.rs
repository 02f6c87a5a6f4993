//! The replicator as a child process: one per application and machine, started again when it dies, ended with its
//! parent. The Rails process supervises ([`Supervisor`]); the executable watches its parent ([`parent_watch`]).

mod child;
pub mod executable;
mod lock;
pub mod parent_watch;
mod settings;
mod shared_status;
mod spawn;
mod status;
mod supervise;
mod supervisor;

pub use lock::{Lock, Taken};
pub use settings::Settings;
pub use spawn::{Command, Output};
pub use status::{Exit, Role, Status};
pub use supervisor::Supervisor;
