//! Arguments, log, start: everything else is in the library.

use std::process::ExitCode;

use hotline::command::{self, Cli, USAGE};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(shown) => {
            // Nobody is left to tell when neither stdout nor stderr takes anything.
            let _ = shown.print();
            return ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(USAGE));
        }
    };
    let tongue = cli.tongue();
    if let Err(error) = log(&cli.log_filter(), cli.log_json) {
        eprintln!("hotline: --log: {error}");
        return ExitCode::from(USAGE);
    }
    match command::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("hotline: {}", error.words(tongue));
            ExitCode::from(error.exit_code())
        }
    }
}

/// Lines for people, or objects for machines, to stderr: stdout belongs to what was asked for.
fn log(filter: &str, json: bool) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::try_new(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        builder.json().init();
    } else {
        builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    }
    Ok(())
}
