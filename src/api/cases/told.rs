//! The short message by which a citizen has the number and the code of a case at hand.

use papers::Zone;
use papers::message::Message;
use store::CaseMade;

use crate::recordings::now_utc_ms as now;
use crate::rooms::House;

/// Lays it down, where the setting wants it; the courier carries it. The case is open whatever becomes of it.
pub(super) async fn opened(house: &House, made: &CaseMade) {
    let current = house.rooms.current.now();
    let Some(sms) = current.settings.outputs.sms.as_ref().filter(|sms| sms.opened) else { return };
    let Ok(zone) = Zone::named(current.plan.calendar.zone.name()) else { return };
    let message = Message::Opened { no: made.no.clone(), code: made.query_code.reveal().to_owned() };
    let texts = (message.text(&sms.sender, true, &zone), message.text(&sms.sender, false, &zone));
    if let Err(error) = house.rooms.store.write_message(now(), &made.no, None, texts).await {
        tracing::warn!("the short message about case {} was not written: {error}", made.no);
    }
}
