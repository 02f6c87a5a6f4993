//! Judges the bridge: an extension whose calls panic (spec/native/panic_spec.rb). Neither built nor shipped with the gem.

#[allow(dead_code)]
#[path = "../src/bridge/mod.rs"]
mod bridge;

use litestream_core::Result;
use magnus::{Error, Ruby, function, prelude::*};

/// Panics in the middle of a call that waits.
fn waiting(ruby: &Ruby) -> std::result::Result<(), Error> {
    bridge::gvl::wait(ruby, async {
        tokio::task::yield_now().await;
        panic!("a fault while waiting")
    })
}

/// Panics while the call, cancelled by Ruby, is taken apart.
fn ending(ruby: &Ruby) -> std::result::Result<(), Error> {
    struct Fault;
    impl Drop for Fault {
        fn drop(&mut self) {
            panic!("a fault while ending")
        }
    }
    bridge::gvl::wait(ruby, async {
        let _fault = Fault;
        std::future::pending::<Result<()>>().await
    })
}

#[magnus::init(name = "panicking")]
fn init(ruby: &Ruby) -> std::result::Result<(), Error> {
    let module = ruby.define_module("Panicking")?;
    module.define_singleton_method("waiting", function!(waiting, 0))?;
    module.define_singleton_method("ending", function!(ending, 0))?;
    Ok(())
}
