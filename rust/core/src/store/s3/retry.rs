//! Failures worth a retry, beyond those that the SDK knows.

use aws_sdk_s3::config::{interceptors::InterceptorContext, retry::ClassifyRetry};
use aws_smithy_runtime_api::client::retries::classifiers::RetryAction;

/// Retries three more failures: too many requests, a request that the server timed out waiting for, and a conflicting
/// write of the same key. The condition of such a write is evaluated again.
#[derive(Debug)]
pub(super) struct AlsoRetry;

impl ClassifyRetry for AlsoRetry {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(429) => RetryAction::throttling_error(),
            Some(408) => RetryAction::transient_error(),
            // The only possible conflict among the requests made here.
            Some(409) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "AlsoRetry"
    }
}
