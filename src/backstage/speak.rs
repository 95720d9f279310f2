//! The text-to-speech command of hotline.toml, run once for a recording.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::Words;
use call::ids::Lang;
use config::settings::Prompts;
use tokio::process::Command;

/// The command may take so long; then it is ended.
const DEADLINE: Duration = Duration::from_secs(12);

static SERIAL: AtomicU64 = AtomicU64::new(1);

/// Has the command speak; the WAV as it wrote it.
pub(super) async fn speak(prompts: &Prompts, lang: Lang, text: &str) -> Result<Vec<u8>, Words> {
    if prompts.tts.is_empty() {
        return Err(Words::new(
            "没有语音合成命令；请在 hotline.toml 的 [prompts] tts 里设置",
            "there is no text-to-speech command: set [prompts] tts in hotline.toml",
        ));
    }
    let failed = |why: String| {
        let program = prompts.tts.first().cloned().unwrap_or_default();
        Words::new(
            format!("语音合成命令 {program} 失败：{why}"),
            format!("the command {program} failed: {why}"),
        )
    };
    tokio::fs::create_dir_all(&prompts.cache).await.map_err(|why| failed(why.to_string()))?;
    let name = format!("prompt-{}-{}.wav", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
    let file = prompts.cache.join(name);
    let done = run(prompts, lang, text, &file).await;
    let read = tokio::fs::read(&file).await;
    // What the command left behind; there may be nothing.
    let _ = tokio::fs::remove_file(&file).await;
    done.map_err(failed)?;
    read.map_err(|why| failed(why.to_string()))
}

async fn run(prompts: &Prompts, lang: Lang, text: &str, file: &Path) -> Result<(), String> {
    let voice = match lang {
        Lang::Zh => &prompts.voice_zh,
        Lang::En => &prompts.voice_en,
    };
    let path = file.display().to_string();
    let fill =
        |word: &String| word.replace("{voice}", voice).replace("{file}", &path).replace("{text}", text);
    let mut words = prompts.tts.iter().map(fill);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|why| why.to_string())?;
    let ended = tokio::time::timeout(DEADLINE, child.wait()).await;
    let status = ended.map_err(|_| format!("no end within {} s", DEADLINE.as_secs()))?;
    let status = status.map_err(|why| why.to_string())?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn prompts(dir: &Path, tts: &[&str]) -> Prompts {
        Prompts {
            dir: dir.to_owned(),
            tts: tts.iter().map(|w| (*w).to_owned()).collect(),
            voice_zh: "cmn".into(),
            voice_en: "en".into(),
            cache: dir.join("cache"),
        }
    }

    #[tokio::test]
    async fn the_command_gets_voice_text_and_file_and_its_failure_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let script = "printf '%s|%s' \"$1\" \"$2\" > \"$0\"";
        let good = prompts(dir.path(), &["sh", "-c", script, "{file}", "{voice}", "{text}"]);
        let spoken = speak(&good, Lang::En, "it's $(touch x) \"5 o'clock\"").await.unwrap();
        assert_eq!(String::from_utf8(spoken).unwrap(), "en|it's $(touch x) \"5 o'clock\"");
        assert_eq!(std::fs::read_dir(dir.path().join("cache")).unwrap().count(), 0, "nothing is left behind");
        let failed = speak(&prompts(dir.path(), &["sh", "-c", "exit 3", "{file}"]), Lang::Zh, "好").await;
        assert!(failed.unwrap_err().en.contains("exit status: 3"));
        assert!(speak(&prompts(dir.path(), &["/nowhere/tts"]), Lang::Zh, "好").await.is_err());
        assert!(
            speak(&prompts(dir.path(), &[]), Lang::Zh, "好").await.unwrap_err().zh.contains("没有语音合成")
        );
    }
}
