//! Any damage to the files is told or harmless, never a panic.

use proptest::prelude::*;
use proptest::sample::Index;

use super::House;
use crate::files::FILES;

#[derive(Clone, Debug)]
enum Damage {
    Cut(Index, u8),
    Insert(Index, String),
    Repeat(Index),
    Swap(Index, Index),
    Number(Index, i64),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, n)| Damage::Cut(at, n)),
        (any::<Index>(), "[\\[\\]{}=\"'#,.\n*0-9a-z\u{4e00}]{1,8}").prop_map(|(at, s)| Damage::Insert(at, s)),
        any::<Index>().prop_map(Damage::Repeat),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (any::<Index>(), any::<i64>()).prop_map(|(at, n)| Damage::Number(at, n)),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut lines: Vec<&str> = text.lines().collect();
    match damage {
        Damage::Cut(at, n) => {
            let at = at.index(chars.len());
            chars[..at].iter().chain(chars.iter().skip(at + usize::from(*n))).collect()
        }
        Damage::Insert(at, more) => {
            let at = at.index(chars.len());
            chars[..at].iter().copied().chain(more.chars()).chain(chars[at..].iter().copied()).collect()
        }
        Damage::Repeat(at) => {
            let line = lines[at.index(lines.len())];
            lines.insert(at.index(lines.len()), line);
            lines.join("\n")
        }
        Damage::Swap(a, b) => {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
            lines.join("\n")
        }
        Damage::Number(at, n) => {
            let line = lines[at.index(lines.len())];
            text.replacen(line, &line.replace(|c: char| c.is_ascii_digit(), &n.to_string()), 1)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn damaged_files_never_panic(file in 0..FILES.len() + 1, damages in prop::collection::vec(damage(), 1..4)) {
        let house = House::new();
        let name = FILES.get(file).copied().unwrap_or("calendar/2026.json");
        let mut text = house.read(name);
        for damage in &damages {
            if !text.trim().is_empty() {
                text = apply(&text, damage);
            }
        }
        house.write(name, &text);
        if let Err(faults) = house.load() {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(fault.line >= 1 && fault.column >= 1 && !fault.file.is_empty());
                prop_assert!(!fault.to_string().is_empty());
            }
        }
    }
}
