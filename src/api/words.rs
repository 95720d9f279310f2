//! What went wrong, in plain words: the Chinese of [`ApiError`] and both languages of the core's refusals.

use call::action::Refusal;
use switchboard::HandleError;

use crate::error::ApiError;
use crate::extract::{BODY_LIMIT, BODY_TIME};
use crate::idempotency::LONGEST_KEY;
use crate::live_events::LISTENERS;
use crate::recordings::LONGEST_REASON;
use crate::rooms::SHORTEST_TOKEN;

/// What happened and what the reader can do, in Chinese; English is the error's `Display`.
pub(crate) fn detail_zh(error: &ApiError) -> String {
    match error {
        ApiError::NotLoopback(at) => {
            format!("{at} 可从其他机器访问；请改为 127.0.0.1 或 [::1]，外部访问请经由带 TLS 的代理。")
        }
        ApiError::ShortToken => {
            format!("访问令牌不足 {SHORTEST_TOKEN} 个字符；请删除令牌文件以重新生成，或写入更长的令牌。")
        }
        ApiError::UnfitToken => "访问令牌含有字母、数字和 -._~+/= 以外的字符；请重写。".into(),
        ApiError::Socket(why) => format!("HTTP 接口的套接字无法使用（{why}）；请换一个地址。"),
        ApiError::Unauthorized => {
            "请发送请求头 Authorization: Bearer 令牌；令牌在 hotline.toml 所指的文件中。".into()
        }
        ApiError::TooManyGuesses => "错误令牌过多；请一秒后用正确的令牌重试。".into(),
        ApiError::ForeignHost => {
            "请以 localhost、127.0.0.1 或 [::1] 访问；代理须如此设置 Host 请求头。".into()
        }
        ApiError::NoSuchPath => "此路径不存在；全部接口见 /docs。".into(),
        ApiError::WrongMethod => "此路径不支持该方法；可用方法见响应头 Allow 与 /docs。".into(),
        ApiError::BadAddress(what) => format!("地址无法读取：{what}"),
        ApiError::BadBody(what) => format!("请求体不合约定：{what}"),
        ApiError::NotJson => "请求体须为 JSON，并带请求头 Content-Type: application/json。".into(),
        ApiError::TooLarge => format!("请求体超过 {} KiB；请缩短。", BODY_LIMIT / 1024),
        ApiError::SlowBody => format!("请求体未在 {} 秒内送达；请重发。", BODY_TIME.as_secs()),
        ApiError::TimedOut => "未能及时答复；请重试，指令请沿用同一个 Idempotency-Key，不会执行两次。".into(),
        ApiError::BadKey => format!(
            "请发送一个 Idempotency-Key 请求头，1 至 {LONGEST_KEY} 个可见 ASCII 字符；新指令用新值，重发用原值。"
        ),
        ApiError::KeyReused => "此 Idempotency-Key 已用于另一条指令；新指令请用新值。".into(),
        ApiError::KeysFull => "正在执行的指令过多；请一秒后用同一个值重发。".into(),
        ApiError::Refused(refusal) => refusal_zh(refusal),
        ApiError::Handle(HandleError::Busy) => "总机过载；请一秒后重试。".into(),
        ApiError::Handle(HandleError::Stopped) => "总机已停止；请重新启动热线。".into(),
        ApiError::StoreAway(_) => "暂时无法读取记录；请数秒后重试，原因见热线日志。通话不受影响。".into(),
        ApiError::NoSuchRecording => "该通话没有这段录音；通话详情中列有其全部录音。".into(),
        ApiError::StillRecording => "录音仍在进行；请在通话结束后再取。".into(),
        ApiError::Purged => "该录音已到期清除，仅保留其登记信息。".into(),
        ApiError::FileGone => "该录音的文件不存在；请从备份恢复到录音目录。".into(),
        ApiError::NoReason => {
            format!(
                "请说明调听理由：请求头 X-Reason 或查询参数 reason，1 至 {LONGEST_REASON} 个字符；将随调听记录保存。"
            )
        }
        ApiError::Draft(why) => format!("{}。", why.zh()),
        ApiError::NoSuchVersion => {
            "没有这个版本，或当时没有保存文件；全部版本见 GET /api/v1/config/versions。".into()
        }
        ApiError::Rehearsal(why) => format!("{}。", why.zh()),
        ApiError::Rehearsing => "演练正在进行；请等它结束，或取消它。".into(),
        ApiError::Examining => "正在检查一条中继；请等它结束。".into(),
        ApiError::NoSuchPrompt => "没有这个录音，或没有可恢复的；全部录音见 GET /api/v1/prompts。".into(),
        ApiError::Declined(why) | ApiError::Behind(why) => why.zh.clone(),
        ApiError::TooManyListeners => format!("实时事件的订阅已达 {LISTENERS} 个；请关闭其一或稍后再试。"),
        ApiError::NoSuchEntry => "知识库中没有这一条；可能已删除，请重新查找。".into(),
        ApiError::SameEntry => "另有一条同名，或同标题同事项；请改其中一处。".into(),
        ApiError::Unfit { zh, .. } => zh.clone(),
        ApiError::NoSuchCase => "没有这件工单，或不在您的查看范围；请核对 12 位编号。".into(),
        ApiError::NoSuchItem => "没有这一项，或不在您的查看范围；请刷新列表。".into(),
        ApiError::Kept(refusal) => format!("{}。", refusal.zh()),
        ApiError::NumbersUsedUp => "今天的工单编号已用完；请先记下，零点后再登记。".into(),
        ApiError::ImportRuns => "正在导入；请等它完成。".into(),
        ApiError::Internal(what) => format!("热线处理此请求时出错（{what}）；请连同日志一起报告。"),
        of_people => people_zh(of_people),
    }
}

/// The same of what is wrong with who asks; what is forgotten here is told in English.
fn people_zh(error: &ApiError) -> String {
    match error {
        ApiError::Forbidden => "您的角色不能这样做；请向管理员了解由谁办理。".into(),
        ApiError::NoSession => "尚未登录，或会话已结束；请登录。".into(),
        ApiError::NoTab => "缺少请求头 X-Hotline-Tab，或不是 1 至 16 个小写字母和数字；请刷新页面。".into(),
        ApiError::ForeignPage => "请求来自其他地址的网页；请打开热线自己的页面。".into(),
        ApiError::MustChange => "您的密码是他人设置的；请先修改，在此之前不能进行其他操作。".into(),
        ApiError::MustEnrol => "管理员须有第二因素；请先设置，在此之前不能进行其他操作。".into(),
        ApiError::WrongCredentials => "用户名或密码错误；请重试，管理员可以重置密码。".into(),
        ApiError::SecondFactorNeeded => "请一并发送第二因素的验证码：验证器上的六位数字。".into(),
        ApiError::WrongCode => "验证码错误或已用过；请等下一个，并核对手机时钟。".into(),
        ApiError::AccountLocked => "该账户已停用；请联系管理员。".into(),
        ApiError::LockedOut(seconds) => format!("密码错误次数过多；请 {seconds} 秒后再试。"),
        ApiError::SigningInBusy => "同时登录的人过多；请数秒后重试。".into(),
        ApiError::NoAccount => "没有账户就没有可修改的密码；请用账户登录。".into(),
        ApiError::Access(error) => access_zh(*error),
        ApiError::WrongSetupToken => {
            "首次设置令牌不对；令牌在访问令牌旁的 setup-token 文件中，首次启动时也会显示。".into()
        }
        ApiError::SetUpAlready => {
            "热线已完成首次设置；请登录，管理员无法登录时用 hotline user reset。".into()
        }
        ApiError::NoTrial => "这里没有试用，或令牌不对；请使用 hotline serve --trial 显示的地址。".into(),
        ApiError::NoSuchUser => "没有这个账户；请刷新列表。".into(),
        ApiError::UserExists => "已有同名账户；请换一个名字。".into(),
        ApiError::LastAdmin => "这是最后一个可以登录的管理员；请先新建一个。".into(),
        ApiError::NotYours => "这不是您的通话、状态或窗口；请先加入通话，或请班长办理。".into(),
        other => other.to_string(),
    }
}

/// What is wrong with a password or a name, in Chinese.
fn access_zh(error: access::AccessError) -> String {
    match error {
        access::AccessError::Weak(why) => why.zh(),
        access::AccessError::UserName => {
            "用户名为 2 至 32 个小写字母、数字和 . - _，以字母或数字开头；请换一个。".into()
        }
        access::AccessError::Tab => "请求头 X-Hotline-Tab 不合约定；请刷新页面。".into(),
        access::AccessError::Hash => "密码无法计算或比对；请检查机器内存，并重置密码。".into(),
        access::AccessError::Secret => "第二因素无法读取；请重置账户，第二因素随之取消。".into(),
    }
}

/// The core's refusal and what the reader can do, in Chinese.
fn refusal_zh(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoSuchCall => "没有这通正在进行的通话；可能已结束，请刷新列表。".into(),
        Refusal::NoSuchTarget => "没有这个窗口、事项、人员或线路；请核对编号与配置。".into(),
        Refusal::DeskClosed { .. } => {
            "窗口不在办公时间；可登记交办，或由班长填写 override_reason 后呼叫。".into()
        }
        Refusal::WrongStage { stage } => format!("通话处于“{stage}”阶段，此指令不适用；请查看通话现状。"),
        Refusal::SeatTaken => "已有一方在通话中或正在呼叫；请先 drop 或等其离开。".into(),
        Refusal::NotAllowed => "该号码不在允许呼出的名单中；请管理员在 routing.toml 中添加。".into(),
        Refusal::NoPhone => "您的话机未注册或正在通话；请先登录话机或结束当前通话。".into(),
        Refusal::OutcomeDue => "上一通来电的处理结果尚未填写；请先填写结果，再置为待接。".into(),
    }
}

/// The core's refusal and what the reader can do, in English.
pub(crate) fn refusal_en(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoSuchCall => "there is no such live call: it may be over, read the list again".into(),
        Refusal::NoSuchTarget => {
            "there is no such desk, service, person or line: check the number and the configuration".into()
        }
        Refusal::DeskClosed { .. } => {
            "the desk is outside its hours: hand the case over, or let a supervisor give an override_reason"
                .into()
        }
        Refusal::WrongStage { stage } => {
            format!(
                "the call is in the stage {stage:?}, in which this order makes no sense: look at the call as it stands"
            )
        }
        Refusal::SeatTaken => "somebody is in the call or being rung already: drop them first".into(),
        Refusal::NotAllowed => {
            "this number is not on the list of allowed outgoing numbers: an admin can add it in routing.toml"
                .into()
        }
        Refusal::NoPhone => {
            "your phone is not registered, or it is in another call: sign it in, or end that call first"
                .into()
        }
        Refusal::OutcomeDue => {
            "the outcome of a call has not been given yet: give it first, then be ready again".into()
        }
    }
}
