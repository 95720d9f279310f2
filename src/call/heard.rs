//! What the sound of a leg tells: one-way sound and its cause, silence, loss, jitter, in plain words with what to do.

use crate::advice::Advice;

/// Legs that were up for less are too short to be judged.
const SHORTEST_MS: i64 = 3_000;
/// From so much loss on, words are missed (ITU-T G.113 appendix I).
const MUCH_LOSS: f32 = 0.05;
/// From so much jitter on a usual buffer runs dry.
const MUCH_JITTER_MS: f32 = 60.0;
/// So much of what came was silence: nobody was heard. A talker who mostly listens is silent for far less of it, as a microphone
/// hears the room.
const MUCH_SILENCE: f64 = 0.95;
/// A leg that was silent for less is no sign: somebody may have listened only. Packets of 20 ms.
const LONG_SILENCE: u64 = 750;
/// Packets that a far end sends in three seconds; fewer than a tenth of it is next to nothing.
const NEXT_TO_NOTHING: u64 = 15;

/// What kind of address the far end announced for its sound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Announced {
    /// None, or 0.0.0.0.
    Nothing,
    /// Of this machine.
    Loopback,
    /// Of a private network (RFC 1918, RFC 4193, RFC 6598, link-local).
    Private,
    /// Of the internet.
    Public,
}

impl Announced {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Loopback, Self::Private, Self::Public];

    /// Of an address.
    pub fn of(address: Option<std::net::IpAddr>) -> Self {
        use std::net::IpAddr;
        let Some(address) = address.filter(|a| !a.is_unspecified()) else { return Self::Nothing };
        let private = match address {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                v4.is_private() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
            }
            IpAddr::V6(v6) => {
                let head = v6.segments().first().copied().unwrap_or_default();
                head & 0xfe00 == 0xfc00 || head & 0xffc0 == 0xfe80
            }
        };
        match (address.is_loopback(), private) {
            (true, _) => Self::Loopback,
            (false, true) => Self::Private,
            (false, false) => Self::Public,
        }
    }

    /// The word for the store and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Public => "public",
        }
    }
}

/// What was measured of a leg.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heard {
    /// From its answer to its end, ms.
    pub up_ms: i64,
    /// RTP packets that came.
    pub packets_in: u64,
    /// Of these, those in which nothing but silence was.
    pub silent_in: u64,
    /// RTP packets that we sent.
    pub packets_out: u64,
    /// What the far end announced.
    pub announced: Announced,
    /// Lost of those expected, 0.0 to 1.0.
    pub loss_ratio: f32,
    /// Interarrival jitter, ms.
    pub jitter_ms: f32,
}

/// What is wrong with the sound of a leg, the worst first; `None`: nothing.
pub fn heard(heard: &Heard) -> Option<Advice> {
    if heard.up_ms < SHORTEST_MS {
        return None;
    }
    let nothing_in = heard.packets_in < NEXT_TO_NOTHING;
    let n = heard.packets_in;
    let say = |zh: String, en: String| Some(Advice { zh, en });
    match (nothing_in, heard.packets_out < NEXT_TO_NOTHING) {
        (true, true) => say(
            format!("双向无声：收到 {n} 个包，也几乎没有发出；对端没有给出可用的语音地址，请核对其 SDP 与媒体设置。"),
            format!("No sound either way: {n} packets came and next to none went out; the far end gave no address for sound, check its SDP and media settings."),
        ),
        (true, false) => say(format!("单通：{}，收到 {n} 个包。{}", named(heard.announced).0, remedy(heard.announced).0),
            format!("One-way sound: {}, {n} packets came. {}", named(heard.announced).1, remedy(heard.announced).1)),
        (false, true) => say(
            "单通：对端的声音到了，我们几乎没有发出；对端把我们置为保持，或没有给出地址，请核对其 SDP（c= 与 a=sendonly）。".to_owned(),
            "One-way sound: theirs came and next to nothing of ours went out; they held us or gave no address, check their SDP (c= and a=sendonly).".to_owned(),
        ),
        (false, false) if is_silent(heard) => say(
            format!("无声：收到 {n} 个包，里面几乎全是静音；请检查对端的静音键、话筒与耳机，或网关的静音检测（VAD）设置。"),
            format!("Silence: {n} packets came with next to nothing but silence in them; check the far end's mute key, microphone and headset, or the gateway's voice detection (VAD)."),
        ),
        (false, false) if heard.loss_ratio >= MUCH_LOSS => {
            let percent = heard.loss_ratio * 100.0;
            say(
                format!("丢包 {percent:.1}%：话音断续；请检查到对端的线路、交换机与无线网络。"),
                format!("{percent:.1} % of the packets were lost: words were missed; check the line, switches and Wi-Fi on the way."),
            )
        }
        (false, false) if heard.jitter_ms >= MUCH_JITTER_MS => {
            let ms = heard.jitter_ms;
            say(
                format!("抖动 {ms:.0} 毫秒：话音忽快忽慢；请为语音设置优先级（QoS）。"),
                format!("{ms:.0} ms of jitter: the sound came unevenly; give voice priority on the way (QoS)."),
            )
        }
        (false, false) => None,
    }
}

/// Whether sound came and nobody was in it.
fn is_silent(heard: &Heard) -> bool {
    heard.silent_in >= LONG_SILENCE && heard.silent_in as f64 >= MUCH_SILENCE * heard.packets_in as f64
}

fn named(announced: Announced) -> (&'static str, &'static str) {
    match announced {
        Announced::Private => ("对端 SDP 写的是内网地址", "their SDP names a private address"),
        Announced::Loopback => ("对端 SDP 写的是本机回环地址", "their SDP names a loopback address"),
        Announced::Nothing => ("对端 SDP 没有可用地址", "their SDP names no address"),
        Announced::Public => ("对端 SDP 写的是公网地址", "their SDP names a public address"),
    }
}

fn remedy(announced: Announced) -> (&'static str, &'static str) {
    match announced {
        Announced::Private => (
            "若对端在 NAT 之后，请让其写公网地址，或由 SBC 转发媒体；同一内网则检查防火墙的 RTP 端口。",
            "Behind NAT it must announce its public address, or an SBC must carry its sound; inside one network check the firewall for the RTP ports.",
        ),
        Announced::Loopback => (
            "请在对端话机或网关上设置正确的本机地址。",
            "Set the right local address on the far phone or gateway.",
        ),
        Announced::Nothing => ("请核对对端的媒体设置。", "Check the far end's media settings."),
        Announced::Public => (
            "请检查两端防火墙与 NAT 是否放行 RTP 端口，以及 hotline.toml 的 media.advertised。",
            "Check that both firewalls and NATs let the RTP ports through, and media.advertised in hotline.toml.",
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: Heard = Heard {
        up_ms: 60_000,
        packets_in: 3_000,
        silent_in: 900,
        packets_out: 3_000,
        announced: Announced::Public,
        loss_ratio: 0.001,
        jitter_ms: 4.0,
    };

    #[test]
    fn each_fault_of_sound_has_its_words() {
        let cases = [
            (
                Heard { packets_in: 0, announced: Announced::Private, ..GOOD },
                "their SDP names a private address, 0 packets came",
            ),
            (Heard { packets_in: 0, announced: Announced::Loopback, ..GOOD }, "loopback"),
            (Heard { packets_in: 3, ..GOOD }, "public address, 3 packets came"),
            (
                Heard { packets_in: 0, packets_out: 0, announced: Announced::Nothing, ..GOOD },
                "No sound either way",
            ),
            (Heard { packets_out: 2, ..GOOD }, "next to nothing of ours went out"),
            (Heard { silent_in: 2_900, loss_ratio: 0.082, ..GOOD }, "next to nothing but silence"),
            (Heard { loss_ratio: 0.082, ..GOOD }, "8.2 %"),
            (Heard { jitter_ms: 88.0, ..GOOD }, "88 ms of jitter"),
        ];
        for (leg, words) in cases {
            let told = heard(&leg).unwrap();
            assert!(told.en.contains(words), "{leg:?}: {}", told.en);
            assert!(!told.zh.is_empty() && told.zh.chars().any(|c| c > '\u{2fff}'));
        }
        assert_eq!(heard(&GOOD), None);
        assert_eq!(heard(&Heard { silent_in: 2_700, ..GOOD }), None, "somebody spoke now and then");
        let short = Heard { packets_in: 400, silent_in: 400, ..GOOD };
        assert_eq!(heard(&short), None, "eight seconds without a word");
        assert_eq!(heard(&Heard { up_ms: 2_000, packets_in: 0, ..GOOD }), None, "too short to be judged");
    }

    #[test]
    fn addresses_are_told_apart() {
        for (text, kind) in [
            ("10.1.2.3", Announced::Private),
            ("172.31.0.1", Announced::Private),
            ("100.64.0.1", Announced::Private),
            ("100.128.0.1", Announced::Public),
            ("169.254.1.1", Announced::Private),
            ("203.0.113.9", Announced::Public),
            ("127.0.0.1", Announced::Loopback),
            ("0.0.0.0", Announced::Nothing),
            ("::1", Announced::Loopback),
            ("fd00::1", Announced::Private),
            ("fe80::1", Announced::Private),
            ("2001:db8::1", Announced::Public),
        ] {
            assert_eq!(Announced::of(text.parse().ok()), kind, "{text}");
        }
        assert_eq!(Announced::of(None), Announced::Nothing);
    }
}
