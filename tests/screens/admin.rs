//! The admin's pages on the real house: a draft, its faults, the rehearsal, a version and the way back; accounts, prompts, the
//! trunk's doctor. What the pages say is held against the files on disk and against calls.

use std::fs;

use crate::house::House;
use crate::office::Office;
use crate::street::{FarEnd, Street};

/// The files that are changed here, as they stand on disk.
#[derive(Clone, PartialEq, Debug)]
struct Files([(&'static str, String); 4]);

impl Files {
    fn of(house: &House) -> Self {
        let read =
            |name| (name, fs::read_to_string(house.folder.path().join("sip-config").join(name)).unwrap());
        Self(["desks.toml", "menus.toml", "trunks.toml", "calendar/hours.toml"].map(read))
    }

    /// The same with this text in the place of that, which stands there once.
    fn with(mut self, name: &str, before: &str, after: &str) -> Self {
        let (_, text) = self.0.iter_mut().find(|(file, _)| *file == name).unwrap();
        assert_eq!(text.matches(before).count(), 1, "{name}: {before}");
        *text = text.replace(before, after);
        self
    }
}

#[test]
fn a_draft_is_mended_rehearsed_published_and_taken_back() {
    let Some(office) = Office::open(&[], TRUNK) else { return };
    let street = Street::of(&office.house);
    office.sign_in();
    let before = Files::of(&office.house);
    assert!(!street.rings_the_window(&office.house), "key 4 leads nowhere yet");
    office.draft();
    office.fault();
    assert_eq!(Files::of(&office.house), before, "a draft changes no file");
    office.rehearse();
    office.publish();
    let published = before
        .clone()
        .with("desks.toml", "政务公开窗口", "政务服务窗口")
        .with("menus.toml", "\"*\" = \"back\"\n\n# field", "\"*\" = \"back\"\n4 = \"menu desk\"\n\n# field")
        .with("trunks.toml", "channels = 30 # thirty", "channels = 20 # thirty")
        .with("calendar/hours.toml", HOURS, &HOURS.replace("12:00\"]\n\n", "11:30\"]\n\n"));
    assert_eq!(Files::of(&office.house), published, "what was changed, and not a byte more");
    let path = office.path("4,001");
    assert!(path.contains("按键 4：进入菜单 desk") && path.contains("政务服务窗口"), "{path}");
    assert!(street.rings_the_window(&office.house), "key 4 finds the window");
    office.go("/admin/versions", ".list li");
    office.roll_back();
    assert_eq!(Files::of(&office.house), before, "the files are as they were, byte for byte");
    let path = office.path("4,001");
    assert!(path.contains("按键 4：没有这个选项"), "{path}");
    assert!(!street.rings_the_window(&office.house), "key 4 leads nowhere again");
    assert_eq!(office.admin.faults(&["status of 401", "status of 409"]), Vec::<String>::new());
    assert_eq!(office.house.get("/health")["csp_reports"], 0);
}

/// A trunk with a remark behind a value.
const TRUNK: &str = "[[trunk]]\nname = \"town\"\nnets = [\"127.0.0.0/8\"]\nchannels = 30 # thirty 三十\n";
/// The hours of window 012 and what stands around them, once in the file.
const HOURS: &str =
    "place = \"desk 012\"\nweekdays = [\"08:30-12:00\", \"13:30-17:00\"]\nsaturday = [\"09:00-12:00\"]\n\n";

#[test]
fn an_account_a_prompt_and_a_trunk() {
    let far = FarEnd::open();
    let Some(office) = Office::open(&["--trial"], &far.trunk()) else { return };
    office.account();
    office.prompt();
    office.doctor();
    assert_eq!(office.admin.faults(&["status of 401"]), Vec::<String>::new());
    assert_eq!(office.house.get("/health")["csp_reports"], 0);
}
