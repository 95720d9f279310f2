//! One call of the phone from its first to its last message: what is done in it, and how it went.

use std::future::pending;
use std::path::Path;
use std::time::{Duration, Instant};

use ::phone::{Call, Dial, Ending, Phone, PhoneError};
use tokio_util::sync::CancellationToken;

use super::deeds::Deed;
use super::report::{CallReport, Heard};
use super::setup::{Setup, Voice, numbered};
use crate::command::CommandError;

/// Longest wait for the far end's last word about a call that we take back.
const PATIENCE: Duration = Duration::from_secs(4);

/// Calls, and does in the call what was asked for.
///
/// # Errors
/// [`CommandError::Phone`] when it can't be dialled at all, [`CommandError::File`] for the recording.
pub(crate) async fn outgoing(
    phone: &Phone,
    dial: Dial,
    setup: &Setup,
    stop: &CancellationToken,
) -> Result<CallReport, CommandError> {
    let began = Instant::now();
    let dialing = phone.dial(dial).map_err(|error| match error {
        PhoneError::Unreachable => CommandError::argument(
            "--call",
            "呼叫不了：请写号码，或主机是 IP 地址的 sip: 地址",
            "not to be called: write a number, or a sip: address whose host is an IP address",
        ),
        other => other.into(),
    })?;
    let mut report = CallReport::default();
    loop {
        tokio::select! {
            biased;
            rang = dialing.until_progress(180), if report.ringing.is_none() => {
                if rang.is_ok() {
                    report.ringing = Some(began.elapsed());
                    continue;
                }
                report.end(dialing.ended().await);
                return Ok(report);
            }
            answered = dialing.until_answered() => {
                if answered.is_ok() {
                    break;
                }
                report.end(dialing.ended().await);
                return Ok(report);
            }
            () = stop.cancelled() => {
                if let Ok(ending) = tokio::time::timeout(PATIENCE, dialing.cancel()).await {
                    report.end(ending);
                }
                return Ok(report);
            }
        }
    }
    report.answered = Some(began.elapsed());
    let call = dialing.answered().await?;
    let end = setup.length.map(|length| Instant::now() + length);
    conduct(&call, setup, 0, end, stop, &mut report).await?;
    Ok(report)
}

/// Waits for a call and answers it; `None` when the time is over or somebody wants to stop.
///
/// # Errors
/// [`CommandError::Phone`] when the phone can't answer any more, [`CommandError::File`] for the recording.
pub(crate) async fn incoming(
    phone: &Phone,
    n: usize,
    setup: &Setup,
    end: Option<Instant>,
    stop: &CancellationToken,
) -> Result<Option<CallReport>, CommandError> {
    let ringing = tokio::select! {
        ringing = phone.incoming() => ringing?,
        () = until(end) => return Ok(None),
        () = stop.cancelled() => return Ok(None),
    };
    let began = Instant::now();
    let mut report = CallReport { incoming: true, caller: ringing.caller(), ..CallReport::default() };
    // The caller may have given up: then answering says so.
    let _ = ringing.ring();
    match ringing.answer().await {
        Ok(call) => {
            report.answered = Some(began.elapsed());
            conduct(&call, setup, n, end, stop, &mut report).await?;
        }
        Err(PhoneError::Over(ending)) => report.end(*ending),
        Err(error @ PhoneError::Sdp(_)) => report.fault = Some(error.to_string()),
        Err(error) => return Err(error.into()),
    }
    Ok(Some(report))
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end.into()).await,
        None => pending().await,
    }
}

/// Speaks, keys and listens until the far end hangs up, the time is over, or somebody wants to stop.
async fn conduct(
    call: &Call,
    setup: &Setup,
    n: usize,
    end: Option<Instant>,
    stop: &CancellationToken,
    report: &mut CallReport,
) -> Result<(), CommandError> {
    match &setup.voice {
        Voice::Silence => {}
        Voice::Tone(hertz) => call.tone(*hertz),
        Voice::Sound(samples) => call.play(samples.clone()),
    }
    let ending = tokio::select! {
        ending = call.ended() => ending,
        () = until(end) => hang_up(call).await,
        () = stop.cancelled() => hang_up(call).await,
        fault = keys(call, setup) => {
            report.fault = Some(fault.to_string());
            hang_up(call).await
        }
    };
    report.codec = call.codec().map(|codec| codec.name());
    report.stats = call.stats();
    report.keys_heard = call.pressed().chars().count();
    let tape = call.tape();
    report.heard = Some(Heard::of(&tape));
    if let Some(path) = setup.record.as_deref().map(|path: &Path| numbered(path, n)) {
        tape.save(&path).map_err(|source| CommandError::File { path, source })?;
    }
    report.end(ending);
    Ok(())
}

async fn hang_up(call: &Call) -> Ending {
    call.hang_up();
    call.ended().await
}

/// Does the deeds in turn. Comes back only when one of them can't be done in a call that goes on.
async fn keys(call: &Call, setup: &Setup) -> PhoneError {
    for deed in &setup.deeds {
        let done = match deed {
            Deed::Wait(length) => {
                tokio::time::sleep(*length).await;
                Ok(())
            }
            Deed::Press(keys) if setup.info => call.info_digits(keys).await,
            Deed::Press(keys) => call.digits(keys).await,
        };
        match done {
            Ok(()) => {}
            // The end of the call is told by the call itself.
            Err(_) if !call.is_up() => pending().await,
            Err(fault) => return fault,
        }
    }
    pending().await
}
