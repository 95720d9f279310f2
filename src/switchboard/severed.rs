//! Dialogs that stand, as they are kept for the process that comes after a crash: as bytes, and back.

use handover::contract::Way;
use serde::{Deserialize, Serialize};
use sip::{SessionId, Standing};

/// What the loop tells of a dialog: it stands, or stands otherwise than before; or it is over.
pub type News = (SessionId, Option<Box<Standing>>);

/// Takes that down, and never waits; whether there was room.
pub type Keep = Box<dyn Fn(News) -> bool + Send>;

/// As it is written. Numbers of citizens are in it: whoever keeps it seals it.
#[derive(Serialize, Deserialize)]
struct Page {
    call_id: String,
    local: String,
    remote: String,
    number: u32,
    target: String,
    routes: Vec<String>,
    way: Way,
    pinned: bool,
}

/// As bytes.
pub fn written(standing: &Standing) -> Vec<u8> {
    let Standing { call_id, local, remote, number, target, routes, flow, pinned } = standing.clone();
    let way = Way::from(&flow);
    let page = Page { call_id, local, remote, number, target, routes, way, pinned };
    // Text and numbers can always be written.
    serde_json::to_vec(&page).unwrap_or_default()
}

/// From bytes; `None`: they are not of ours.
pub fn read(bytes: &[u8]) -> Option<Standing> {
    let Page { call_id, local, remote, number, target, routes, way, pinned } =
        serde_json::from_slice(bytes).ok()?;
    Some(Standing { call_id, local, remote, number, target, routes, flow: way.flow()?, pinned })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let addr =
            |text: &str| text.parse().unwrap_or_else(|_| std::net::SocketAddr::from(([127, 0, 0, 1], 1)));
        let mut flow =
            sip::Flow::new(sip::Transport::Tls, addr("192.0.2.1:5061"), addr("[2001:db8::9]:7"), 3 << 40);
        flow.name = Some("gw.town".into());
        let standing = Standing {
            call_id: "c@x".to_owned(),
            local: "<sip:89000@h>;tag=a-1".to_owned(),
            remote: "\"周敏\" <sip:1@x>;tag=b".to_owned(),
            number: 7,
            target: "sip:1@192.0.2.9:5070;transport=tls".to_owned(),
            routes: vec!["<sip:p;lr>".to_owned()],
            flow,
            pinned: true,
        };
        assert_eq!(read(&written(&standing)), Some(standing));
        assert_eq!(read(b"{}"), None);
    }
}
