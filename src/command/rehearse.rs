//! `hotline rehearse`: proves for all desks and every minute of a year that each path ends at a person or a call-back.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use config::Checked;
use config::draft::{DraftError, Workbench};
use indicatif::ProgressBar;
use rehearsal::{OpenEnd, Progress, Prompts, Proof, RehearsalError, prove};

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};

/// Between two looks at the progress.
const LOOK: Duration = Duration::from_millis(200);

/// What `hotline rehearse` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// The draft that was begun at a screen, instead of the files
    #[arg(long)]
    pub draft: bool,
}

/// Rehearses and prints the proof. The exit code: 0, or 1 when a path ends at nobody.
///
/// # Errors
/// [`CommandError::Faults`], [`CommandError::Draft`] without a draft, [`CommandError::Rehearsal`].
pub fn run(arguments: &Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked =
        if arguments.draft { drafted(arguments, tongue)? } else { check::load(&arguments.config, tongue)? };
    let prompts = Prompts::read(&checked.settings.prompts.dir);
    let today = checked.plan.calendar.zone.date(check::now());
    let (progress, began) = (Progress::default(), Instant::now());
    let proof = std::thread::scope(|scope| {
        let work = scope.spawn(|| prove(&checked, &prompts, today, &progress));
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        while !work.is_finished() {
            let (done, of) = progress.told();
            bar.set_length(of);
            bar.set_position(done);
            std::thread::sleep(LOOK);
        }
        bar.finish_and_clear();
        // A panic is a bug of this program.
        work.join().unwrap_or(Err(RehearsalError::Restless))
    })?;
    let code = if proof.open == 0 { 0 } else { FAILED };
    print(&told(&proof, &checked, began.elapsed(), tongue)).map(|_| code)
}

fn drafted(arguments: &Arguments, tongue: Tongue) -> Result<Checked, CommandError> {
    let bench = Workbench::at(arguments.config.clone());
    let draft = bench.draft()?.ok_or(DraftError::NoDraft)?;
    bench.check(&draft.files).map_err(|faults| check::tell(&faults, tongue))
}

fn told(proof: &Proof, checked: &Checked, took: Duration, tongue: Tongue) -> String {
    let Proof { paths, desks, minutes, classes, plays, open, .. } = proof;
    let seconds = took.as_secs_f64();
    let mut text = say!(
        tongue,
        "{desks} 个窗口，从今天起一年的 {minutes} 分钟，{paths} 种按键走法：归为 {classes} 类时刻，演算 {plays} 通电话，用时 {seconds:.1} 秒。\n",
        "{desks} desks, the {minutes} minutes of a year from today, {paths} ways of pressing keys: {classes} classes of minutes, \
         {plays} calls played in {seconds:.1} s.\n"
    );
    if *open == 0 {
        text.push_str(tongue.pick(
            "每条路都到人、到回电，或在无人在岗时到留言。\n",
            "Each path ends at a person, a call-back or, with nobody on duty, the voice mail.\n",
        ));
        return text;
    }
    text.push_str(&say!(tongue, "{open} 条路没有人接：\n", "{open} paths end at nobody:\n"));
    for OpenEnd { zh, en, at, number, keys } in &proof.open_ends {
        let (date, millis) = checked.plan.calendar.zone.civil(*at);
        let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
        let words = tongue.pick(zh, en);
        let example =
            format!("hotline route --at {date}T{hour:02}:{minute:02} --to {number} --keys {keys:?}");
        text.push_str(&format!("  {words}\n    {example}\n"));
    }
    text
}
