//! Judges the bridge: calls that panic (spec/native/panic_spec.rb). Compiled only with the feature `panicking`, so no
//! installed extension has them.

use litestream_core::Result;
use magnus::{Error, RModule, Ruby, function, prelude::*};

use crate::bridge::gvl;

/// Panics in the middle of a call that waits.
fn waiting(ruby: &Ruby) -> std::result::Result<(), Error> {
    gvl::wait(ruby, async {
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
    gvl::wait(ruby, async {
        let _fault = Fault;
        std::future::pending::<Result<()>>().await
    })
}

pub fn init(native: RModule) -> std::result::Result<(), Error> {
    let module = native.define_module("Panicking")?;
    module.define_singleton_method("waiting", function!(waiting, 0))?;
    module.define_singleton_method("ending", function!(ending, 0))?;
    Ok(())
}
