//! The kinds of problems: status, stable word and title of each. The page at /docs prints this table.

use ::config::draft::DraftError;
use ::rehearsal::RehearsalError;
use call::action::Refusal;
use switchboard::HandleError;

use crate::error::ApiError;
use crate::promises;

/// A kind of problem. Its `type` (RFC 9457 section 3.1.1) is `/docs#CODE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kind {
    /// HTTP status.
    pub(crate) status: u16,
    /// The stable word for programs.
    pub(crate) code: &'static str,
    /// Title in Chinese.
    pub(crate) zh: &'static str,
    /// Title in English.
    pub(crate) en: &'static str,
    /// Seconds after which it makes sense to ask again.
    pub(crate) retry_after: Option<u32>,
}

const fn kind(status: u16, code: &'static str, zh: &'static str, en: &'static str) -> Kind {
    Kind { status, code, zh, en, retry_after: None }
}

const fn later(kind: Kind, seconds: u32) -> Kind {
    Kind { retry_after: Some(seconds), ..kind }
}

const UNAUTHORIZED: Kind = kind(401, "unauthorized", "需要访问令牌", "An access token is needed");
const FORBIDDEN: Kind = kind(403, "forbidden", "角色不允许", "Your role does not allow it");
const NO_SESSION: Kind = kind(401, "no_session", "尚未登录", "Nobody has signed in");
const NO_TAB: Kind = kind(403, "no_tab", "缺少页面标识", "The tab is missing");
const FOREIGN_PAGE: Kind = kind(403, "foreign_page", "来自其他网页", "Asked by a foreign page");
const MUST_CHANGE: Kind = kind(403, "must_change", "须先修改密码", "The password must be changed first");
const MUST_ENROL: Kind = kind(403, "must_enrol", "须先设置第二因素", "A second factor is needed first");
const WRONG_CREDENTIALS: Kind =
    kind(401, "wrong_credentials", "用户名或密码错误", "Wrong user name or password");
const SECOND_FACTOR_NEEDED: Kind = kind(401, "second_factor_needed", "需要验证码", "A code is needed");
const WRONG_CODE: Kind = kind(401, "wrong_code", "验证码错误", "Wrong code");
const ACCOUNT_LOCKED: Kind = kind(403, "account_locked", "账户已停用", "The account is locked");
const LOCKED_OUT: Kind = kind(429, "locked_out", "密码错误过多", "Too many wrong passwords");
const SIGNING_IN_BUSY: Kind =
    later(kind(503, "signing_in_busy", "登录过于繁忙", "Too many people sign in"), 3);
const NO_ACCOUNT: Kind = kind(409, "no_account", "没有账户", "No account of its own");
const WEAK_PASSWORD: Kind = kind(400, "weak_password", "密码太弱", "The password is too weak");
const WRONG_SETUP_TOKEN: Kind = kind(403, "wrong_setup_token", "设置令牌不对", "Wrong set-up token");
const SET_UP_ALREADY: Kind = kind(409, "set_up_already", "已完成设置", "It is set up already");
const NO_TRIAL: Kind = kind(403, "no_trial", "没有试用", "No trial");
const NO_SUCH_USER: Kind = kind(404, "no_such_user", "没有这个账户", "No such account");
const USER_EXISTS: Kind = kind(409, "user_exists", "账户已存在", "The account exists");
const LAST_ADMIN: Kind = kind(409, "last_admin", "最后一个管理员", "The last admin");
const NOT_YOURS: Kind = kind(403, "not_yours", "不是您的", "It is not yours");
const TOO_MANY_GUESSES: Kind =
    later(kind(429, "too_many_guesses", "错误令牌过多", "Too many wrong tokens"), 1);
const FOREIGN_HOST: Kind = kind(421, "foreign_host", "Host 不是本机", "The Host is not this machine");
const NO_SUCH_PATH: Kind = kind(404, "no_such_path", "路径不存在", "No such path");
const WRONG_METHOD: Kind = kind(405, "wrong_method", "方法不适用", "Wrong method");
const BAD_ADDRESS: Kind = kind(400, "bad_address", "地址有误", "The address does not read");
const BAD_BODY: Kind = kind(400, "bad_body", "请求体有误", "The body does not read");
const NOT_JSON: Kind = kind(415, "not_json", "请求体不是 JSON", "The body is not JSON");
const TOO_LARGE: Kind = kind(413, "too_large", "请求体过大", "The body is too large");
const SLOW_BODY: Kind = kind(408, "slow_body", "请求体过慢", "The body came too slowly");
const TIMED_OUT: Kind = later(kind(503, "timed_out", "答复超时", "No answer in time"), 1);
const BAD_KEY: Kind = kind(400, "bad_key", "缺少指令编号", "An Idempotency-Key is needed");
const KEY_REUSED: Kind = kind(422, "key_reused", "指令编号重复使用", "The Idempotency-Key was used before");
const KEYS_FULL: Kind = later(kind(503, "keys_full", "指令过多", "Too many orders at once"), 1);
const NO_SUCH_CALL: Kind = kind(404, "no_such_call", "没有这通通话", "No such call");
const NO_SUCH_TARGET: Kind = kind(404, "no_such_target", "没有这个呼叫对象", "No such party");
const DESK_CLOSED: Kind = kind(409, "desk_closed", "窗口不在办公时间", "The desk is closed");
const WRONG_STAGE: Kind = kind(409, "wrong_stage", "通话阶段不符", "Wrong stage of the call");
const SEAT_TAKEN: Kind = kind(409, "seat_taken", "席位已占用", "The seat is taken");
const NOT_ALLOWED: Kind = kind(403, "not_allowed", "不允许呼叫", "Not on the list of allowed numbers");
const NO_PHONE: Kind = kind(409, "no_phone", "话机不可用", "The phone can't be rung");
const OUTCOME_DUE: Kind = kind(409, "outcome_due", "尚未填写处理结果", "An outcome is due");
const BUSY: Kind = later(kind(503, "busy", "总机过载", "The switchboard is overloaded"), 1);
const STOPPED: Kind = later(kind(503, "stopped", "总机已停止", "The switchboard has stopped"), 5);
const STORE_AWAY: Kind = later(kind(503, "store_away", "记录暂不可读", "The records can't be read now"), 5);
const NO_SUCH_RECORDING: Kind = kind(404, "no_such_recording", "没有这段录音", "No such recording");
const STILL_RECORDING: Kind = kind(409, "still_recording", "录音仍在进行", "The recording still runs");
const PURGED: Kind = kind(410, "purged", "录音已清除", "The recording was purged");
const FILE_GONE: Kind = kind(404, "file_gone", "录音文件缺失", "The recording's file is missing");
const NO_REASON: Kind = kind(400, "no_reason", "需要调听理由", "A reason is needed");
const TOO_MANY_LISTENERS: Kind = later(kind(503, "too_many_listeners", "订阅过多", "Too many listeners"), 30);
const NO_DRAFT: Kind = kind(409, "no_draft", "没有草稿", "There is no draft");
const DRAFT_TAKEN: Kind = kind(409, "draft_taken", "他人已有草稿", "Somebody else has a draft");
const DRAFT_STALE: Kind = kind(409, "draft_stale", "草稿已过时", "The draft is stale");
const DRAFT_FAULTS: Kind = kind(409, "draft_faults", "草稿有错误", "The draft has faults");
const NOT_REHEARSED: Kind = kind(409, "not_rehearsed", "草稿未演练", "The draft was not rehearsed");
const BAD_EDIT: Kind = kind(422, "bad_edit", "修改无法执行", "The change can't be made");
const FILES_AWAY: Kind = later(kind(503, "files_away", "配置文件不可用", "The files can't be used"), 5);
const NO_SUCH_VERSION: Kind = kind(404, "no_such_version", "没有这个版本", "No such version");
const REHEARSING: Kind = kind(409, "rehearsing", "演练正在进行", "A rehearsal is under way");
const CANCELLED: Kind = kind(409, "cancelled", "已取消", "It was cancelled");
const EXAMINING: Kind = kind(409, "examining", "正在检查中继", "A trunk is being examined");
const NO_SUCH_PROMPT: Kind = kind(404, "no_such_prompt", "没有这个录音", "No such recording of the house");
const DECLINED: Kind = kind(422, "declined", "内容不可用", "It can't be used");
const BEHIND: Kind = later(kind(503, "not_in_use", "未能启用", "It could not be taken into use"), 5);
const NO_SUCH_ENTRY: Kind = kind(404, "no_such_entry", "没有这一条", "No such entry");
const SAME_ENTRY: Kind = kind(409, "same_entry", "已有相同的一条", "There is such an entry");
const UNFIT: Kind = kind(400, "unfit", "内容不合要求", "It can't be taken as it is");
const NO_SUCH_CASE: Kind = kind(404, "no_such_case", "没有这件工单", "No such case");
const NO_SUCH_ITEM: Kind = kind(404, "no_such_item", "没有这一项", "No such item");
const NUMBERS_USED_UP: Kind = kind(409, "numbers_used_up", "工单编号已用完", "No case numbers left");
const IMPORT_RUNS: Kind = kind(409, "import_runs", "正在导入", "An import is under way");
const INTERNAL: Kind = kind(500, "internal", "内部错误", "A fault of this program");

/// All of them, in the order of the page at /docs.
pub(crate) const ALL: &[Kind] = &[
    UNAUTHORIZED,
    FORBIDDEN,
    NO_SESSION,
    NO_TAB,
    FOREIGN_PAGE,
    MUST_ENROL,
    WRONG_CREDENTIALS,
    SECOND_FACTOR_NEEDED,
    WRONG_CODE,
    ACCOUNT_LOCKED,
    LOCKED_OUT,
    SIGNING_IN_BUSY,
    NO_ACCOUNT,
    WEAK_PASSWORD,
    WRONG_SETUP_TOKEN,
    SET_UP_ALREADY,
    NO_TRIAL,
    NO_SUCH_USER,
    USER_EXISTS,
    LAST_ADMIN,
    NOT_YOURS,
    TOO_MANY_GUESSES,
    FOREIGN_HOST,
    NO_SUCH_PATH,
    WRONG_METHOD,
    BAD_ADDRESS,
    BAD_BODY,
    NOT_JSON,
    TOO_LARGE,
    SLOW_BODY,
    TIMED_OUT,
    BAD_KEY,
    KEY_REUSED,
    KEYS_FULL,
    NO_SUCH_CALL,
    NO_SUCH_TARGET,
    DESK_CLOSED,
    WRONG_STAGE,
    SEAT_TAKEN,
    NOT_ALLOWED,
    NO_PHONE,
    OUTCOME_DUE,
    BUSY,
    STOPPED,
    STORE_AWAY,
    NO_SUCH_RECORDING,
    STILL_RECORDING,
    PURGED,
    FILE_GONE,
    NO_REASON,
    TOO_MANY_LISTENERS,
    NO_DRAFT,
    DRAFT_TAKEN,
    DRAFT_STALE,
    DRAFT_FAULTS,
    NOT_REHEARSED,
    BAD_EDIT,
    FILES_AWAY,
    NO_SUCH_VERSION,
    REHEARSING,
    CANCELLED,
    EXAMINING,
    NO_SUCH_PROMPT,
    DECLINED,
    BEHIND,
    NO_SUCH_ENTRY,
    SAME_ENTRY,
    UNFIT,
    NO_SUCH_CASE,
    NO_SUCH_ITEM,
    NUMBERS_USED_UP,
    IMPORT_RUNS,
    INTERNAL,
];

/// Kinds of the core's refusals.
fn of_refusal(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::NoSuchCall => NO_SUCH_CALL,
        Refusal::NoSuchTarget => NO_SUCH_TARGET,
        Refusal::DeskClosed { .. } => DESK_CLOSED,
        Refusal::WrongStage { .. } => WRONG_STAGE,
        Refusal::SeatTaken => SEAT_TAKEN,
        Refusal::NotAllowed => NOT_ALLOWED,
        Refusal::NoPhone => NO_PHONE,
        Refusal::OutcomeDue => OUTCOME_DUE,
    }
}

/// Kinds of the information base and the cases.
fn of_work(error: &ApiError) -> Kind {
    match error {
        ApiError::NoSuchEntry => NO_SUCH_ENTRY,
        ApiError::SameEntry => SAME_ENTRY,
        ApiError::Unfit { .. } => UNFIT,
        ApiError::NoSuchCase => NO_SUCH_CASE,
        ApiError::NoSuchItem => NO_SUCH_ITEM,
        ApiError::Kept(refusal) => promises::kinds::of(*refusal),
        ApiError::NumbersUsedUp => NUMBERS_USED_UP,
        ApiError::ImportRuns => IMPORT_RUNS,
        _ => INTERNAL,
    }
}

/// Which kind this is.
pub(crate) fn of(error: &ApiError) -> Kind {
    match error {
        // Of the start alone: no request ever sees them.
        ApiError::NotLoopback(_) | ApiError::ShortToken | ApiError::UnfitToken | ApiError::Socket(_) => {
            INTERNAL
        }
        ApiError::Unauthorized => UNAUTHORIZED,
        ApiError::Forbidden => FORBIDDEN,
        ApiError::NotYours => NOT_YOURS,
        ApiError::NoSession => NO_SESSION,
        ApiError::NoTab => NO_TAB,
        ApiError::ForeignPage => FOREIGN_PAGE,
        ApiError::MustChange => MUST_CHANGE,
        ApiError::MustEnrol => MUST_ENROL,
        ApiError::WrongCredentials => WRONG_CREDENTIALS,
        ApiError::SecondFactorNeeded => SECOND_FACTOR_NEEDED,
        ApiError::WrongCode => WRONG_CODE,
        ApiError::AccountLocked => ACCOUNT_LOCKED,
        ApiError::LockedOut(seconds) => later(LOCKED_OUT, u32::try_from(*seconds).unwrap_or(u32::MAX)),
        ApiError::SigningInBusy => SIGNING_IN_BUSY,
        ApiError::NoAccount => NO_ACCOUNT,
        ApiError::Access(access::AccessError::Weak(_)) => WEAK_PASSWORD,
        ApiError::Access(access::AccessError::UserName | access::AccessError::Tab) => BAD_BODY,
        ApiError::Access(access::AccessError::Hash | access::AccessError::Secret) => INTERNAL,
        ApiError::WrongSetupToken => WRONG_SETUP_TOKEN,
        ApiError::SetUpAlready => SET_UP_ALREADY,
        ApiError::NoTrial => NO_TRIAL,
        ApiError::NoSuchUser => NO_SUCH_USER,
        ApiError::UserExists => USER_EXISTS,
        ApiError::LastAdmin => LAST_ADMIN,
        ApiError::TooManyGuesses => TOO_MANY_GUESSES,
        ApiError::ForeignHost => FOREIGN_HOST,
        ApiError::NoSuchPath => NO_SUCH_PATH,
        ApiError::WrongMethod => WRONG_METHOD,
        ApiError::BadAddress(_) => BAD_ADDRESS,
        ApiError::BadBody(_) => BAD_BODY,
        ApiError::NotJson => NOT_JSON,
        ApiError::TooLarge => TOO_LARGE,
        ApiError::SlowBody => SLOW_BODY,
        ApiError::TimedOut => TIMED_OUT,
        ApiError::BadKey => BAD_KEY,
        ApiError::KeyReused => KEY_REUSED,
        ApiError::KeysFull => KEYS_FULL,
        ApiError::Refused(refusal) => of_refusal(refusal),
        ApiError::Handle(HandleError::Busy) => BUSY,
        ApiError::Handle(HandleError::Stopped) => STOPPED,
        ApiError::StoreAway(_) => STORE_AWAY,
        ApiError::NoSuchRecording => NO_SUCH_RECORDING,
        ApiError::StillRecording => STILL_RECORDING,
        ApiError::Purged => PURGED,
        ApiError::FileGone => FILE_GONE,
        ApiError::NoReason => NO_REASON,
        ApiError::TooManyListeners => TOO_MANY_LISTENERS,
        ApiError::Draft(why) => of_draft(why),
        ApiError::Rehearsal(why) => of_rehearsal(why),
        ApiError::NoSuchVersion => NO_SUCH_VERSION,
        ApiError::Rehearsing => REHEARSING,
        ApiError::Examining => EXAMINING,
        ApiError::NoSuchPrompt => NO_SUCH_PROMPT,
        ApiError::Declined(_) => DECLINED,
        ApiError::Behind(_) => BEHIND,
        ApiError::NoSuchEntry | ApiError::SameEntry | ApiError::Unfit { .. } | ApiError::ImportRuns => {
            of_work(error)
        }
        ApiError::NoSuchCase | ApiError::NumbersUsedUp => of_work(error),
        ApiError::NoSuchItem | ApiError::Kept(_) => of_work(error),
        ApiError::Internal(_) => INTERNAL,
    }
}

fn of_rehearsal(error: &RehearsalError) -> Kind {
    match error {
        RehearsalError::Cancelled => CANCELLED,
        RehearsalError::NoKey(_) | RehearsalError::TooManyKeys => BAD_BODY,
        RehearsalError::Restless => INTERNAL,
    }
}

fn of_draft(error: &DraftError) -> Kind {
    match error {
        DraftError::NoDraft => NO_DRAFT,
        DraftError::Taken { .. } => DRAFT_TAKEN,
        DraftError::Stale => DRAFT_STALE,
        DraftError::Faults(_) => DRAFT_FAULTS,
        DraftError::NotRehearsed => NOT_REHEARSED,
        DraftError::TooMuch => TOO_LARGE,
        DraftError::Edit(_) => BAD_EDIT,
        DraftError::Io { .. } | DraftError::Content(_) => FILES_AWAY,
    }
}
