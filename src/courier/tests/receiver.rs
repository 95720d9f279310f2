//! A receiver of webhooks: writes down what comes and answers by a list, the last answer for ever.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How a request is answered.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Reply {
    Status(u16),
    /// With this header.
    With(u16, &'static str, String),
    /// The connection is closed at once.
    Hang,
    /// Nothing comes.
    Silence,
    /// Once it is let go.
    Held(u16),
}

/// What came.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Came {
    pub(super) head: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

#[derive(Default)]
struct Told {
    came: Vec<Came>,
    replies: Vec<Reply>,
    connections: usize,
    gate: Arc<Notify>,
}

pub(super) struct Receiver {
    pub(super) at: SocketAddr,
    told: Arc<Mutex<Told>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(super) async fn new(replies: &[Reply]) -> Self {
        Self::over(replies, None).await
    }

    pub(super) async fn over(replies: &[Reply], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let told = Arc::new(Mutex::new(Told { replies: replies.to_vec(), ..Told::default() }));
        let heard = told.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, tls) = (heard.clone(), tls.clone());
                heard.lock().unwrap().connections += 1;
                tokio::spawn(async move {
                    match tls {
                        None => talk(stream, heard).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                talk(stream, heard).await;
                            }
                        }
                    }
                });
            }
        });
        Self { at, told, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook?x=1", self.at)
    }

    pub(super) fn came(&self) -> Vec<Came> {
        self.told.lock().unwrap().came.clone()
    }

    /// The ids that came, in order.
    pub(super) fn ids(&self) -> Vec<String> {
        self.came().iter().map(|came| came.headers["webhook-id"].clone()).collect()
    }

    pub(super) fn connections(&self) -> usize {
        self.told.lock().unwrap().connections
    }

    /// Answers what is held, or will be.
    pub(super) fn let_go(&self) {
        self.told.lock().unwrap().gate.notify_one();
    }

    /// From now on.
    pub(super) fn reply(&self, replies: &[Reply]) {
        self.told.lock().unwrap().replies = replies.to_vec();
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, told: Arc<Mutex<Told>>) {
    while let Some(came) = read(&mut stream).await {
        let (reply, gate) = {
            let mut told = told.lock().unwrap();
            told.came.push(came);
            let reply = if told.replies.len() > 1 { told.replies.remove(0) } else { told.replies[0].clone() };
            (reply, told.gate.clone())
        };
        if let Reply::Held(_) = reply {
            gate.notified().await;
        }
        let head = match reply {
            Reply::Status(status) | Reply::Held(status) => {
                format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\nok")
            }
            Reply::With(status, name, value) => {
                format!("HTTP/1.1 {status} x\r\n{name}: {value}\r\ncontent-length: 0\r\n\r\n")
            }
            Reply::Hang => return,
            Reply::Silence => std::future::pending().await,
        };
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Came> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head).unwrap();
    let mut lines = text.lines();
    let head = lines.next()?.to_owned();
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: BTreeMap<String, String> = lines.filter_map(header).collect();
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Came { head, headers, body: String::from_utf8(body).unwrap() })
}
