//! What is said of a run: each figure with its aim and what it is to the floor, and a line of the history.

use crate::history::History;
use crate::shape::Shape;
use crate::taken;

/// A run.
pub struct Report {
    /// Less than a minute; not kept.
    pub quick: bool,
    history: History,
}

impl Report {
    pub fn new(quick: bool) -> Self {
        println!(
            "media engine on core {}, callers on core {}; load of the machine {:.1}",
            crate::SERVER_CORE,
            crate::LOAD_CORE,
            taken::load()
        );
        Self { quick, history: History::new() }
    }

    pub fn title(&mut self, words: &str) {
        println!("\n{words}");
    }

    pub fn note(&mut self, name: &str, words: &str) {
        println!("  {name}: {words}");
    }

    /// A figure without aim.
    pub fn plain(&mut self, name: &str, words: &str, value: f64, unit: &str) {
        println!("  {words}: {} {unit}", shown(value));
        self.keep(name, value, unit);
    }

    /// A figure that was said already, for the history.
    pub fn keep(&mut self, name: &str, value: f64, unit: &str) {
        self.history.add(name, value, unit);
    }

    /// A figure that is to be at most, or at least, its aim.
    pub fn aim(&mut self, name: &str, words: &str, value: f64, unit: &str, aim: Aim) {
        let (reached, text) = match aim {
            Aim::AtMost(most) => (value <= most, format!("at most {}", shown(most))),
            Aim::AtLeast(least) => (value >= least, format!("at least {}", shown(least))),
        };
        let verdict = if reached { "reached" } else { "NOT reached" };
        println!("  {words}: {} {unit} (aim: {text}, {verdict})", shown(value));
        self.history.add(name, value, unit);
    }

    /// CPU of a kind of room.
    pub fn cost(&mut self, shape: Shape, value: f64, floor: f64) {
        let ratio = value / floor;
        let aim = shape.target().map_or_else(String::new, |most| {
            format!(", aim: at most {most}, {}", if value <= most { "reached" } else { "NOT reached" })
        });
        let within = if ratio <= 1.5 { "within 1.5" } else { "beyond 1.5" };
        println!(
            "  {}: {} ms/leg-s ({ratio:.2} times its floor, {within}{aim})",
            shape.words(),
            shown(value)
        );
        self.history.add(shape.name(), value, "ms/leg-s");
        self.history.add(&format!("{}-to-floor", shape.name()), ratio, "times");
    }

    /// Keeps what was measured.
    pub fn close(self) {
        if self.quick {
            println!("\na quick run is not kept");
        } else {
            self.history.keep();
        }
    }
}

/// What a figure is to be.
pub enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

fn shown(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// The one in the middle.
pub fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
