//! `hotline check`: the sample is calm, a broken copy has every fault told at once, and nothing is written.

use std::fs;
use std::path::Path;

use super::{in_order, root, run};

/// A copy of the sample configuration, with the prompts beside it.
pub(super) fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("prompts"), folder.path().join("prompts")).unwrap();
    copy_all(&root().join("sip-config"), &folder.path().join("sip-config"));
    folder
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub(super) fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join("sip-config").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn the_sample_is_summed_up_calmly() {
    let (code, out, err) = run(&["check"]);
    assert_eq!((code, err.as_str()), (0, ""));
    in_order(
        &out,
        &[
            "sip-config: no faults",
            "units       39 (30 departments, 9 agencies)",
            "desks       98",
            "services    466",
            "staff       140 (8 operators, 2 leads, 91 at desks, 39 liaisons)",
            "trunks      none",
            "numbers     89000 053589000",
            "Please note:",
            "no trunk",
            "110 119 120 122 lead to phones for trying out",
        ],
    );
    let (code, out, _) = run(&["check", "--lang", "zh"]);
    assert_eq!(code, 0);
    in_order(&out, &["没有错误", "单位        39（部门 30，机构 9）", "窗口        98", "请留意"]);
}

#[test]
fn every_fault_is_told_at_once_with_file_line_and_what_to_do() {
    let folder = copy();
    edit(folder.path(), "menus.toml", "profile = \"direct\"", "profile = \"speech\"");
    edit(folder.path(), "desks.toml", "members = [\"2034\"]", "members = [\"2999\"]");
    let config = folder.path().join("sip-config");
    let (code, out, err) = run(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (1, ""));
    in_order(&out, &["menus.toml:9:", "desks.toml:49:", "2999", "2 faults in all"]);
    assert!(!out.contains('。'), "English alone");
    let (code, out, _) = run(&["check", "--lang", "zh", "--config", config.to_str().unwrap()]);
    assert_eq!(code, 1);
    in_order(&out, &["menus.toml:9:", "。\n    ", "desks.toml:49:", "共 2 处错误"]);
    // The others refuse to work with it, and say why.
    let (code, out, err) = run(&["route", "--config", config.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (1, ""));
    in_order(&err, &["menus.toml:9:", "desks.toml:49:", "has 2 faults"]);
}

#[test]
fn a_trunk_over_tls_wants_the_house_to_listen_for_tls() {
    for (transport, told) in [("tls", true), ("tcp", false)] {
        let folder = copy();
        let config = folder.path().join("sip-config");
        let trunks = config.join("trunks.toml");
        let text = fs::read_to_string(&trunks).unwrap();
        let trunk =
            format!("[[trunk]]\nname = \"safe\"\nproxy = \"192.0.2.1\"\ntransport = \"{transport}\"\n");
        fs::write(trunks, format!("{text}\n{trunk}")).unwrap();
        let (code, out, _) = run(&["check", "--config", config.to_str().unwrap()]);
        assert_eq!(code, 0, "{out}");
        let said = out.contains("safe: over TLS, but the house does not listen for TLS");
        assert_eq!(said, told, "{out}");
    }
}

#[test]
fn nothing_is_written() {
    let folder = copy();
    let config = folder.path().join("sip-config");
    assert_eq!(run(&["check", "--config", config.to_str().unwrap()]).0, 0);
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_folder_that_is_not_there_is_a_wrong_argument() {
    let (code, out, err) = run(&["check", "--config", "/no/such/folder"]);
    assert_eq!((code, out.as_str()), (2, ""));
    in_order(&err, &["--config", "/no/such/folder"]);
}
