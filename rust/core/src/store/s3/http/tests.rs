#![allow(clippy::unwrap_used)]
use std::{future::Future, time::Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::*;
use crate::store::s3::{error::chain, tls};

const LIMIT: Duration = Duration::from_millis(300);

/// Lets `serve` handle one connection.
async fn serving<F: Future<Output = ()> + Send>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    });
    url
}

async fn call(url: &str, body: impl Into<Bytes>) -> Result<Bytes, ConnectorError> {
    let mut request = HttpRequest::new(SdkBody::from(body.into()));
    request.set_uri(url).unwrap();
    request.set_method("PUT").unwrap();
    let response = connector(tls::trusting_nothing().unwrap(), LIMIT).call(request).await?;
    let body = response.into_body().collect().await;
    body.map(|body| body.to_bytes()).map_err(ConnectorError::io)
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let url = serving(async |stream| {
        sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let began = Instant::now();
    let error = call(&url, "hello").await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!((LIMIT..LIMIT * 10).contains(&began.elapsed()));
}

#[tokio::test]
async fn a_body_that_falls_silent_is_given_up() {
    let url = serving(async |mut stream| {
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234").await.unwrap();
        sleep(Duration::from_secs(60)).await;
    })
    .await;
    let error = call(&url, "").await.unwrap_err();
    assert!(chain(&error).contains("no byte came for 0.3 s"), "{error:?}");
}

#[tokio::test]
async fn a_slow_transfer_may_take_longer_than_the_limit() {
    const LENGTH: usize = 8 << 20;
    let url = serving(async |mut stream| {
        let mut left = LENGTH;
        let mut buffer = vec![0; 1 << 20];
        while left > 0 {
            sleep(LIMIT / 10).await;
            left = left.saturating_sub(stream.read(&mut buffer).await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n").await.unwrap();
        for byte in b"received" {
            sleep(LIMIT / 4).await;
            stream.write_all(&[*byte]).await.unwrap();
        }
    })
    .await;
    let began = Instant::now();
    assert_eq!(call(&url, vec![7; LENGTH]).await.unwrap(), "received");
    assert!(began.elapsed() > LIMIT * 2, "too quick to show anything: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_goes_out_whole_with_its_length() {
    let data: Vec<u8> = (0..200_000u32).map(|at| at as u8).collect();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let url = serving(async |mut stream| {
        let mut received = Vec::new();
        while received.len() < 200_000 || !received.ends_with(&[0x3f]) {
            stream.read_buf(&mut received).await.unwrap();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        sender.send(received).unwrap();
    })
    .await;
    call(&url, data.clone()).await.unwrap();
    let received = receiver.await.unwrap();
    let head = String::from_utf8_lossy(&received[..received.len() - data.len()]).to_ascii_lowercase();
    assert!(head.contains("content-length: 200000\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(received.ends_with(&data));
}
