//! What the house does, in words for the diary.

pub fn short(call_id: &str) -> &str {
    call_id.get(..6).unwrap_or(call_id)
}

pub fn order_words(command: &media::Command) -> String {
    let words = format!("{command:?}");
    words.chars().take(200).collect()
}

pub fn entry_words(entry: &::store::Entry) -> String {
    use call::cdr::Record;
    let ::store::Entry::Record(record) = entry else { return format!("sound of {}", entry.call()) };
    match record.as_ref() {
        Record::Event(row) => {
            format!("{} #{} {} {} {:?} {}", row.call, row.seq, row.kind, row.actor, row.cause, row.detail)
        }
        Record::Offered(row) => format!("{} offered ({})", row.call, short(&row.sip_call_id)),
        Record::Updated(row) => format!("{} as it stands", row.call),
        Record::Ended(row) => format!("{} ended {:?} {:?}", row.call, row.outcome, row.cause),
        Record::Leg(row) => format!("{} {:?} {:?} {}", row.call, row.leg, row.seat, row.party),
        Record::CallBack(row) => format!("{} call-back {:?}", row.call, row.why),
        Record::Errand(row) => format!("{} errand {:?}", row.call, row.news),
        Record::Rating(row) => format!("{} rated", row.call),
        Record::Stated(row) => format!("{} stated", row.stated.call),
    }
}
