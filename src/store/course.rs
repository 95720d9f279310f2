//! How a leg sounded over time, and its form in the store: some bytes a span.
//!
//! Version (1), then in little-endian order: begin (UTC ms, i64), span (ms, u32), and for each span loss, jitter and score
//! (u16 each) as in [`Span`].

/// The only form so far.
const VERSION: u8 = 1;
/// Bytes of a span.
const WIDTH: usize = 6;

/// How a leg sounded over time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Course {
    /// When the first span began, UTC ms.
    pub begun: i64,
    /// How long each span is, ms.
    pub span_ms: u32,
    /// In the order of time; some hundreds at most.
    pub spans: Vec<Span>,
}

/// One span, in whole numbers as they are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Lost packets of those expected, ten-thousandths.
    pub loss: u16,
    /// Interarrival jitter, sixteenths of a millisecond.
    pub jitter: u16,
    /// Mean opinion score, hundredths: 100 to 500. 0: nothing was to come in this span.
    pub mos: u16,
}

impl Course {
    /// The ends of the spans in which something was to come, UTC ms, and what came.
    pub fn heard(&self) -> impl Iterator<Item = (i64, Span)> + '_ {
        let step = i64::from(self.span_ms);
        let ends =
            std::iter::successors(Some(self.begun.saturating_add(step)), move |at| at.checked_add(step));
        ends.zip(self.spans.iter().copied()).filter(|(_, span)| span.mos > 0)
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + 8 + 4 + WIDTH * self.spans.len());
        bytes.push(VERSION);
        bytes.extend(self.begun.to_le_bytes());
        bytes.extend(self.span_ms.to_le_bytes());
        for span in &self.spans {
            for value in [span.loss, span.jitter, span.mos] {
                bytes.extend(value.to_le_bytes());
            }
        }
        bytes
    }

    /// `None`: no form that is known here, as after a step back to an older program.
    pub(crate) fn unpack(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (begun, rest) = rest.split_first_chunk::<8>()?;
        let (span_ms, rest) = rest.split_first_chunk::<4>()?;
        let (spans, left) = rest.as_chunks::<WIDTH>();
        let span = |[l0, l1, j0, j1, m0, m1]: &[u8; WIDTH]| Span {
            loss: u16::from_le_bytes([*l0, *l1]),
            jitter: u16::from_le_bytes([*j0, *j1]),
            mos: u16::from_le_bytes([*m0, *m1]),
        };
        left.is_empty().then(|| Self {
            begun: i64::from_le_bytes(*begun),
            span_ms: u32::from_le_bytes(*span_ms),
            spans: spans.iter().map(span).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Course {
        let spans = vec![
            Span { loss: 150, jitter: 68, mos: 378 },
            Span::default(),
            Span { loss: 10_000, jitter: u16::MAX, mos: 100 },
        ];
        Course { begun: 1_790_000_000_123, span_ms: 5_000, spans }
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        for course in [course(), Course::default()] {
            assert_eq!(Course::unpack(&course.pack()), Some(course));
        }
        assert_eq!(course().pack().len(), 13 + 3 * WIDTH);
    }

    #[test]
    fn what_is_cut_or_of_another_form_is_none() {
        let mut bytes = course().pack();
        assert!((0..bytes.len()).all(|end| {
            let whole = end >= 13 && (end - 13).is_multiple_of(WIDTH);
            Course::unpack(bytes.get(..end).unwrap_or_default()).is_some() == whole
        }));
        if let Some(version) = bytes.first_mut() {
            *version = 2;
        }
        assert_eq!(Course::unpack(&bytes), None);
    }

    #[test]
    fn each_span_is_named_by_its_end_and_empty_ones_are_left_out() {
        let ends: Vec<(i64, u16)> = course().heard().map(|(at, span)| (at, span.loss)).collect();
        assert_eq!(ends, [(1_790_000_005_123, 150), (1_790_000_015_123, 10_000)]);
    }
}
