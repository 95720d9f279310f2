//! The one verdict on every ending: whose doing, and why. SIP code, Q.850, disposition and plain words derive from it.

/// Who brought the ending about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The citizen.
    Citizen,
    /// The operator.
    Operator,
    /// The window desk, the liaison or another called party.
    Callee,
    /// This house: rules, limits, hours, a shutdown.
    House,
    /// The network between: trunk, media path, peer equipment.
    Network,
}

/// Why something ended or could not begin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// A normal end: somebody hung up after talking.
    Normal,
    /// Hung up while waiting, before anybody answered for the house's part.
    GaveUp,
    /// 486 or 600.
    Busy,
    /// No answer in time: our 20 s, 480 or 408.
    NoAnswer,
    /// 603, or key 2 at the whisper.
    Declined,
    /// Answered, but nobody pressed the accept key: voice mail, a fax.
    NoKey,
    /// The number or address does not exist: 404, 484, 604.
    Invalid,
    /// The trunk or the peer failed: 5xx, time-out of the transaction.
    Trunk,
    /// We took it back: the caller left, or another member answered.
    Cancelled,
    /// Answered after we had taken it back.
    LateAnswer,
    /// Outside the desk's hours.
    Closed,
    /// No phone registered, or the member is not on duty.
    Absent,
    /// All members tried, or the time for hunting ran out.
    Exhausted,
    /// The called number is not ours.
    NotOurs,
    /// The source may not call here.
    NotAllowed,
    /// Somebody outside the house, or nobody: a phone's transfer or diversion led there. Never dialled.
    Outside,
    /// Outbound calls are stopped, or one of their limits is reached.
    Outbound,
    /// The dialled number is too short.
    Incomplete,
    /// No codec in common.
    NoCodec,
    /// A limit of the house is reached; calls in progress are protected.
    Overload,
    /// The house is being emptied for a restart.
    Draining,
    /// All channels of the trunk are taken.
    ChannelsFull,
    /// No RTP and no RTCP for the time-out.
    MediaLost,
    /// The phone unregistered in the middle of a call.
    Unregistered,
    /// A call-back was not needed any more: the citizen had called themselves.
    CalledAgain,
    /// The dialog's peer no longer answers (no ACK, session timer).
    PeerGone,
    /// The process was cut short; written at the next start.
    Crash,
    /// The hotline ended the call by its own flow: goodbye after the survey, voice mail saved.
    Finished,
    /// A state or order that the protocol does not allow at this point.
    Protocol,
}

impl Reason {
    /// Every reason, in the order of the type: tables and stored words are held against it.
    pub const ALL: [Self; 29] = [
        Self::Normal,
        Self::GaveUp,
        Self::Busy,
        Self::NoAnswer,
        Self::Declined,
        Self::NoKey,
        Self::Invalid,
        Self::Trunk,
        Self::Cancelled,
        Self::LateAnswer,
        Self::Closed,
        Self::Absent,
        Self::Exhausted,
        Self::NotOurs,
        Self::NotAllowed,
        Self::Outside,
        Self::Outbound,
        Self::Incomplete,
        Self::NoCodec,
        Self::Overload,
        Self::Draining,
        Self::ChannelsFull,
        Self::MediaLost,
        Self::Unregistered,
        Self::CalledAgain,
        Self::PeerGone,
        Self::Crash,
        Self::Finished,
        Self::Protocol,
    ];
}

/// The verdict.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cause {
    /// Whose doing.
    pub side: Side,
    /// Why.
    pub reason: Reason,
}

impl Cause {
    /// Shorthand.
    pub const fn new(side: Side, reason: Reason) -> Self {
        Self { side, reason }
    }

    /// The verdict on a final SIP response from a party that we called (RFC 3261 section 21).
    pub fn from_sip(status: u16) -> Self {
        let reason = match status {
            486 | 600 => Reason::Busy,
            408 | 480 => Reason::NoAnswer,
            603 => Reason::Declined,
            404 | 410 | 484 | 485 | 604 => Reason::Invalid,
            487 => Reason::Cancelled,
            488 | 606 => Reason::NoCodec,
            503 => return Self::new(Side::Network, Reason::Overload),
            500..=599 => return Self::new(Side::Network, Reason::Trunk),
            _ => return Self::new(Side::Network, Reason::Protocol),
        };
        Self::new(Side::Callee, reason)
    }

    /// The SIP status with which a call is refused, or that a leg's end stands for. 200 where a BYE ends it.
    pub fn sip_status(self) -> u16 {
        match self.reason {
            Reason::Normal
            | Reason::Finished
            | Reason::MediaLost
            | Reason::PeerGone
            | Reason::Unregistered => 200,
            Reason::GaveUp | Reason::Cancelled | Reason::LateAnswer | Reason::CalledAgain => 487,
            Reason::Busy => 486,
            Reason::NoAnswer | Reason::NoKey | Reason::Closed | Reason::Absent | Reason::Exhausted => 480,
            Reason::Declined => 603,
            Reason::Invalid | Reason::NotOurs => 404,
            Reason::Trunk | Reason::Crash => 500,
            Reason::NotAllowed | Reason::Outside | Reason::Outbound => 403,
            Reason::Incomplete => 484,
            Reason::NoCodec => 488,
            Reason::Overload | Reason::Draining | Reason::ChannelsFull => 503,
            Reason::Protocol => 400,
        }
    }

    /// The Q.850 cause value (ITU-T Q.850 table 1) for CDRs and the Reason header (RFC 3326).
    pub fn q850(self) -> u8 {
        match self.reason {
            Reason::Normal | Reason::Finished | Reason::CalledAgain => 16,
            Reason::GaveUp | Reason::Cancelled | Reason::LateAnswer => 16,
            Reason::Busy => 17,
            Reason::NoAnswer | Reason::NoKey | Reason::Exhausted => 19,
            Reason::Closed | Reason::Absent | Reason::Unregistered => 20,
            Reason::Declined | Reason::NotAllowed | Reason::Outside | Reason::Outbound => 21,
            Reason::Invalid | Reason::NotOurs => 1,
            Reason::Incomplete => 28,
            Reason::ChannelsFull => 34,
            Reason::Trunk | Reason::Crash | Reason::PeerGone => 41,
            Reason::Overload => 41,
            Reason::Draining => 42,
            Reason::MediaLost => 27,
            Reason::NoCodec => 88,
            Reason::Protocol => 111,
        }
    }

    /// The stable word for the store, the API and metrics.
    pub fn word(self) -> &'static str {
        match self.reason {
            Reason::Normal => "normal",
            Reason::GaveUp => "gave_up",
            Reason::Busy => "busy",
            Reason::NoAnswer => "no_answer",
            Reason::Declined => "declined",
            Reason::NoKey => "no_key",
            Reason::Invalid => "invalid",
            Reason::Trunk => "trunk",
            Reason::Cancelled => "cancelled",
            Reason::LateAnswer => "late_answer",
            Reason::Closed => "closed",
            Reason::Absent => "absent",
            Reason::Exhausted => "exhausted",
            Reason::NotOurs => "not_ours",
            Reason::NotAllowed => "not_allowed",
            Reason::Outside => "outside",
            Reason::Outbound => "outbound",
            Reason::Incomplete => "incomplete",
            Reason::NoCodec => "no_codec",
            Reason::Overload => "overload",
            Reason::Draining => "draining",
            Reason::ChannelsFull => "channels_full",
            Reason::MediaLost => "media_lost",
            Reason::Unregistered => "unregistered",
            Reason::CalledAgain => "called_again",
            Reason::PeerGone => "peer_gone",
            Reason::Crash => "crash",
            Reason::Finished => "finished",
            Reason::Protocol => "protocol",
        }
    }

    /// What happened and what an admin can do, in Chinese.
    pub fn zh(self) -> &'static str {
        match self.reason {
            Reason::Normal => "正常挂机。",
            Reason::GaveUp => "等候中挂机；若常见，请增加在岗话务员。",
            Reason::Busy => "对方占线；已转下一位成员。",
            Reason::NoAnswer => "振铃超时无人接听；请核对值班安排与话机。",
            Reason::Declined => "对方拒接。",
            Reason::NoKey => "已接听但未按键确认，可能是语音信箱或传真；请核对话机转接设置。",
            Reason::Invalid => "号码或地址不存在；请核对 desks.toml 中的话机或号码。",
            Reason::Trunk => "中继线路或对端设备故障；请检查 trunks.toml 与运营商。",
            Reason::Cancelled => "本次呼叫已取消。",
            Reason::LateAnswer => "取消之后才接听，已播报并挂断。",
            Reason::Closed => "窗口不在办公时间；可登记交办或由班长说明理由后呼叫。",
            Reason::Absent => "话机未注册或人员不在岗；请检查话机网络与注册密码。",
            Reason::Exhausted => "全部成员均未接通；可一键交办。",
            Reason::NotOurs => "被叫号码不是本热线号码；请核对 routing.toml 的 numbers。",
            Reason::NotAllowed => "来源未获许可；如属可信中继，请加入 trunks.toml。",
            Reason::Outside => {
                "话机转接或呼叫转移的目标不在本单位之内，未予拨出；请取消话机的转移设置，或用桥接指令按白名单接入。"
            }
            Reason::Outbound => {
                "外呼已停止或达到上限（防盗打）；请核实后用 POST /api/v1/outbound 恢复，或调整 routing.toml 的 [outbound]。"
            }
            Reason::Incomplete => "被叫号码位数不足。",
            Reason::NoCodec => "没有共同的语音编码；对端需支持 G.711 A 律或 μ 律。",
            Reason::Overload => "已达并发上限，为保护在线通话而拒绝；请扩容或调整 limits。",
            Reason::Draining => "系统正在排空准备重启。",
            Reason::ChannelsFull => "该中继通道已满。",
            Reason::MediaLost => "长时间收不到语音与 RTCP；请检查防火墙、NAT 与话机网络。",
            Reason::Unregistered => "通话中话机注销或掉线。",
            Reason::CalledAgain => "群众已再次来电，不再回拨；由来电继续排队，保留原来的次序。",
            Reason::PeerGone => "对端设备不再应答信令。",
            Reason::Crash => "进程意外中断，重启时补记。",
            Reason::Finished => "流程正常结束。",
            Reason::Protocol => "对端信令不符合规范；请查看该通话的信令梯形图。",
        }
    }

    /// What happened and what an admin can do, in English.
    pub fn en(self) -> &'static str {
        match self.reason {
            Reason::Normal => "Normal hang-up.",
            Reason::GaveUp => "Hung up while waiting; if this is common, put more operators on duty.",
            Reason::Busy => "The phone was busy; the next member was tried.",
            Reason::NoAnswer => "Nobody answered in time; check the duty list and the phone.",
            Reason::Declined => "The called person declined.",
            Reason::NoKey => {
                "Answered, but nobody pressed the accept key: voice mail or a fax? Check the phone's diversions."
            }
            Reason::Invalid => {
                "The number or address does not exist; check the phone or number in desks.toml."
            }
            Reason::Trunk => "The trunk or the far equipment failed; check trunks.toml and the carrier.",
            Reason::Cancelled => "This attempt was cancelled.",
            Reason::LateAnswer => "Answered after the cancel; it was told so and hung up.",
            Reason::Closed => {
                "The desk is outside its hours; hand the case over, or let a supervisor override with a reason."
            }
            Reason::Absent => {
                "The phone is not registered or nobody is on duty; check the phone's network and password."
            }
            Reason::Exhausted => "All members were tried without success; hand the case over.",
            Reason::NotOurs => "The called number is not this hotline's; check numbers in routing.toml.",
            Reason::NotAllowed => {
                "The source is not allowed; if it is a trusted trunk, add it to trunks.toml."
            }
            Reason::Outside => {
                "The phone transferred or diverted to nobody of this house, which is never dialled; take the diversion out of the phone, or bring the number in by an order if it is on the allow-list."
            }
            Reason::Outbound => {
                "Outbound calls are stopped or at a limit (toll fraud?); look into it, then POST /api/v1/outbound, or raise [outbound] in routing.toml."
            }
            Reason::Incomplete => "The called number is incomplete.",
            Reason::NoCodec => "No codec in common; the far end must offer G.711 A-law or mu-law.",
            Reason::Overload => {
                "The limit of simultaneous calls is reached and running calls are protected; add capacity or raise limits."
            }
            Reason::Draining => "The house is being emptied before a restart.",
            Reason::ChannelsFull => "All channels of this trunk are taken.",
            Reason::MediaLost => {
                "No sound and no RTCP arrived for too long; check firewall, NAT and the phone's network."
            }
            Reason::Unregistered => "The phone unregistered or dropped off during the call.",
            Reason::CalledAgain => {
                "The citizen had called again: no call back, their own call has the place."
            }
            Reason::PeerGone => "The far equipment no longer answers signalling.",
            Reason::Crash => "The process was cut short; closed at the next start.",
            Reason::Finished => "The flow ended normally.",
            Reason::Protocol => "The far end broke the protocol; look at the call's SIP ladder.",
        }
    }
}
