//! `hotline hold`: legal holds on calls and cases: what must not be erased, since when, for whom.

use std::fmt::Write as _;
use std::path::PathBuf;

use call::ids::CallId;
use store::protected::{Hold, HoldFault, HoldOf};

use crate::command::privacy::{Beside, day};
use crate::command::text::{pad, print};
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue};

/// What `hotline hold` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with holds.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Keep a call or case from being erased, whatever the retention says
    Add(Add),
    /// List the holds
    List(List),
    /// Release a hold; what is due by then is erased by the next daily round
    Release(Release),
}

/// What `hotline hold add` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Add {
    /// A call's id (26 characters), or a case's number (12 digits): its calls are held with it
    #[arg(value_name = "CALL|CASE")]
    pub of: String,
    /// The file number of whoever asked for it; no names or numbers of citizens
    #[arg(long, value_name = "TEXT")]
    pub why: String,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline hold list` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct List {
    /// Those that were released too
    #[arg(long)]
    pub all: bool,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline hold release` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Release {
    /// The hold's number, as `hotline hold list` shows it
    pub no: u32,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Does it, beside a house that runs. The exit code: 0; 1 when there is no such call, case or hold.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Argument`], [`CommandError::Start`] with the store's words.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    match arguments.deed {
        Deed::Add(asked) => add(asked, tongue).await,
        Deed::List(asked) => {
            let beside = Beside::open(&asked.config, tongue)?;
            print(&listed(&beside.store.holds(asked.all).await.map_err(Beside::away)?, tongue))
        }
        Deed::Release(asked) => release(asked, tongue).await,
    }
}

/// What was named; `None`: neither a call's id nor a case's number.
fn named(text: &str) -> Option<HoldOf> {
    let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    CallId::parse(text).map(HoldOf::Call).or_else(|| digits.then(|| HoldOf::Case(text.to_owned())))
}

async fn add(asked: Add, tongue: Tongue) -> Result<u8, CommandError> {
    let (zh, en) = (
        "请写通话编号（26 位）或工单号（12 位）",
        "write a call's id (26 characters) or a case's number (12 digits)",
    );
    let of = named(&asked.of).ok_or_else(|| CommandError::argument("CALL|CASE", zh, en))?;
    let beside = Beside::open(&asked.config, tongue)?;
    let held = beside.store.hold(beside.now, &beside.who, of, &asked.why).await.map_err(Beside::away)?;
    let target = &asked.of;
    let told = match held {
        Ok(no) => {
            beside.note("hold.added", target, &format!("hold={no} why={}", asked.why)).await?;
            return print(&say!(
                tongue,
                "已留存，编号 {no}：{target} 的内容不再清理，直到 hotline hold release {no}。\n",
                "Hold {no}: nothing of {target} is erased until `hotline hold release {no}`.\n"
            ));
        }
        Err(HoldFault::NoSuch) => say!(tongue, "没有 {target}。\n", "There is no {target}.\n"),
        Err(HoldFault::Held(no)) => {
            say!(tongue, "{target} 已由 {no} 号留存。\n", "{target} is held already, by hold {no}.\n")
        }
    };
    print(&told)?;
    Ok(FAILED)
}

async fn release(asked: Release, tongue: Tongue) -> Result<u8, CommandError> {
    let (beside, no) = (Beside::open(&asked.config, tongue)?, asked.no);
    // In the audit before: nothing is released without a trace.
    beside.note("hold.released", &format!("hold {no}"), "").await?;
    let done = beside.store.release_hold(beside.now, &beside.who, no).await.map_err(Beside::away)?;
    if done {
        return print(&say!(
            tongue,
            "{no} 号留存已解除；到期的内容在下一次每日清理时清除。\n",
            "Hold {no} is released; what is due by now is erased by the next daily round.\n"
        ));
    }
    print(&say!(tongue, "没有生效中的 {no} 号留存。\n", "There is no hold {no} that holds.\n"))?;
    Ok(FAILED)
}

fn listed(holds: &[Hold], tongue: Tongue) -> String {
    if holds.is_empty() {
        return tongue.pick("没有留存。\n", "There are no holds.\n").to_owned();
    }
    let mut out = String::new();
    let head = tongue.pick(
        ["编号", "通话或工单", "起", "解除", "由", "事由"],
        ["no", "call or case", "since", "released", "by", "why"],
    );
    let widths = [6, 28, 12, 12, 16, 0];
    let mut line = |cells: [&str; 6]| {
        let row: String = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width)).collect();
        let _ = writeln!(out, "{}", row.trim_end());
    };
    line(head);
    for hold in holds {
        let of = match &hold.of {
            HoldOf::Call(call) => call.to_string(),
            HoldOf::Case(no) => no.clone(),
        };
        let released = hold.released.as_ref().map(|(at, _)| day(*at)).unwrap_or_default();
        line([&hold.no.to_string(), &of, &day(hold.at), &released, &hold.who, &hold.why]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_and_a_case_are_told_apart_and_holds_are_listed_in_both_languages() {
        let call = CallId(7).to_string();
        assert_eq!(named(&call), Some(HoldOf::Call(CallId(7))));
        assert_eq!(named("261009000012"), Some(HoldOf::Case("261009000012".to_owned())));
        assert_eq!((named("26100900001"), named("13800001234x"), named("")), (None, None, None));
        let hold = Hold {
            no: 3,
            of: HoldOf::Call(CallId(7)),
            why: "file 7".to_owned(),
            who: "command-line".to_owned(),
            at: 1_796_083_200_000,
            released: None,
        };
        for tongue in [Tongue::Zh, Tongue::En] {
            let list = listed(std::slice::from_ref(&hold), tongue);
            assert!(list.contains(&call) && list.contains("file 7") && list.contains("2026-12-01"), "{list}");
            assert_eq!(listed(&[], tongue).lines().count(), 1);
        }
    }
}
