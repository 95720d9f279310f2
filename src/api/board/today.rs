//! The figures of today as JSON.

use call::ids::DeskNo;
use serde::Serialize;
use utoipa::ToSchema;

/// The figures of today.
#[derive(Serialize, ToSchema)]
pub(crate) struct Today {
    offered: u64,
    answered: u64,
    within_15: u64,
    within_30: u64,
    abandoned: u64,
    bridges_tried: u64,
    bridged: u64,
    by_desk: Vec<OfDesk>,
}

/// Bridges of a desk.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfDesk {
    no: String,
    tried: u64,
    bridged: u64,
}

impl From<&store::Figures> for Today {
    fn from(figures: &store::Figures) -> Self {
        let of = |(no, (tried, bridged)): (&DeskNo, &(u64, u64))| OfDesk {
            no: no.to_string(),
            tried: *tried,
            bridged: *bridged,
        };
        Self {
            offered: figures.offered,
            answered: figures.answered,
            within_15: figures.within_15,
            within_30: figures.within_30,
            abandoned: figures.abandoned,
            bridges_tried: figures.bridges_tried,
            bridged: figures.bridged,
            by_desk: figures.by_desk.iter().map(of).collect(),
        }
    }
}
