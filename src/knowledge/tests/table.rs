//! A hundred questions and the services that they ask for.

use super::Base;

const QUERIES: &str = include_str!("../../../tests/knowledge/queries.tsv");
/// So many must have an expected service as the very first answer; all of them among the first five.
const FIRST: usize = 90;

#[test]
fn a_hundred_questions_find_their_service() {
    let base = Base::sample();
    let rows: Vec<_> = QUERIES.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rows.len(), 100);
    let (mut first, mut late) = (0, Vec::new());
    for row in rows {
        let cells: Vec<&str> = row.split('\t').collect();
        let found = base.ask(cells[0]);
        let place = found.iter().position(|(_, draft)| cells[1].split(' ').any(|code| code == draft.service));
        first += usize::from(place == Some(0));
        if place != Some(0) {
            let said = found.iter().take(5).map(|(j, d)| format!("{} {} {:.2}", d.title, d.service, j.score));
            let said = said.collect::<Vec<_>>().join(" | ");
            late.push((place.is_none_or(|at| at >= 5), format!("{row}: {place:?}: {said}")));
        }
    }
    let all: Vec<&str> = late.iter().map(|(_, said)| said.as_str()).collect();
    println!("{first} of 100 first\n{}", all.join("\n"));
    assert!(late.iter().all(|(lost, _)| !lost), "not among the first five:\n{}", all.join("\n"));
    assert!(first >= FIRST, "only {first} are first:\n{}", all.join("\n"));
}
