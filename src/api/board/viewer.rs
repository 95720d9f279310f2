//! Who looks at the board, and so what of it they may see.

use access::Role;
use call::ids::StaffNo;
use call::plan::{Desk, Plan};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::calls::staff;
use crate::error::ApiError;
use crate::who::{By, Who};

/// How much somebody sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sight {
    /// Own calls, the queue, operators and desks.
    Operator,
    /// Own calls and own desks; no numbers.
    Desk,
    /// Everything.
    Supervisor,
}

/// As whom a program looks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsWhom {
    /// What they may see; a supervisor when nothing is said.
    #[param(inline)]
    role: Option<Sight>,
    /// Staff number of who they are.
    staff: Option<String>,
}

/// Who looks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Viewer {
    pub(crate) sight: Sight,
    pub(crate) staff: Option<StaffNo>,
}

impl AsWhom {
    /// Who asks; a program looks as whom it likes.
    ///
    /// # Errors
    /// [`ApiError::BadAddress`]: an operator or a desk is somebody.
    pub(crate) fn viewer(self, who: &Who) -> Result<Viewer, ApiError> {
        let sight = match who.role {
            Role::Operator => Some(Sight::Operator),
            Role::Desk | Role::Citizen => Some(Sight::Desk),
            Role::Supervisor | Role::Auditor | Role::Admin => None,
        };
        if who.by != By::Token || sight.is_some() {
            return Ok(Viewer { sight: sight.unwrap_or(Sight::Supervisor), staff: who.staff.clone() });
        }
        let sight = self.role.unwrap_or(Sight::Supervisor);
        let staff = self.staff.map(|text| staff(&text)).transpose()?;
        if sight != Sight::Supervisor && staff.is_none() {
            return Err(ApiError::BadAddress("staff: an operator or desk has a staff number".into()));
        }
        Ok(Viewer { sight, staff })
    }
}

impl Viewer {
    /// Whether this is the viewer.
    pub(crate) fn is(&self, staff: Option<&StaffNo>) -> bool {
        self.staff.is_some() && self.staff.as_ref() == staff
    }

    /// The desks that they see.
    pub(crate) fn desks<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a Desk> {
        let sits = |desk: &Desk| desk.members.iter().any(|member| self.is(Some(&member.staff)));
        plan.desks.values().filter(move |desk| self.sight != Sight::Desk || sits(desk))
    }
}
