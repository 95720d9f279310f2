//! What the answer says of sound, and whether it really comes.

use sip::Reliable;
use sip::sdp::{Codec, Look};

use super::quoted;
use crate::facts::{Called, Sound};
use crate::report::{Report, Step};
use crate::words::{Words, both, foreign, ms};
use crate::written::{Keys, Written};

/// Judges description and sound of an answered call. `info`: the far end knows SIP INFO.
pub(super) fn judge(written: &Written, called: &Called, info: bool, report: &mut Report) {
    if let Some(why) = &called.unusable {
        report.fault(
            Step::Call,
            both!("应答的媒体描述不能用：{why}", "The answer's session description can't be used: {why}"),
            Words::new(
                "请运营商为我们打开 G.711 和所写的加密方式。",
                "Have the carrier enable G.711 for us, with the encryption that is written.",
            ),
        );
    }
    let Some(answer) = &called.answer else { return };
    formats(written, answer, report);
    keys(written, answer, info, report);
    encryption(written, called, answer, report);
    address(called, answer, report);
    if let Some(sound) = &called.sound {
        heard(written, answer, sound, report);
    }
}

fn formats(written: &Written, answer: &Look, report: &mut Report) {
    let named = |f: &sip::sdp::Format| {
        if f.name.is_empty() { f.payload_type.to_string() } else { foreign(&f.name) }
    };
    let list = answer.formats.iter().map(named).collect::<Vec<_>>().join(", ");
    let ptime = answer.ptime.map_or_else(
        || Words::new("没说（按 20 ms）", "not said (taken as 20 ms)"),
        |ms| both!("{ms} ms", "{ms} ms"),
    );
    let (zh, en) = (ptime.zh, ptime.en);
    report.good(Step::Call, both!("编码 {list}；打包 {zh}", "Codecs {list}; packet time {en}"));
    let known = |name: &str| Codec::ALL.into_iter().find(|c| name.starts_with(&format!("{}/8000", c.name())));
    let mut order: Vec<Codec> = answer.formats.iter().filter_map(|f| known(&f.name)).collect();
    let first = order.first().copied();
    if first.is_some() && first != written.codecs.first().copied() {
        order.extend(written.codecs.clone());
        let mut seen = Vec::new();
        order.retain(|c| {
            let new = !seen.contains(c);
            seen.push(*c);
            new
        });
        let names: Vec<String> = order.iter().map(|c| quoted(&c.name().to_ascii_lowercase())).collect();
        report.propose(
            "codecs",
            &format!("[{}]", names.join(", ")),
            Words::new("按它的偏好排序，两端少转一次", "in the order that it prefers"),
        );
    }
}

fn keys(written: &Written, answer: &Look, info: bool, report: &mut Report) {
    let event = answer.formats.iter().find(|f| f.name.starts_with("TELEPHONE-EVENT"));
    match (event, written.dtmf) {
        (Some(event), keys) => {
            let (pt, name) = (event.payload_type, foreign(&event.name));
            report.good(Step::Call, both!("按键：{name}，载荷类型 {pt}", "Keys: {name}, payload type {pt}"));
            if !event.name.starts_with("TELEPHONE-EVENT/8000") {
                report.warn(
                    Step::Call,
                    both!(
                        "按键的时钟是 {name}，热线只认 8000。",
                        "Keys come by the clock {name}; the house knows 8000."
                    ),
                    Words::new(
                        "请运营商改用 telephone-event/8000。",
                        "Have the carrier use telephone-event/8000.",
                    ),
                );
            } else if keys == Keys::Info {
                report.propose("dtmf", &quoted("rfc4733"), Words::new("它会 RFC 4733", "it knows RFC 4733"));
            }
        }
        (None, Keys::Auto | Keys::Rfc4733) => {
            let advice = if info {
                Words::new("改用 SIP INFO。", "Use SIP INFO instead.")
            } else {
                Words::new(
                    "请运营商打开 telephone-event（RFC 4733），否则群众按键听不到。",
                    "Have the carrier enable telephone-event (RFC 4733), or citizens' keys are not heard.",
                )
            };
            report.warn(
                Step::Call,
                Words::new("应答里没有 telephone-event。", "The answer has no telephone-event."),
                advice,
            );
            if info {
                report.propose(
                    "dtmf",
                    &quoted("info"),
                    Words::new("它不会 RFC 4733，但会 INFO", "it does not know RFC 4733, but INFO"),
                );
            }
        }
        (None, Keys::Info) => {
            report.good(Step::Call, Words::new("按键：用 SIP INFO。", "Keys: by SIP INFO."));
        }
    }
}

fn encryption(written: &Written, called: &Called, answer: &Look, report: &mut Report) {
    let offered = called.offered.as_ref().is_some_and(Look::is_encrypted);
    match (answer.is_encrypted(), offered) {
        (true, _) => {
            report.good(Step::Call, Words::new("声音加密（SRTP）。", "The sound is encrypted (SRTP)."));
        }
        (false, false) => {
            let wish = if written.srtp { "srtp" } else { "clear" };
            report.good(
                Step::Call,
                both!("声音不加密（media 为 {wish}）。", "The sound is clear (media is {wish})."),
            );
        }
        (false, true) => report.fault(
            Step::Call,
            Words::new("我方要求加密，应答却不加密。", "Encryption was offered, the answer is clear."),
            Words::new("请运营商打开 SRTP（SDES）。", "Have the carrier enable SRTP (SDES)."),
        ),
    }
}

/// The address for sound against the one for signalling.
fn address(called: &Called, answer: &Look, report: &mut Report) {
    let (sound, signalling) = (answer.remote.ip(), called.invite.remote.ip());
    if sound == signalling {
        return report.good(
            Step::Call,
            both!("声音和信令是同一地址 {sound}。", "Sound and signalling are at the same address {sound}."),
        );
    }
    let private = |ip: std::net::IpAddr| match ip {
        std::net::IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        std::net::IpAddr::V6(v6) => v6.is_unique_local(),
    };
    let seen =
        both!("声音在 {sound}，信令在 {signalling}。", "Sound is at {sound}, signalling at {signalling}.");
    if private(sound) && !private(signalling) {
        report.warn(
            Step::Call,
            seen,
            Words::new(
                "对端在 NAT 后面，写的是它的内网地址；热线跟着收到的包走，所以要等它先发。",
                "The far end is behind a NAT and names its inner address; the house follows the packets that come, so it must send first.",
            ),
        );
    } else {
        report.good(Step::Call, seen);
    }
}

fn heard(written: &Written, answer: &Look, sound: &Sound, report: &mut Report) {
    let Sound { early, packets, bad, first, from } = sound;
    if *early > 0 {
        report.good(
            Step::Call,
            both!("接通前有 {early} 个语音包。", "{early} packets of sound came before the answer."),
        );
    }
    let advertised = written.advertised.is_some();
    match first {
        Some(first) if packets > bad => {
            let (first, others): (_, Vec<_>) =
                (ms(*first), from.iter().filter(|at| **at != answer.remote).map(ToString::to_string).collect());
            let rest = if others.is_empty() {
                Words::new("来自所说的地址", "from the address that it named")
            } else {
                let list = others.join(", ");
                both!("来自 {list}，不是所说的地址", "from {list}, not from the address that it named")
            };
            let (zh, en) = (rest.zh, rest.en);
            report.good(
                Step::Call,
                both!("两秒内收到 {packets} 个语音包，第一个在 {first}，{zh}。", "{packets} packets of sound in two seconds, the first after {first}, {en}."),
            );
        }
        Some(_) => report.fault(
            Step::Call,
            both!("收到 {packets} 个包，{bad} 个解不开或不是语音。", "{packets} packets came, of which {bad} could not be decrypted or are no sound."),
            Words::new("两端的 SRTP 密钥或编码不一致：把抓包给运营商看。", "Keys of SRTP or codecs differ at both ends: show the carrier a capture."),
        ),
        None => report.fault(
            Step::Call,
            Words::new("接通后两秒没有收到声音。", "No sound came within two seconds after the answer."),
            if advertised {
                Words::new("检查防火墙和路由器：RTP 端口（[media]）要能从外面进来。", "Check firewall and router: the RTP ports ([media]) must be open from outside.")
            } else {
                Words::new(
                    "我方地址可能对端到不了：在 NAT 后面就写 advertised，并放行 RTP 端口（[media]）。",
                    "The far end may not reach our address: behind a NAT write advertised, and open the RTP ports ([media]).",
                )
            },
        ),
    }
}

/// What provisional responses tell.
pub(super) fn ringing(written: &Written, called: &Called, report: &mut Report) {
    for response in &called.provisional {
        let (status, after) = (response.status, ms(response.after));
        let early = if response.described {
            Words::new("，带早期媒体", ", with early media")
        } else {
            Words::default()
        };
        let prack = if response.reliable {
            Words::new("，可靠（PRACK）", ", reliable (PRACK)")
        } else {
            Words::default()
        };
        let (zh, en) = (early.zh + &prack.zh, early.en + &prack.en);
        report.good(Step::Call, both!("{after} 后 {status}{zh}", "{status} after {after}{en}"));
    }
    let early = called.provisional.iter().any(|p| p.described);
    if early && !written.early_media {
        report.propose(
            "early_media",
            "true",
            Words::new("接通前它放回铃音或提示", "it plays ringing or words before the answer"),
        );
    }
    let reliable = called.provisional.iter().any(|p| p.reliable);
    if !called.provisional.is_empty() && !reliable && written.prack == Reliable::Required {
        report.propose(
            "prack",
            &quoted("supported"),
            Words::new("它发的是不可靠的临时应答", "its provisional responses are not reliable"),
        );
    }
}
