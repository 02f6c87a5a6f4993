//! Core errors become Ruby exceptions. lib/litestream/errors.rb alone declares the class for each code.

use litestream_core::Error;
use magnus::{Exception, RHash, RModule, Ruby, prelude::*};

/// `work().map_err(raise(ruby))`
pub fn raise(ruby: &Ruby) -> impl Fn(Error) -> magnus::Error + '_ {
    move |error| exception(ruby, &error).map_or_else(|failure| failure, magnus::Error::from)
}

fn exception(ruby: &Ruby, error: &Error) -> Result<Exception, magnus::Error> {
    let litestream: RModule = ruby.class_object().const_get("Litestream")?;
    let root: magnus::RClass = litestream.const_get("Error")?;
    let facts = (error.code(), error.exit_status(), error.is_retryable(), error.to_string(), details(ruby, error)?);
    root.funcall("of", facts)
}

/// Facts for the caller beside the sentence.
fn details(ruby: &Ruby, error: &Error) -> Result<RHash, magnus::Error> {
    let details = ruby.hash_new();
    if let Error::MissingEnvironment { names } = error {
        details.aset(ruby.to_symbol("names"), ruby.ary_from_iter(names.iter().copied()))?;
    }
    Ok(details)
}
