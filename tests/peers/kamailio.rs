//! kamailio as the carrier: its subscribers are baresips, and it stays in the way of each dialog.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::baresip::{Baresip, account};
use crate::folder::{append, edit};
use crate::house::{CITIZEN, House, runtime, staff};
use crate::patience::{s, until};
use crate::peers_are_here;

/// Tones of the citizen and of who answers, hertz.
const CITIZEN_TONE: u32 = 2_130;
const STAFF_TONE: u32 = 1_370;
/// As `carrier.cfg` has it.
const PASSWORD: &str = "carrier-secret";
/// A member of a window whose telephone is in the town.
const IN_TOWN: &str = "05356123456";

/// A running kamailio: it and its children are a group of processes, ended together.
struct Kamailio {
    child: Child,
    at: SocketAddr,
    log: PathBuf,
}

impl Kamailio {
    /// Starts one between its subscribers and the house, and waits until it answers.
    fn start(house: &House, port: u16) -> Self {
        let room = house.room(&format!("kamailio-{port}"));
        let config =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kamailio/carrier.cfg"));
        let config = config.unwrap().replace("@PORT@", &port.to_string());
        let config = config.replace("@HOUSE@", &house.udp.port().to_string());
        fs::write(room.join("carrier.cfg"), config).unwrap();
        let log = room.join("log");
        let mut kamailio = Command::new("kamailio");
        let path = std::env::var("PATH").unwrap_or_default();
        kamailio.env("PATH", format!("{path}:/usr/sbin")).current_dir(&room);
        kamailio.args(["-DD", "-E", "-m", "16", "-M", "4", "-f", "carrier.cfg", "-P", "pid"]);
        kamailio.arg("-w").arg(&room).arg("-Y").arg(&room);
        kamailio.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
        let child = kamailio.process_group(0).spawn().unwrap();
        let carrier = Self { child, at: (Ipv4Addr::LOCALHOST, port).into(), log };
        let options = || {
            let to = format!("sip:up@{}", carrier.at);
            let asked = Command::new("sipsak").args(["-D", "100", "-s", &to]).output().unwrap();
            asked.status.success().then_some(())
        };
        until("kamailio answers", s(10), options);
        carrier
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// A baresip that is a subscriber of this carrier.
    fn subscriber(&self, house: &House, number: &'static str, hertz: u32) -> Baresip {
        let account = account("carrier.test", number, PASSWORD, self.at);
        let phone = Baresip::start(house, number, hertz, &account);
        let words = format!("registered: {number}");
        until("the carrier's digest was answered", s(10), || self.said().contains(&words).then_some(()));
        phone
    }

    /// Which requests of the dialog came from the house, and which from the subscriber.
    fn of_dialog(&self, method: &str, house: &House) -> (usize, usize) {
        let said = self.said();
        let all = said.lines().filter(|l| l.contains(&format!("in the dialog: {method} from port ")));
        let own = format!("from port {}", house.udp.port());
        let (mine, theirs): (Vec<&str>, Vec<&str>) = all.partition(|l| l.trim_end().ends_with(&own));
        (mine.len(), theirs.len())
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // All of its processes, whatever state they are in.
        let group = format!("kill -KILL -{}", self.child.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- kamailio:\n{}", self.said());
        }
    }
}

fn leg<'c>(call: &'c Value, seat: &str) -> &'c Value {
    let legs = call["legs"].as_array().unwrap();
    legs.iter().find(|l| l["seat"] == seat).unwrap_or_else(|| panic!("{seat}: {call:#}"))
}

/// A citizen behind the carrier and an operator in talk; both hear each other.
fn talk(end: impl FnOnce(&mut Baresip, &mut Baresip)) -> (Value, (usize, usize)) {
    let house = House::open();
    let carrier = Kamailio::start(&house, house.ports.four());
    let mut operator = Baresip::register(&house, "op1", STAFF_TONE);
    let mut citizen = carrier.subscriber(&house, CITIZEN, CITIZEN_TONE);
    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(10));
    operator.answer();
    citizen.until_hears(&[STAFF_TONE], &[CITIZEN_TONE], s(20));
    operator.until_hears(&[CITIZEN_TONE], &[STAFF_TONE], s(5));
    end(&mut citizen, &mut operator);
    let call = house.only_call();
    assert_eq!(call["call"]["trunk"], "sipp", "{call:#}");
    assert_eq!(call["call"]["caller_masked"], "138****1234", "{call:#}");
    assert!(leg(&call, "citizen")["joined_at"].is_i64(), "{call:#}");
    assert!(carrier.of_dialog("ACK", &house).1 >= 1, "the ACK went through the proxy");
    let byes = carrier.of_dialog("BYE", &house);
    [citizen, operator].into_iter().for_each(Baresip::quit);
    drop(carrier);
    house.close(&[CITIZEN, PASSWORD]);
    (call, byes)
}

#[test]
fn a_call_through_a_proxy_that_the_citizen_ends() {
    if !peers_are_here() {
        return;
    }
    let (call, byes) = talk(|citizen, operator| {
        citizen.hang_up();
        operator.until_event("CALL_CLOSED", s(10));
    });
    assert_eq!(call["call"]["outcome"], "on_spot", "{call:#}");
    assert_eq!(byes, (0, 1), "one BYE, from the citizen, through the proxy");
}

#[test]
fn a_call_through_a_proxy_that_the_house_ends() {
    if !peers_are_here() {
        return;
    }
    let (call, byes) = talk(|citizen, operator| {
        operator.keys("*8");
        operator.until_event("CALL_CLOSED", s(10));
        citizen.keys("5");
        citizen.until_event("CALL_CLOSED", s(20));
    });
    assert_eq!(call["rating"]["score"], 5, "the key came through: {call:#}");
    assert_eq!(byes, (1, 0), "one BYE, from the house, by the route that the proxy recorded");
}

#[test]
fn a_window_in_the_town_is_rung_through_the_carrier() {
    if !peers_are_here() {
        return;
    }
    let mut port = 0;
    let house = House::open_with(|config, ports| {
        port = ports.four();
        append(&config.join("trunks.toml"), &format!("proxy = \"127.0.0.1:{port}\"\n"));
        edit(&config.join("staff.toml"), &[("phone = \"desk037\"", &format!("number = \"{IN_TOWN}\""))]);
        edit(
            &config.join("routing.toml"),
            &[("allowed_outside = []", &format!("allowed_outside = [\"{IN_TOWN}\"]"))],
        );
    });
    let carrier = Kamailio::start(&house, port);
    let mut desk = carrier.subscriber(&house, IN_TOWN, STAFF_TONE);
    let runtime = runtime();
    let phones = runtime.block_on(async { [staff(&house, "citizen1").await, staff(&house, "op1").await] });
    let (citizen, operator) = runtime.block_on(async {
        let dialing = phones[0].dial("89000").unwrap();
        let operator = phones[1].incoming().await.unwrap().answer().await.unwrap();
        let citizen = dialing.answered().await.unwrap();
        citizen.tone(CITIZEN_TONE);
        operator.until_hears(&[CITIZEN_TONE], &[], s(15)).await.unwrap();
        operator.digits("*3037#").await.unwrap();
        (citizen, operator)
    });
    desk.answer();
    // The whisper is for the desk; key 1 takes the call.
    desk.keys("1");
    desk.until_hears(&[CITIZEN_TONE], &[STAFF_TONE], s(10));
    runtime.block_on(async {
        citizen.until_hears(&[STAFF_TONE], &[CITIZEN_TONE], s(10)).await.unwrap();
        citizen.hang_up();
        citizen.ended().await;
        operator.hang_up();
        operator.ended().await;
    });
    desk.hang_up();
    let call = house.only_call();
    let of_desk = leg(&call, "desk");
    assert!(of_desk["joined_at"].is_i64() && of_desk["left_at"].is_i64(), "{call:#}");
    assert!(carrier.of_dialog("ACK", &house).0 >= 1, "our ACK went by the route: {}", carrier.said());
    assert_eq!(call["call"]["outcome"], "bridged", "{call:#}");
    desk.quit();
    phones.iter().for_each(phone::Phone::stop);
    drop(carrier);
    house.close(&[IN_TOWN, PASSWORD]);
}
