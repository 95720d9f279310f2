//! baresip as a phone of the house: it sends a tone of its own, records what it hears, and is told what to do over ctrl_tcp
//! (JSON in netstrings).

use std::fmt::Display;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use audio::ear::level;
use audio::tones;
use hound::{SampleFormat, WavSpec, WavWriter};
use serde_json::{Value, json};

use crate::house::House;
use crate::patience::{s, until};
use crate::process::Process;

/// Peak of the tones: three of them together are still not clipped.
const PEAK: i16 = 8_000;
/// A tone is heard from this level on, and not heard below the other.
const LOUD: f32 = 3_000.0;
const SILENT: f32 = 300.0;
/// Its own tone never comes back, not even this much of it in any window.
const ECHO: f32 = 400.0;
/// Windows a second in which is listened: each has 400 ms.
const WINDOWS: f32 = 2.5;
/// Samples a second of a phone, and of one that speaks G.722.
const NARROW: u32 = 8_000;
const WIDE: u32 = 16_000;
/// The head of a WAV file of 16-bit samples.
const WAV_HEAD: usize = 44;

/// A running baresip, registered.
pub struct Baresip {
    process: Process,
    control: TcpStream,
    inbox: Vec<u8>,
    events: Vec<String>,
    folder: PathBuf,
    user: &'static str,
    hertz: u32,
    /// Samples a second of what it says and hears.
    rate: u32,
}

impl Baresip {
    /// Starts one as this phone of the house, which says a tone of so many hertz, and waits until it is registered.
    pub fn register(house: &House, user: &'static str, hertz: u32) -> Self {
        let account = account("hotline", user, &house.password(user), house.udp, "");
        Self::registered(house, user, hertz, &account)
    }

    /// The same as a phone that prefers G.722.
    pub fn register_wide(house: &House, user: &'static str, hertz: u32) -> Self {
        let account = account("hotline", user, &house.password(user), house.udp, "");
        Self::registered(
            house,
            user,
            hertz,
            &account.replace("audio_codecs=pcma", "audio_codecs=g722/16000/1,pcma"),
        )
    }

    fn registered(house: &House, user: &'static str, hertz: u32, account: &str) -> Self {
        let phone = Self::start(house, user, hertz, account);
        let words = format!("phone user=\"{user}\" reachable=true");
        until(&format!("{user} is registered"), s(10), || house.log().contains(&words).then_some(()));
        phone
    }

    /// Starts one with this account, at whatever registrar.
    pub fn start(house: &House, user: &'static str, hertz: u32, account: &str) -> Self {
        Self::start_at(house, user, hertz, account, 0)
    }

    /// The same, on this SIP port; 0: any.
    pub fn start_at(house: &House, user: &'static str, hertz: u32, account: &str, sip: u16) -> Self {
        let folder = house.room(user);
        let port = house.ports.four();
        let rate = if account.contains("g722") { WIDE } else { NARROW };
        configure(&folder, house, account, (port, sip), (hertz, rate));
        let (out, err) = (folder.join("out"), folder.join("err"));
        let process = Process::start(Command::new("baresip").arg("-f").arg(&folder), &out, &err);
        let connect = || TcpStream::connect(("127.0.0.1", port)).ok();
        let control = until("baresip takes orders", s(10), connect);
        control.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        Self { process, control, inbox: Vec::new(), events: Vec::new(), folder, user, hertz, rate }
    }

    /// Calls a number.
    pub fn dial(&mut self, number: &str) {
        self.order("dial", number);
    }

    /// Waits until it rings, and answers.
    pub fn answer(&mut self) {
        self.until_event("CALL_INCOMING", s(20));
        self.order("accept", "");
        self.until_event("CALL_ESTABLISHED", s(5));
    }

    /// Hangs up.
    pub fn hang_up(&mut self) {
        self.order("hangup", "");
    }

    /// Presses these keys: RFC 4733, as fast as baresip does it.
    pub fn keys(&mut self, keys: &str) {
        self.order("sndcode", keys);
    }

    /// Holds the call by re-INVITE, or takes it back.
    pub fn hold(&mut self, on: bool) {
        self.order(if on { "hold" } else { "resume" }, "");
    }

    /// Waits until this happens.
    pub fn until_event(&mut self, kind: &str, within: Duration) {
        let what = format!("{}: {kind}", self.user);
        until(&what, within, || {
            self.listen();
            let at = self.events.iter().position(|e| e == kind)?;
            self.events.drain(..=at);
            Some(())
        });
    }

    /// All that was heard of the call so far, at the phone's rate.
    pub fn heard(&self) -> Vec<i16> {
        let files = fs::read_dir(self.folder.join("heard")).unwrap().flatten().map(|e| e.path());
        let Some(file) = files.into_iter().find(|p| p.to_string_lossy().ends_with("-dec.wav")) else {
            return Vec::new();
        };
        let bytes = fs::read(file).unwrap();
        let samples = bytes.get(WAV_HEAD..).unwrap_or_default().chunks_exact(2);
        samples.map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
    }

    /// Waits until these tones are heard at once and those are not, 1.2 s long.
    pub fn until_hears(&self, tones: &[u32], silent: &[u32], within: Duration) {
        let what = format!("{} hears {tones:?} and not {silent:?}", self.user);
        until(&what, within, || {
            let heard = self.heard();
            let last = heard.get(heard.len().checked_sub(3 * self.window())?..)?;
            let fits = |window: &[i16]| {
                let loud = |hertz: &u32| self.level(window, *hertz);
                tones.iter().all(|t| loud(t) > LOUD) && silent.iter().all(|t| loud(t) < SILENT)
            };
            last.chunks_exact(self.window()).all(fits).then_some(())
        });
    }

    /// How loud its own tone came back at most, in any window of all that it heard.
    pub fn assert_never_heard_itself(&self) {
        let heard = self.heard();
        assert!(heard.len() > 4 * self.window(), "{} heard only {} samples", self.user, heard.len());
        for (n, window) in heard.chunks_exact(self.window()).enumerate() {
            let level = self.level(window, self.hertz);
            assert!(level < ECHO, "{} heard itself at {:.1} s: {level}", self.user, n as f32 * 0.4);
        }
    }

    /// Samples of a window.
    fn window(&self) -> usize {
        (self.rate as f32 / WINDOWS) as usize
    }

    /// How loud a frequency is in a window; the ear counts at 8 kHz.
    fn level(&self, window: &[i16], hertz: u32) -> f32 {
        level(window, hertz as f32 * NARROW as f32 / self.rate as f32)
    }

    /// Ends the program in order.
    pub fn quit(mut self) {
        self.process.signal("TERM");
        self.process.end("baresip ends", s(10));
    }

    fn order(&mut self, command: &str, params: &str) {
        let order = json!({ "command": command, "params": params, "token": command }).to_string();
        write!(self.control, "{}:{order},", order.len()).unwrap();
        let what = format!("{}: the answer to {command}", self.user);
        until(&what, s(5), || self.listen().then_some(()));
    }

    /// Reads what has come; whether an answer to an order was in it.
    fn listen(&mut self) -> bool {
        let mut buffer = [0; 4_096];
        match self.control.read(&mut buffer) {
            Ok(0) => panic!("{} has closed its control connection", self.user),
            Ok(n) => self.inbox.extend_from_slice(&buffer[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(e) => panic!("{}: {e}", self.user),
        }
        let mut answered = false;
        while let Some(message) = netstring(&mut self.inbox) {
            if message["response"] == true {
                assert_eq!(message["ok"], true, "{}: {message}", self.user);
                answered = true;
            } else if let Some(kind) = message["type"].as_str() {
                self.events.push(kind.to_owned());
            }
        }
        answered
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        if thread::panicking() {
            for file in ["config", "accounts", "out", "err"] {
                let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
                eprintln!("--- baresip {}, {file}:\n{text}", self.user);
            }
        }
    }
}

/// Takes the first whole message: `LENGTH:JSON,`.
fn netstring(inbox: &mut Vec<u8>) -> Option<Value> {
    let colon = inbox.iter().position(|b| *b == b':')?;
    let length: usize = std::str::from_utf8(&inbox[..colon]).unwrap().parse().unwrap();
    let end = colon + 1 + length;
    inbox.get(end)?;
    let message = serde_json::from_slice(&inbox[colon + 1..end]).unwrap();
    inbox.drain(..=end);
    Some(message)
}

/// The line of `accounts`: a user of this domain, behind this server.
/// The settings are further parameters, as `;mediaenc=srtp-mand`.
pub fn account(domain: &str, user: &str, password: &str, server: impl Display, settings: &str) -> String {
    format!(
        "<sip:{user}@{domain}>;auth_user={user};auth_pass={password};outbound=\"sip:{server}\";regint=60;\
         audio_codecs=pcma{settings}\n"
    )
}

fn configure(
    folder: &Path,
    house: &House,
    account: &str,
    (port, sip): (u16, u16),
    (hertz, rate): (u32, u32),
) {
    let heard = folder.join("heard");
    fs::create_dir_all(&heard).unwrap();
    let tone = folder.join("tone.wav");
    let spec =
        WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut file = WavWriter::create(&tone, spec).unwrap();
    let sound = tones::sine_at(rate, hertz as f32, PEAK, rate as usize * 120);
    sound.into_iter().for_each(|s| file.write_sample(s).unwrap());
    file.finalize().unwrap();
    let rtp = house.ports.four();
    let wide = if rate == WIDE { "module g722.so\n" } else { "" };
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:{sip}\nnet_interface 127.0.0.1\ncall_max_calls 4\n\
         audio_player aubridge,nobody\naudio_source aufile,{}\naudio_alert aubridge,nobody\n\
         ausrc_srate {rate}\nausrc_channels 1\nauplay_srate {rate}\nauplay_channels 1\naudio_level no\n\
         rtp_ports {rtp}-{}\nrtcp_mux no\njitter_buffer_delay 1-4\n\
         module_path /usr/lib/baresip/modules\nmodule g711.so\n{wide}module sndfile.so\nmodule aufile.so\nmodule aubridge.so\nmodule srtp.so\n\
         module_tmp account.so\nmodule_app ctrl_tcp.so\nmodule_app menu.so\n\
         ctrl_tcp_listen 127.0.0.1:{port}\nsnd_path {}\n",
        tone.display(),
        rtp + 3,
        heard.display(),
    );
    fs::write(folder.join("config"), config).unwrap();
    fs::write(folder.join("accounts"), account).unwrap();
    fs::write(folder.join("contacts"), "").unwrap();
}
