//! The table of hostile cases: read, and made into bytes.

use crate::line::Way;

const TABLE: &str = include_str!("cases.txt");

/// The headers of a good INVITE; each is also deleted, doubled and emptied.
const HEADERS: &[&str] = &[
    "Via",
    "Max-Forwards",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "User-Agent",
    "Content-Type",
    "Content-Length",
];

/// What may come finally.
#[derive(Clone, Debug)]
pub struct Right {
    pub statuses: Vec<u16>,
    /// Whatever is no fault of ours.
    pub any: bool,
    /// Nothing is right too.
    pub silence: bool,
}

impl Right {
    fn read(text: &str) -> Self {
        let has = |word: &str| text.split(',').any(|w| w.trim() == word);
        let statuses = text.split(',').filter_map(|w| w.trim().parse().ok()).collect();
        Self { statuses, any: has("any"), silence: has("any") || has("-") }
    }
}

/// One case.
pub struct Case {
    pub name: String,
    /// Where a message ends by itself: a datagram, a WebSocket message.
    whole: Right,
    /// Where Content-Length alone says where it ends.
    stream: Right,
    changes: Vec<String>,
}

impl Case {
    pub fn right(&self, way: Way) -> &Right {
        match way {
            Way::Udp | Way::Ws => &self.whole,
            Way::Tcp => &self.stream,
        }
    }
}

/// All cases: those of the table, and each header deleted, doubled and emptied.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let [name, whole, stream, change] =
            line.splitn(4, '|').map(str::trim).collect::<Vec<_>>().try_into().expect(line);
        cases.push(Case {
            name: name.to_owned(),
            whole: Right::read(whole),
            stream: Right::read(if stream == "=" { whole } else { stream }),
            changes: change.split(" ;; ").map(str::to_owned).collect(),
        });
    }
    for header in HEADERS {
        for how in ["cut", "double", "empty"] {
            let change = vec![format!("{how} {header}")];
            let any = Right::read("any");
            cases.push(Case {
                name: format!("{header} {how}"),
                whole: any.clone(),
                stream: any,
                changes: change,
            });
        }
    }
    cases
}

/// A message in the making.
pub struct Draft {
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    body: String,
    length: Option<String>,
    raw: Option<Vec<u8>>,
}

impl Draft {
    /// A good INVITE of a trunk at this address, over this transport.
    pub fn invite(from: std::net::SocketAddr, transport: &str, id: &str) -> Self {
        let header = |name: &str, value: String| (name.to_owned(), value);
        let body = "v=0\r\no=- 1 1 IN IP4 127.7.0.1\r\ns=-\r\nc=IN IP4 127.7.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n\
                    a=sendrecv\r\n"
            .to_owned();
        let headers = vec![
            header("Via", format!("SIP/2.0/{transport} {from};rport;branch=z9hG4bK{id}")),
            header("Max-Forwards", "70".into()),
            header("From", format!("<sip:13800001234@{}>;tag=a", from.ip())),
            header("To", "<sip:89000@127.0.0.1>".into()),
            header("Call-ID", format!("{id}@hostile")),
            header("CSeq", "1 INVITE".into()),
            header("Contact", format!("<sip:{from}>")),
            header("User-Agent", "good".into()),
            header("Content-Type", "application/sdp".into()),
        ];
        let (method, uri) = ("INVITE".to_owned(), "sip:89000@127.0.0.1".to_owned());
        Self { method, uri, headers, body, length: None, raw: None }
    }

    /// What the case changes.
    pub fn change(&mut self, case: &Case) {
        for change in &case.changes {
            let (verb, rest) = change.split_once(' ').unwrap_or((change.as_str(), ""));
            let header =
                || rest.split_once(':').map_or((rest, ""), |(n, v)| (n, v.strip_prefix(' ').unwrap_or(v)));
            let at = |list: &[(String, String)], name: &str| list.iter().position(|(n, _)| n == name);
            match verb {
                "set" => {
                    let (name, value) = header();
                    let place = at(&self.headers, name).unwrap_or_else(|| panic!("{name}"));
                    self.headers[place].1 = written(value);
                }
                "add" => {
                    let (name, value) = header();
                    self.headers.insert(0, (written(name), written(value)));
                }
                "cut" if rest == "Content-Length" => self.length = Some(String::new()),
                "cut" => self.headers.retain(|(name, _)| name != rest),
                "double" if rest == "Content-Length" => {
                    self.headers.push((rest.into(), self.body.len().to_string()))
                }
                "double" => {
                    let place = at(&self.headers, rest).unwrap();
                    self.headers.insert(place, self.headers[place].clone());
                }
                "empty" if rest == "Content-Length" => self.length = Some(" ".into()),
                "empty" => {
                    let place = at(&self.headers, rest).unwrap();
                    self.headers[place].1.clear();
                }
                "method" => {
                    self.method = written(rest);
                    let place = at(&self.headers, "CSeq").unwrap();
                    self.headers[place].1 = format!("1 {}", self.method);
                }
                "uri" => self.uri = written(rest),
                "body" => self.body = written(rest),
                "sdp" => {
                    let (old, new) = rest.split_once(" => ").unwrap();
                    assert!(self.body.contains(old), "{old}");
                    self.body = self.body.replacen(old, &written(new), 1);
                }
                "length" => {
                    let more = rest.strip_prefix('+').map(|n| n.parse::<usize>().unwrap());
                    self.length = Some(more.map_or(rest.to_owned(), |n| (self.body.len() + n).to_string()));
                }
                "raw" => {
                    self.raw =
                        Some(written(rest).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect())
                }
                other => panic!("{}: {other}?", case.name),
            }
        }
    }

    pub fn bytes(self) -> Vec<u8> {
        if let Some(raw) = self.raw {
            return raw;
        }
        let mut text = format!("{} {} SIP/2.0\r\n", self.method, self.uri);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.length.unwrap_or_else(|| self.body.len().to_string());
        if !length.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", length.trim()));
        }
        format!("{text}\r\n{}", self.body).into_bytes()
    }
}

/// The table's text as it stands for bytes.
fn written(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((times, what, behind)) = repeated(rest) {
            for n in 0..times {
                out.push_str(&written(&what.replace('#', &n.to_string())));
            }
            rest = behind;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mark = rest.chars().next().unwrap_or('\\');
        rest = rest.get(mark.len_utf8()..).unwrap_or("");
        match mark {
            'r' => out.push('\r'),
            'n' => out.push('\n'),
            '0' => out.push('\0'),
            'e' => out.push('\u{1b}'),
            'u' => {
                let (code, behind) = rest[1..].split_once('}').unwrap();
                out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
                rest = behind;
            }
            other => out.extend(['\\', other]),
        }
    }
    out
}

/// `{N*TEXT}` at the beginning, and what stands behind it.
fn repeated(text: &str) -> Option<(usize, &str, &str)> {
    let (times, rest) = text.strip_prefix('{')?.split_once('*')?;
    let times = times.parse().ok()?;
    let (what, behind) = rest.split_once('}')?;
    Some((times, what, behind))
}
