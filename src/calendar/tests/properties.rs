//! Properties over arbitrary days, moments and texts.

use std::time::Duration;

use proptest::prelude::*;

use super::house;
use crate::{Date, Place, Span, TimeOfDay, ical};

fn date() -> impl Strategy<Value = Date> {
    (2023i16..2055, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

proptest! {
    #[test]
    fn counting_forward_and_back_meets_on_a_working_day(start in date(), n in 1i32..60) {
        let house = house();
        let end = house.add_workdays(start, n).at;
        prop_assert!(end > start && house.is_workday(end).works);
        let back = house.add_workdays(end, -n).at;
        prop_assert!(back <= start);
        prop_assert_eq!(house.add_workdays(back, n).at, end);
    }

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it_is(start in date(), minute in 0u16..1440) {
        let house = house();
        let from = house.zone.moment(start, TimeOfDay::from_minutes(minute).unwrap());
        let next = house.next_open(Place::Centre, from).unwrap().at;
        prop_assert!(next >= from && house.is_open(Place::Centre, next).open);
        prop_assert_eq!(house.next_open(Place::Centre, next).unwrap().at, next);
        let between = from.midpoint(next);
        prop_assert!(between == next || !house.is_open(Place::Centre, between).open);
    }

    #[test]
    fn any_moment_has_an_answer(moment in any::<i64>(), desk in any::<u16>(), last in any::<u64>()) {
        let house = house();
        let _ = house.may_bridge(Place::Desk(desk), moment, Duration::from_secs(last));
        let _ = house.next_bridge(Place::Unit("x"), moment, Duration::from_secs(last));
        let _ = (house.first_moment(moment), house.due(moment, 5));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(BEGIN:VCALENDAR\n)?(BEGIN:VEVENT\n)?([A-Z;:=\"]{0,9}:?\\PC{0,12}\n ?){0,9}(END:VEVENT\n)?") {
        let _ = ical::read(&text);
        let _ = (TimeOfDay::parse(&text), Span::parse(&text));
    }
}
