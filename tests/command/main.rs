//! The command line as a process: `check`, `route` and `phone` with real arguments, output and exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod check;
mod keep;
mod phone;
mod registrar;
mod route;
mod versions;

use std::path::PathBuf;
use std::process::{Command, Output};

/// The binary, with an environment that says nothing about languages, in the folder of the sample configuration.
fn hotline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "HOTLINE_LOG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.current_dir(root()).args(arguments);
    command
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Its exit code, stdout and stderr.
fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    told(&hotline(arguments).output().unwrap())
}

/// Each of these stands in the text, in this order.
fn in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let at = rest.find(word).unwrap_or_else(|| panic!("{word:?} is not there, in its order:\n{text}"));
        rest = &rest[at + word.len()..];
    }
}

#[test]
fn without_a_subcommand_it_shows_its_help() {
    let (code, out, _) = run(&[]);
    assert_eq!(code, 0);
    in_order(&out, &["Usage: hotline", "serve", "check", "route", "phone", "demo"]);
    let (code, out, _) = run(&["--lang", "zh"]);
    assert_eq!(code, 0);
    in_order(&out, &["用法：hotline", "按配置接听来电", "通用选项"]);
}

#[test]
fn each_page_of_help_has_an_example_in_both_languages() {
    for page in ["serve", "check", "route", "phone", "demo"] {
        let (code, out, _) = run(&[page, "--help"]);
        assert_eq!(code, 0);
        in_order(&out, &["Usage: hotline", "Examples:", &format!("hotline {page}")]);
        let chinese = hotline(&[page, "--help"]).env("LANG", "zh_CN.UTF-8").output().unwrap();
        in_order(&told(&chinese).1, &["用法：", "选项:", "例：", &format!("hotline {page}")]);
    }
}

#[test]
fn what_is_no_argument_ends_with_2() {
    for arguments in [&["nonsense"][..], &["check", "--nonsense"], &["phone"], &["check", "--log", "a=b=c"]] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!err.is_empty(), "{arguments:?}");
    }
}
