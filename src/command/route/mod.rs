//! `hotline route`: which path a call takes at a moment, and why. The real core is driven in virtual time.

mod arguments;
mod files;
mod keys;
mod order;
mod people;
mod prompts;
mod render;
mod story;
mod why;
mod world;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use calendar::{Change, Hours, Span};
use call::Plan;
use config::Checked;

pub use arguments::{Arguments, Mood};

use crate::command::text::print;
use crate::command::{CommandError, Tongue, check};
use arguments::Wishes;
use files::Files;
use prompts::Prompts;
use story::Tale;
use world::World;

/// Everything that a play of one call needs and that does not change in it.
pub(crate) struct Scene<'a> {
    pub checked: &'a Checked,
    /// The checked plan, with what `--desk closed-hours` adds.
    pub plan: Arc<Plan>,
    pub wishes: Wishes,
    pub files: Files,
    pub tongue: Tongue,
}

/// Plays the call and tells its path.
///
/// # Errors
/// [`CommandError`]: faults of the configuration, arguments that can't be understood.
pub fn run(arguments: &Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&arguments.config, tongue)?;
    let files = Files::read(&arguments.config, &checked);
    let scene = scene(arguments.wishes(&checked, check::now())?, &checked, files, tongue);
    let tale = play(&scene)?;
    let told = if arguments.json {
        render::json(&scene, &tale, arguments.explain)
    } else {
        render::text(&scene, &tale, arguments.explain)
    };
    print(&told)
}

fn scene(wishes: Wishes, checked: &Checked, files: Files, tongue: Tongue) -> Scene<'_> {
    let mut plan = checked.plan.clone();
    if wishes.desk == Mood::ClosedHours {
        shut(&mut plan, wishes.at, tongue);
    }
    Scene { checked, plan: Arc::new(plan), wishes, files, tongue }
}

fn play(scene: &Scene<'_>) -> Result<Tale, CommandError> {
    World::new(scene, Prompts::read(&scene.checked.settings.prompts.dir)).play()
}

/// Shuts every window for the rest of the day, as the centre or its unit would: the next opening can be told.
fn shut(plan: &mut Plan, at: i64, tongue: Tongue) {
    let day = plan.calendar.zone.date(at);
    let reason = tongue.pick("命令行 --desk closed-hours", "--desk closed-hours");
    let closing = Change { from: day, until: day, span: Span::DAY, open: false, reason: reason.into() };
    let calendar = &mut plan.calendar;
    let windows = calendar.desks.values_mut().map(|desk| &mut desk.hours);
    windows.for_each(|hours: &mut Hours| hours.changes.retain(|change| !change.open));
    for hours in calendar.units.values_mut().chain([&mut calendar.centre]) {
        hours.changes.insert(0, closing.clone());
    }
}
