//! A sealed recording over HTTP: opened chunk by chunk while it is sent, all of it or one range (RFC 9110 section 14).

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::RangeInclusive;
use std::path::Path;

use axum::body::Body;
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use vault::stream::CHUNK;
use vault::{Locker, Sound, VaultError};

use crate::error::ApiError;

/// Pieces that wait for a slow listener. When full: nothing more is opened until one was sent.
const PIECES: usize = 2;

/// Opens a recording; sealed or clear.
///
/// # Errors
/// [`ApiError::Purged`]: the key that sealed it was destroyed. [`ApiError::FileGone`]: it can't be read.
pub(crate) async fn open(locker: &Locker, path: &Path) -> Result<Sound, ApiError> {
    let (locker, path) = (locker.clone(), path.to_owned());
    let opened = tokio::task::spawn_blocking(move || locker.open(&path)).await;
    opened.map_err(|_| ApiError::Internal("the recording could not be opened"))?.map_err(|error| {
        let destroyed = error.get_ref().and_then(|why| why.downcast_ref::<VaultError>());
        tracing::warn!(%error, "a recording can't be opened");
        if matches!(destroyed, Some(VaultError::NoKey(_))) { ApiError::Purged } else { ApiError::FileGone }
    })
}

/// Sends a recording that is open.
pub(crate) fn serve(mut sound: Sound, headers: &HeaderMap) -> Result<Response, ApiError> {
    let length = sound.length().ok().flatten().ok_or(ApiError::FileGone)?;
    let asked = match headers.get(RANGE).map(|range| wanted(range.to_str().unwrap_or_default(), length)) {
        None => None,
        Some(Some(range)) => Some(range),
        Some(None) => {
            let headers = [(CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let (first, count) =
        asked.as_ref().map_or((0, length), |range| (*range.start(), range.end() - range.start() + 1));
    sound.seek(SeekFrom::Start(first)).map_err(|_| ApiError::FileGone)?;
    let (send, pieces) = mpsc::channel(PIECES);
    tokio::spawn(pour(sound.take(count), send));
    let body = Body::from_stream(ReceiverStream::new(pieces));
    let headers = [(ACCEPT_RANGES, "bytes".to_owned()), (CONTENT_LENGTH, count.to_string())];
    Ok(match asked {
        None => (headers, body).into_response(),
        Some(range) => {
            let range = [(CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start(), range.end()))];
            (StatusCode::PARTIAL_CONTENT, headers, range, body).into_response()
        }
    })
}

/// One range that is within the file.
fn wanted(range: &str, length: u64) -> Option<RangeInclusive<u64>> {
    let ranges = http_range_header::parse_range_header(range).ok()?.validate(length).ok()?;
    let [range] = <[RangeInclusive<u64>; 1]>::try_from(ranges).ok()?;
    Some(range)
}

/// Piece by piece, as fast as the listener takes them: no thread waits for them.
async fn pour(mut sound: io::Take<Sound>, send: mpsc::Sender<io::Result<Vec<u8>>>) {
    loop {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; CHUNK];
            let read = sound.read(&mut piece).map(|count| {
                piece.truncate(count);
                piece
            });
            (sound, read)
        });
        let Ok((rest, read)) = read.await else { return };
        sound = rest;
        let is_last = !matches!(&read, Ok(piece) if !piece.is_empty());
        if matches!(&read, Ok(piece) if piece.is_empty()) || send.send(read).await.is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_within_the_file_and_no_other() {
        assert_eq!(wanted("bytes=0-9", 100), Some(0..=9));
        assert_eq!(wanted("bytes=90-", 100), Some(90..=99));
        assert_eq!(wanted("bytes=-5", 100), Some(95..=99));
        for bad in ["bytes=100-", "bytes=0-9,20-29", "bytes=9-0", "bytes=", "lines=0-9", ""] {
            assert_eq!(wanted(bad, 100), None, "{bad}");
        }
    }
}
