//! The User-Agent headers of tools that look for open telephone systems.

/// Beginnings of the User-Agent of known scanners, case does not count. `friendly-scanner` and `sipvicious` are SIPVicious as
/// it comes, `sundayddr` and `sipsscuser` its renamed copies; the others are the tools that blocklists have named for years.
/// None of them is a telephone. Further ones are a setting.
pub const SCANNERS: &[&str] = &[
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sip-scan",
    "sipscan",
    "sipsscuser",
    "sundayddr",
    "sipcli",
    "pplsip",
    "vaxsipuseragent",
    "vaxipuseragent",
    "smap",
    "iwar",
    "cszx",
    "csipsimple-scan",
    "eyebeam-scan",
    "sivus",
    "sipptk",
    "zmap",
    "nmap",
    "masscan",
    "stretchoid",
];

/// Whether this User-Agent is a scanner's: one of [`SCANNERS`], or of `more`, at its beginning.
pub fn is_scanner(agent: &str, more: &[String]) -> bool {
    let agent = agent.trim_start();
    let begins = |name: &str| {
        !name.is_empty() && agent.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
    };
    SCANNERS.iter().any(|name| begins(name)) || more.iter().any(|name| begins(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_are_known_whatever_their_case_and_phones_are_not() {
        for agent in [
            "friendly-scanner",
            "SIPVicious 0.3",
            "sipcli/v1.8",
            "pplsip",
            "VaxSIPUserAgent/3.1",
            " smap 0.6",
        ] {
            assert!(is_scanner(agent, &[]), "{agent}");
        }
        for agent in
            ["baresip v3.9.0", "Yealink SIP-T46U", "Zoiper", "hotline", "", "snom-D785", "sip", "电话"]
        {
            assert!(!is_scanner(agent, &[]), "{agent}");
        }
        assert!(is_scanner("EvilDial 2", &["evildial".into()]) && !is_scanner("Good", &[String::new()]));
    }
}
