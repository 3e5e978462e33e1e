//! A TCP proxy that spoils connections: what a bad line, or a bad machine, does to TLS.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use warifu_service::Surroundings;

/// What it does to each connection.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Bytes arrive this much later.
    Delay(Duration),
    /// It is reset after this long.
    CutAfter(Duration),
    /// It is reset after some time, up to this long, at random.
    Reset(Duration),
    /// After so many bytes from the connector, no more of them come, and the end is said properly.
    HalfClose(usize),
}

/// A running proxy.
pub struct Proxy {
    pub url: String,
    accepted: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Proxy {
    /// Stands before the connector at `url`.
    pub async fn before(url: &str, fault: Fault) -> Self {
        let target = url.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(spoil(client, target, fault));
            }
        });
        Self { url, accepted, task: task.abort_handle() }
    }

    /// Connections so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn spoil(mut client: TcpStream, target: u16, fault: Fault) {
    let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
    match fault {
        Fault::Delay(time) => {
            sleep(time).await;
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
        Fault::CutAfter(life) => cut(client, server, life).await,
        Fault::Reset(longest) => cut(client, server, longest.mul_f64(chance())).await,
        Fault::HalfClose(bytes) => half_close(client, server, bytes).await,
    }
}

async fn cut(mut client: TcpStream, mut server: TcpStream, life: Duration) {
    let _ = timeout(life, copy_bidirectional(&mut client, &mut server)).await;
    // Closing with nothing to linger for is a reset.
    let _ = client.set_zero_linger();
}

async fn half_close(client: TcpStream, server: TcpStream, bytes: usize) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let _ = tokio::io::copy(&mut (&mut from_server).take(bytes as u64), &mut to_client).await;
    let _ = to_client.shutdown().await;
    // The other direction stays open.
    sleep(Duration::from_mins(1)).await;
}

/// From 0 to 1.
fn chance() -> f64 {
    f64::from(u32::from_be_bytes(Surroundings::system().bytes())) / f64::from(u32::MAX)
}
