//! The HTTP client under the SDK: HTTP/1.1 over a small pool, TLS by rustls, and timeouts on stalled transfers in place
//! of timeouts on whole requests.

use std::{fmt, io, time::Duration};

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as Connector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;

use super::stall_timeout::{self, Incoming, Outgoing, TransferProgress};

/// Longest time to connect, for all addresses of a host together.
const CONNECT: Duration = Duration::from_secs(4);
/// An unused connection is closed after this; an idle process holds none.
const KEEP: Duration = Duration::from_secs(20);
const KEEP_MOST: usize = 8;

pub(super) fn client(tls: ClientConfig) -> SharedHttpClient {
    let connector = connector(tls, stall_timeout::LIMIT);
    http_client_fn(move |_, _| connector.clone())
}

fn connector(tls: ClientConfig, limit: Duration) -> SharedHttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEEP)
        .pool_max_idle_per_host(KEEP_MOST)
        .build(https);
    SharedHttpConnector::new(Http { client, limit })
}

struct Http {
    client: Client<HttpsConnector<HttpConnector>, Outgoing>,
    limit: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Connector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let progress = TransferProgress::start();
        let answer = self.client.request(request.map(|body| Outgoing::new(body, progress.clone())));
        let limit = self.limit;
        HttpConnectorFuture::new(async move {
            let response = match progress.guard(limit, answer).await {
                Some(Ok(response)) => response,
                Some(Err(error)) => return Err(ConnectorError::io(error.into())),
                None => {
                    let silence = format!("no answer for {} s", limit.as_secs_f32());
                    return Err(ConnectorError::timeout(io::Error::new(io::ErrorKind::TimedOut, silence).into()));
                }
            };
            let response = response.map(|body| SdkBody::from_body_1_x(Incoming::new(body, limit)));
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

#[cfg(test)]
mod tests;
