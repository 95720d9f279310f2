//! `hotline route`: which path a call takes at a moment, and why. The rehearsal drives the real core in virtual time.

mod arguments;

use rehearsal::{Prompts, Scene, render};

pub use arguments::{Arguments, Mood};

use crate::command::text::print;
use crate::command::{CommandError, Tongue, check};

/// Plays the call and tells its path.
///
/// # Errors
/// [`CommandError`]: faults of the configuration, arguments that can't be understood.
pub fn run(arguments: &Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&arguments.config, tongue)?;
    let prompts = Prompts::read(&checked.settings.prompts.dir);
    let scene = Scene::new(arguments.wishes(&checked, check::now())?, &checked, &prompts, tongue.into());
    let tale = rehearsal::play(&scene)?;
    let told = if arguments.json {
        render::json(&scene, &tale, arguments.explain)
    } else {
        render::text(&scene, &tale, arguments.explain)
    };
    print(&told)
}
