//! One HTTP request after another to one place, over one connection while it lasts. Redirects are not followed.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::error::CourierError;
use crate::tls::Tls;

/// From the first step of the connection to the last byte of the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What is read of an answer; the rest is not, and the connection is closed.
const MOST_ANSWER: usize = 64 * 1024;
const AGENT: &str = concat!("hotline/", env!("CARGO_PKG_VERSION"));

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    secret: bool,
    host: String,
    port: u16,
    authority: HeaderValue,
    path: Uri,
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, CourierError> {
        let fault = || CourierError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| fault())?;
        let secret = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(fault()),
        };
        let authority = uri.authority().ok_or_else(fault)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if secret { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).parse().map_err(|_| fault())?;
        let authority = HeaderValue::from_str(authority.as_str()).map_err(|_| fault())?;
        Ok(Self { secret, host, port, authority, path })
    }
}

/// What is posted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Post {
    pub(crate) content_type: &'static str,
    pub(crate) authorization: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The other end asks for this time.
    pub(crate) retry_after: Option<Duration>,
}

/// A way to one place.
pub(crate) struct Line {
    tls: Tls,
    target: Target,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Line {
    pub(crate) fn new(tls: Tls, target: Target) -> Self {
        Self { tls, target, open: None }
    }

    /// Posts this and waits for the answer. The connection stays open for the next one if the other end lets it.
    pub(crate) async fn post(&mut self, post: Post) -> Result<Answer, CourierError> {
        let done = tokio::time::timeout(ANSWER_WITHIN, self.exchange(post)).await;
        let done = done.unwrap_or(Err(CourierError::Late(ANSWER_WITHIN.as_secs())));
        if done.is_err() {
            self.open = None;
        }
        done
    }

    async fn exchange(&mut self, post: Post) -> Result<Answer, CourierError> {
        let request = self.request(post)?;
        let mut way = match self.kept().await {
            Some(way) => way,
            None => self.connect().await?,
        };
        let broken = |e: hyper::Error| CourierError::Broken(e.to_string());
        let response = way.send_request(request).await.map_err(broken)?;
        let answer = Answer { status: response.status().as_u16(), retry_after: retry_after(&response) };
        // An answer that is too long, or breaks off, is an answer; only the connection is of no use any more.
        if Limited::new(response.into_body(), MOST_ANSWER).collect().await.is_ok() {
            self.open = Some(way);
        }
        Ok(answer)
    }

    /// The connection of the last request, when the other end has not closed it.
    async fn kept(&mut self) -> Option<SendRequest<Full<Bytes>>> {
        let mut way = self.open.take()?;
        way.ready().await.ok().map(|()| way)
    }

    fn request(&self, post: Post) -> Result<Request<Full<Bytes>>, CourierError> {
        let mut request = Request::new(Full::new(Bytes::from(post.body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.target.authority.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(post.content_type));
        let unfit = |_| CourierError::Broken("a header holds what headers can't".to_owned());
        if let Some(authorization) = post.authorization {
            let mut value = HeaderValue::from_str(&authorization).map_err(unfit)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        for (name, value) in post.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).map_err(unfit)?);
        }
        Ok(request)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, CourierError> {
        let Target { secret, host, port, .. } = &self.target;
        let failed = |e: std::io::Error| CourierError::Connect(e.to_string());
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
        // Small requests, each waited for.
        let _ = stream.set_nodelay(true);
        if *secret { shake(self.tls.connect(host, stream).await?).await } else { shake(stream).await }
    }
}

async fn shake<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, CourierError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let shaken = handshake(TokioIo::new(stream)).await;
    let (way, connection) = shaken.map_err(|e| CourierError::Connect(e.to_string()))?;
    // Ends with the sending half.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection of the courier ended: {error}");
        }
    });
    Ok(way)
}

/// Seconds, or a date (RFC 9110 section 10.2.3).
fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
