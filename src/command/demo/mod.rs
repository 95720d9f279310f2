//! `hotline demo`: one three-way call on loopback, over real SIP and RTP, with everything that it leaves behind.
//!
//! [`stage`] chooses people and moment, [`cast`] starts the house and the phones, [`play`] plays the call and listens,
//! [`evidence`] looks at record and recording, [`picture`] draws them, `report` tells. Tests play the same play.

pub mod cast;
pub mod ears;
pub mod evidence;
pub mod picture;
pub mod play;
mod progress;
mod report;
pub mod stage;
pub mod story;
mod words;

use std::path::{Path, PathBuf};

use self::cast::Cast;
use self::evidence::Evidence;
use self::play::Played;
use self::progress::Progress;
use self::report::Report;
use self::stage::Stage;
use crate::command::text::print;
use crate::command::{CommandError, FAILED, Tongue, check};

/// Where demonstrations go unless somebody says otherwise.
const FOLDER: &str = "data/demo";
/// How much of a call's number its folder shows.
const TAIL: usize = 6;
/// The picture's file.
const PICTURE: &str = "timeline.svg";

/// What `hotline demo` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// Window that is brought in, three digits [default: 037, else the first one]
    #[arg(long, value_name = "NNN")]
    pub desk: Option<String>,
    /// Keep record, recording and picture in this folder [default: a new one in data/demo]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// What a demonstration came to.
pub struct Outcome {
    /// What it was played with; its folder is where it was played.
    pub stage: Stage,
    /// What was played and checked.
    pub played: Played,
    /// What the call left.
    pub evidence: Option<Evidence>,
    /// The picture's file.
    pub picture: Option<PathBuf>,
}

/// Plays the demonstration and tells what came of it. The exit code: [`FAILED`] when something was not as it should be.
///
/// # Errors
/// [`CommandError`]: the play could not begin, or what it left could not be written.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&arguments.config, tongue)?;
    let now = check::now();
    // Without --keep the folder gets its last name when the call has its number.
    let begun = stage::clock(&checked.plan, now).replace(['-', ':'], "").replace(' ', "-");
    let folder = arguments.keep.clone().unwrap_or_else(|| Path::new(FOLDER).join(&begun));
    let mut stage = Stage::set(checked, &folder, arguments.desk.as_deref(), now)?;
    if arguments.keep.is_none() {
        // Names that a demonstration had spoken are the next one's too.
        stage.checked.settings.prompts.cache = stage.folder.with_file_name("names");
    }
    if let Some(words) = stage.tell_moment(tongue) {
        print(&format!("{words}\n"))?;
    }
    let mut progress = Progress::new(tongue);
    let outcome = play_out(stage, tongue, &mut |step| progress.begin(step)).await;
    progress.end();
    let outcome = outcome?;
    let folder = match (&arguments.keep, outcome.played.call) {
        (None, Some(call)) => settle(&folder, &begun, &call.to_string())?,
        (Some(_), _) | (None, None) => folder,
    };
    let Outcome { stage, played, evidence, picture } = &outcome;
    let (evidence, picture) = (evidence.as_ref(), picture.as_deref());
    let report = Report { stage, played, evidence, folder: &folder, picture };
    print(&report.text(tongue))?;
    Ok(if played.is_right() { 0 } else { FAILED })
}

/// Starts the house, plays the call, gathers what it left, draws it, and closes the house.
///
/// # Errors
/// [`CommandError`]: the play could not begin, or the picture could not be written.
pub async fn play_out(
    stage: Stage,
    tongue: Tongue,
    begin: &mut (dyn FnMut(play::Step) + Send),
) -> Result<Outcome, CommandError> {
    let cast = Cast::assemble(stage).await?;
    let mut played = play::three_way(&cast, begin).await;
    let evidence = evidence::gather(&cast, &mut played, begin).await;
    let stage = cast.dismiss().await;
    let picture = match &evidence {
        Some(evidence) => Some(draw(&stage, evidence, tongue).await?),
        None => None,
    };
    Ok(Outcome { stage, played, evidence, picture })
}

async fn draw(stage: &Stage, evidence: &Evidence, tongue: Tongue) -> Result<PathBuf, CommandError> {
    let path = stage.folder.join(PICTURE);
    let svg = picture::draw(&story::tell(stage, evidence, tongue));
    let written = tokio::fs::write(&path, svg).await;
    written.map_err(|source| CommandError::File { path: path.clone(), source })?;
    Ok(path)
}

/// The folder's last name: when, and the end of the call's number.
fn settle(folder: &Path, begun: &str, call: &str) -> Result<PathBuf, CommandError> {
    let tail = call.get(call.len().saturating_sub(TAIL)..).unwrap_or(call);
    let path = folder.with_file_name(format!("{begun}-{tail}"));
    std::fs::rename(folder, &path)
        .map_err(|source| CommandError::File { path: folder.to_owned(), source })?;
    Ok(path)
}
