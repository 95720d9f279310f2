//! Cases as JSON.

use call::ids::Pii;
use serde::{Deserialize, Serialize};
use store::{CaseDetail, CaseKind, CaseLine, CaseMade, CasePage, Earlier, NewCase, Track};
use utoipa::{IntoParams, ToSchema};

use crate::cases::clock::{ClockJson, NextDue};
use crate::error::ApiError;
use crate::extract::call_id;
use crate::recordings::LONGEST_REASON;

/// Characters of the longest title, place, name or code, content and note.
const LONGEST_TITLE: usize = 200;
const LONGEST_PLACE: usize = 500;
const LONGEST_NAME: usize = 60;
const LONGEST_CODE: usize = 32;
const LONGEST_CONTENT: usize = 10_000;
const LONGEST_NOTE: usize = 4_000;

/// A case of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfCase {
    /// The case's number: 12 digits.
    no: String,
}

/// A number that can be a case's.
pub(crate) struct CaseNo(pub(crate) String);

impl OfCase {
    /// The number. What has a wrong check digit names no case.
    pub(crate) fn no(self) -> Result<CaseNo, ApiError> {
        CaseNo::read(&self.no)
    }
}

impl CaseNo {
    /// From 12 digits.
    pub(crate) fn read(text: &str) -> Result<Self, ApiError> {
        if call::case_no::valid(text) { Ok(Self(text.to_owned())) } else { Err(ApiError::NoSuchCase) }
    }
}

/// The header that makes a repetition harmless.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes the header that is read by hand")]
pub(crate) struct RequestKey {
    /// 1 to 64 visible ASCII characters: the same key again writes nothing a second time.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

/// What the citizen wants.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindWord {
    /// To know something.
    Enquiry,
    /// Something to be done.
    Request,
    /// Something to be put right.
    Complaint,
    /// To tell of a wrong.
    Report,
    /// To propose something.
    Suggestion,
    /// To thank.
    Praise,
}

/// Whether a word in reply is enough.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrackWord {
    /// The unit calls back.
    Reply,
    /// The unit does something.
    Case,
}

/// The case form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseForm {
    /// The call that it comes from; its number is the applicant's unless another one is given.
    call: Option<String>,
    kind: KindWord,
    track: TrackWord,
    /// Code of a category.
    category: Option<String>,
    /// Code of the service; its first window's unit is responsible unless another one is given.
    service: Option<String>,
    /// Code of the responsible unit.
    unit: Option<String>,
    /// In a line: 1 to 200 characters.
    title: String,
    /// In full: at most 10,000 characters.
    #[serde(default)]
    content: String,
    /// Where it is about.
    place: Option<String>,
    /// Who asks.
    applicant_name: Option<String>,
    /// Their number: digits, `+`, `-` and blanks.
    applicant_phone: Option<String>,
    /// Who asks is not shown to those who work on it.
    #[serde(default)]
    confidential: bool,
    /// Who asks is not kept at all.
    #[serde(default)]
    anonymous: bool,
    /// Not to wait.
    #[serde(default)]
    urgent: bool,
}

impl CaseForm {
    /// The case, when the form can be taken.
    pub(crate) fn fit(self) -> Result<NewCase, ApiError> {
        let title = text(&self.title, "标题", "title", LONGEST_TITLE)?;
        if title.is_empty() {
            return Err(ApiError::unfit("请填写标题", "fill in the title"));
        }
        let code = |code: &Option<String>, zh: &str, en: &str| optional(code, zh, en, LONGEST_CODE);
        let phone = self.applicant_phone.as_deref().map(phone).transpose()?.flatten();
        Ok(NewCase {
            call: self.call.as_deref().map(call_id).transpose()?,
            kind: match self.kind {
                KindWord::Enquiry => CaseKind::Enquiry,
                KindWord::Request => CaseKind::Request,
                KindWord::Complaint => CaseKind::Complaint,
                KindWord::Report => CaseKind::Report,
                KindWord::Suggestion => CaseKind::Suggestion,
                KindWord::Praise => CaseKind::Praise,
            },
            track: match self.track {
                TrackWord::Reply => Track::Reply,
                TrackWord::Case => Track::Case,
            },
            category: code(&self.category, "类别", "category")?,
            service: code(&self.service, "事项", "service")?,
            unit: code(&self.unit, "单位", "unit")?,
            title,
            content: text(&self.content, "内容", "content", LONGEST_CONTENT)?,
            place: optional(&self.place, "地点", "place", LONGEST_PLACE)?,
            applicant_name: optional(&self.applicant_name, "姓名", "applicant_name", LONGEST_NAME)?
                .map(Pii::new),
            applicant_phone: phone,
            confidential: self.confidential,
            anonymous: self.anonymous,
            urgent: self.urgent,
        })
    }
}

/// A text of the form: as it was written, without blanks around it.
pub(crate) fn text(text: &str, zh: &str, en: &str, most: usize) -> Result<String, ApiError> {
    let text = text.trim();
    if text.contains('\0') {
        return Err(ApiError::unfit(
            format!("{zh}含有 NUL 字符：请删除"),
            format!("{en} holds a NUL: remove it"),
        ));
    }
    if text.len() > most && text.chars().count() > most {
        return Err(ApiError::unfit(
            format!("{zh}超过 {most} 个字符：请缩短"),
            format!("{en} has more than {most} characters: shorten it"),
        ));
    }
    Ok(text.to_owned())
}

fn optional(given: &Option<String>, zh: &str, en: &str, most: usize) -> Result<Option<String>, ApiError> {
    let read = given.as_deref().map(|given| text(given, zh, en, most)).transpose()?;
    Ok(read.filter(|text| !text.is_empty()))
}

/// A number without what people write between its digits; a country code of China is left out as in the store.
fn phone(written: &str) -> Result<Option<Pii>, ApiError> {
    let digits: String =
        written.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '（' | '）')).collect();
    let digits = digits.strip_prefix("+86").unwrap_or(&digits);
    if digits.is_empty() {
        return Ok(None);
    }
    let bare = digits.strip_prefix('+').unwrap_or(digits);
    if (3..=20).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Some(Pii::new(digits)))
    } else {
        Err(ApiError::unfit(
            "电话号码须为 3 至 20 位数字，可含 +、- 和空格",
            "a number has 3 to 20 digits, with +, - and blanks between",
        ))
    }
}

/// A case that was opened.
#[derive(Serialize, ToSchema)]
#[schema(as = CaseMade)]
pub(crate) struct Made {
    /// Its number.
    no: String,
    /// Four digits by which the citizen asks for its progress. Told this once.
    query_code: String,
}

impl From<CaseMade> for Made {
    fn from(made: CaseMade) -> Self {
        Self { no: made.no, query_code: made.query_code.reveal().to_owned() }
    }
}

/// A note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseNote)]
pub(crate) struct NoteText {
    /// 1 to 4,000 characters.
    text: String,
}

impl NoteText {
    /// The text, when it can be taken.
    pub(crate) fn fit(&self) -> Result<String, ApiError> {
        let note = text(&self.text, "记录", "text", LONGEST_NOTE)?;
        if note.is_empty() { Err(ApiError::unfit("请填写记录", "fill in the text")) } else { Ok(note) }
    }
}

/// A call to attach.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseAttach)]
pub(crate) struct Attach {
    /// The call's id.
    pub(crate) call: String,
}

/// Why who asks is to be shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseUnmask)]
pub(crate) struct Unmask {
    /// 1 to 200 characters; kept in the audit.
    reason: String,
}

impl Unmask {
    /// The reason, when it is one.
    pub(crate) fn fit(&self) -> Result<String, ApiError> {
        let reason = text(&self.reason, "理由", "reason", LONGEST_REASON)?;
        let fits = !reason.is_empty() && !reason.chars().any(char::is_control);
        if fits { Ok(reason) } else { Err(ApiError::unfit("请填写理由", "say why")) }
    }
}

/// Who asks, in full.
#[derive(Serialize, ToSchema)]
#[schema(as = CaseApplicant)]
pub(crate) struct Applicant {
    /// Empty: not known.
    name: String,
    /// Empty: not known.
    phone: String,
}

impl From<(Pii, Pii)> for Applicant {
    fn from((name, phone): (Pii, Pii)) -> Self {
        Self { name: name.reveal().to_owned(), phone: phone.reveal().to_owned() }
    }
}

/// Which cases.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichCases {
    /// The number or its beginning (6 digits and more), the applicant's whole number, or a part of the title.
    pub(crate) q: Option<String>,
    /// `received`, `handed_over`, `archived`, ...
    pub(crate) state: Option<String>,
    /// Code of the responsible unit.
    pub(crate) unit: Option<String>,
    /// A window that offers the service or was in the call (three digits).
    pub(crate) desk: Option<String>,
    /// Only those that are not closed.
    #[serde(default)]
    pub(crate) open: bool,
    /// Only those that must not wait.
    #[serde(default)]
    pub(crate) urgent: bool,
    /// Only those that a leader watches.
    #[serde(default)]
    pub(crate) supervised: bool,
    /// Only those that stand in the ledger.
    #[serde(default)]
    pub(crate) blocked: bool,
    /// Only open ones whose work was due before now.
    #[serde(default)]
    pub(crate) overdue: bool,
    /// `due`: the open ones, whose work is due first, first. Else the newest first.
    #[param(inline)]
    pub(crate) order: Option<CaseOrder>,
    /// Go on after this case: `next` of the page before.
    pub(crate) before: Option<String>,
    /// Cases of the page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
}

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaseOrder {
    /// By the due date of the work.
    Due,
}

/// A page of cases.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cases {
    /// Newest first.
    cases: Vec<Line>,
    /// The number to go on after.
    next: Option<String>,
}

impl From<CasePage> for Cases {
    fn from(page: CasePage) -> Self {
        Self { cases: page.cases.into_iter().map(Line::from).collect(), next: page.next }
    }
}

/// A case in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = CaseLine)]
struct Line {
    /// 12 digits.
    no: String,
    /// `enquiry`, `request`, `complaint`, `report`, `suggestion`, `praise`.
    kind: String,
    /// In a line.
    title: String,
    /// `received`, `handed_over`, `archived`, ...
    state: String,
    /// Code of the responsible unit; empty: none yet.
    unit: String,
    /// The unit's name.
    unit_name: String,
    /// UTC ms.
    received_at: i64,
    /// UTC ms.
    due_at: Option<i64>,
    /// Not to wait.
    urgent: bool,
    /// `张* 138****1234`; empty when it is not known or not to be seen.
    applicant_masked: String,
    /// First 1; after each redo one more.
    round: u32,
    /// The open promise that is due next.
    next: Option<NextDue>,
    /// A leader watches it.
    supervised: bool,
    /// It stands in the ledger.
    blocked: bool,
    /// Working days that the unit asked for and nobody has decided about.
    extension: Option<i32>,
}

impl From<CaseLine> for Line {
    fn from(line: CaseLine) -> Self {
        Self {
            no: line.no,
            kind: line.kind,
            title: line.title,
            state: line.state,
            unit: line.unit.unwrap_or_default(),
            unit_name: line.unit_name.unwrap_or_default(),
            received_at: line.received_at,
            due_at: line.due_at,
            urgent: line.urgent,
            applicant_masked: line.applicant_masked,
            round: line.round,
            next: line.next.map(Into::into),
            supervised: line.supervised,
            blocked: line.blocked,
            extension: line.extension,
        }
    }
}

/// A case, whole.
#[derive(Serialize, ToSchema)]
#[schema(as = CasePage)]
pub(crate) struct CasePageJson {
    #[serde(flatten)]
    line: Line,
    /// `phone`, `voicemail`, `web`.
    source: String,
    /// `reply` or `case`.
    track: String,
    /// Code of a category.
    category: Option<String>,
    /// Code of the service.
    service: Option<String>,
    /// The service's name.
    service_name: Option<String>,
    /// In full. Text, never markup.
    content: String,
    /// Where it is about.
    place: Option<String>,
    /// Who asks is not shown to those who work on it.
    confidential: bool,
    /// Who asks is not kept.
    anonymous: bool,
    /// UTC ms.
    closed_at: Option<i64>,
    /// By whom it was opened; empty: by the house.
    opened_by: String,
    /// The calls that belong to it.
    calls: Vec<CaseCall>,
    #[serde(flatten)]
    clock: ClockJson,
}

/// A call of a case.
#[derive(Serialize, ToSchema)]
struct CaseCall {
    /// Its id.
    id: String,
    /// UTC ms.
    offered_at: i64,
}

impl CasePageJson {
    /// The case with its clocks.
    pub(crate) fn of(case: CaseDetail, clock: ClockJson) -> Self {
        let calls = case.calls.into_iter();
        Self {
            line: case.line.into(),
            source: case.source,
            track: case.track,
            category: case.category,
            service: case.service,
            service_name: case.service_name,
            content: case.content,
            place: case.place,
            confidential: case.confidential,
            anonymous: case.anonymous,
            closed_at: case.closed_at,
            opened_by: case.opened_by,
            calls: calls.map(|(call, offered_at)| CaseCall { id: call.to_string(), offered_at }).collect(),
            clock,
        }
    }
}

/// What the same caller brought before.
#[derive(Serialize, ToSchema)]
#[schema(as = Earlier)]
pub(crate) struct EarlierPage {
    /// Newest first, 20 at most.
    cases: Vec<Line>,
    /// Newest first, 20 at most.
    calls: Vec<EarlierLine>,
}

/// A call that the same caller made before.
#[derive(Serialize, ToSchema)]
#[schema(as = EarlierCall)]
struct EarlierLine {
    /// Its id.
    id: String,
    /// UTC ms.
    offered_at: i64,
    /// What came of it.
    outcome: Option<String>,
    /// Who answered it (staff number).
    operator: Option<String>,
    /// Length, ms.
    duration_ms: u64,
}

impl From<Earlier> for EarlierPage {
    fn from(earlier: Earlier) -> Self {
        let calls = earlier.calls.into_iter().map(|call| EarlierLine {
            id: call.call.to_string(),
            offered_at: call.offered_at,
            outcome: call.outcome,
            operator: call.operator,
            duration_ms: call.duration_ms,
        });
        Self { cases: earlier.cases.into_iter().map(Line::from).collect(), calls: calls.collect() }
    }
}
