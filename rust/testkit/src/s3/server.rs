//! A running server: its own thread with its own runtime, so that it serves async and blocking
//! tests alike and goes on when a test's runtime is busy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::S3ServiceBuilder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::fault::Faults;
use super::gate::Gate;
use super::handlers::Handlers;
use super::identity::{BaseHosts, OneKey};
use super::log::RequestLog;
use super::options::Options;
use super::storage::{ObjectView, Storage};
use super::tls::Tls;
use super::wire::{Ending, Wire};

/// An S3 server in this process. It ends, and its connections with it, when it is dropped.
pub struct S3Server {
    options: Options,
    address: SocketAddr,
    gate: Arc<Gate>,
    authority_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Binds and serves. Usable inside and outside an async runtime: binding takes microseconds,
    /// and all serving happens on the server's own threads.
    ///
    /// # Errors
    /// The address is taken, or the folder can't be read, or another server uses it, or a bucket
    /// has a name that S3 forbids.
    pub fn start(options: Options) -> io::Result<Self> {
        let storage = Arc::new(Storage::open(options.folder.as_deref())?);
        for bucket in &options.buckets {
            storage.ensure_bucket(bucket)?;
        }
        let hosts = BaseHosts(options.base_hosts.clone());
        let mut builder = S3ServiceBuilder::new(Handlers::new(Arc::clone(&storage)));
        builder.set_auth(OneKey::new(&options.access_key_id, &options.secret_access_key));
        builder.set_host(hosts.clone());
        let gate = Arc::new(Gate {
            s3: builder.build(),
            hosts,
            log: RequestLog::default(),
            faults: Faults::default(),
            storage,
        });

        let tls = options.tls.then(|| Tls::new(&options.base_hosts)).transpose()?;
        let (authority_pem, acceptor) = tls.map(|tls| (tls.authority_pem, tls.acceptor)).unzip();
        let listener = std::net::TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("testkit-s3")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("testkit-s3-accept".into()).spawn({
            let gate = Arc::clone(&gate);
            move || run(runtime, listener, Door { gate, acceptor }, stopped)
        })?;
        Ok(Self { options, address, gate, authority_pem, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`, or `https://…`.
    pub fn endpoint(&self) -> String {
        let scheme = if self.authority_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate (PEM) of the authority to trust, if the server speaks HTTPS.
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority_pem.as_deref()
    }

    /// The address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key id to sign with.
    pub fn access_key_id(&self) -> &str {
        &self.options.access_key_id
    }

    /// The secret to sign with.
    pub fn secret_access_key(&self) -> &str {
        &self.options.secret_access_key
    }

    /// Every request so far.
    pub fn requests(&self) -> &RequestLog {
        &self.gate.log
    }

    /// The fault rules.
    pub fn faults(&self) -> &Faults {
        &self.gate.faults
    }

    /// Makes a bucket; one that exists stays as it is.
    ///
    /// # Errors
    /// S3 forbids the name, or the folder can't be written.
    pub fn create_bucket(&self, name: &str) -> io::Result<()> {
        self.gate.storage.ensure_bucket(name)
    }

    /// The objects of a bucket in key order; none if there is no such bucket.
    pub fn objects(&self, bucket: &str) -> Vec<ObjectView> {
        self.gate.storage.views(bucket).unwrap_or_default()
    }

    /// The keys of a bucket, in order.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.objects(bucket).into_iter().map(|object| object.key).collect()
    }

    /// The content of an object, if there is one.
    pub fn data(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.gate.storage.data(bucket, key)
    }

    /// Puts an object behind the client's back. An object that exists keeps its metadata and its
    /// date: only its content changes, as by rot.
    ///
    /// # Errors
    /// There is no such bucket, or the folder can't be written.
    pub fn put(&self, bucket: &str, key: &str, data: &[u8]) -> io::Result<()> {
        self.gate.storage.tamper(bucket, key, data)
    }

    /// Denies deletions of objects whose key contains `text` from now on, each by itself, like an object lock.
    pub fn lock_objects(&self, text: &str) {
        self.gate.storage.lock_objects(text);
    }

    /// Removes an object behind the client's back; false if there was none.
    pub fn remove(&self, bucket: &str, key: &str) -> bool {
        self.gate.storage.remove(bucket, key)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The way in for a new connection.
#[derive(Clone)]
struct Door {
    gate: Arc<Gate>,
    acceptor: Option<TlsAcceptor>,
}

fn run(runtime: Runtime, listener: std::net::TcpListener, door: Door, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async {
        let Ok(listener) = TcpListener::from_std(listener) else { return };
        tokio::select! {
            () = accept(listener, door) => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
}

async fn accept(listener: TcpListener, door: Door) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(enter(stream, door.clone()));
            }
            // Out of file handles, or a peer that left at once: others are still to be served.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn enter(stream: TcpStream, door: Door) {
    // Answers are small and awaited: never wait for more to send.
    let _ = stream.set_nodelay(true);
    let ending = Ending::default();
    let wire = Wire::new(stream, ending.clone());
    match door.acceptor {
        None => serve(wire, door.gate, ending).await,
        Some(acceptor) => {
            // A peer that does not trust us leaves here.
            if let Ok(wire) = acceptor.accept(wire).await {
                serve(wire, door.gate, ending).await;
            }
        }
    }
}

async fn serve(wire: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, gate: Arc<Gate>, ending: Ending) {
    let service = service_fn(move |request| Arc::clone(&gate).answer(request, ending.clone()));
    // An error is the peer's, or one that a fault rule asked for.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(wire), service).await;
}
