//! The configuration in use. A reload exchanges it; whoever asks gets it whole, as of that moment.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use call::ids::{Address, DeskNo, Name};
use config::Checked;
use config::settings::Staff;

/// The configuration in use. All clones are the same.
#[derive(Clone)]
pub struct Current(Arc<RwLock<Used>>);

#[derive(Clone)]
struct Used {
    checked: Arc<Checked>,
    names: Arc<Names>,
}

impl From<Checked> for Used {
    fn from(checked: Checked) -> Self {
        Self { names: Arc::new(Names::of(&checked)), checked: Arc::new(checked) }
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Current({})", self.now().plan.version)
    }
}

impl Current {
    /// The configuration of the start.
    pub fn new(checked: Checked) -> Self {
        Self(Arc::new(RwLock::new(checked.into())))
    }

    fn used(&self) -> Used {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As of now.
    pub fn now(&self) -> Arc<Checked> {
        self.used().checked
    }

    /// The names of the staff, as of now.
    pub(crate) fn names(&self) -> Arc<Names> {
        self.used().names
    }

    /// Puts another in its place.
    pub fn exchange(&self, checked: Checked) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = checked.into();
    }

    /// The desks at which somebody of the staff sits.
    pub(crate) fn desks_of(&self, staff: &str) -> Vec<DeskNo> {
        let checked = self.now();
        let sits = |desk: &&call::plan::Desk| desk.members.iter().any(|m| &*m.staff.0 == staff);
        checked.plan.desks.values().filter(sits).map(|desk| desk.no).collect()
    }
}

/// Names of the staff and the desks as screens show them. Citizens have none here.
#[derive(PartialEq, Eq, Default, Debug)]
pub(crate) struct Names {
    staff: HashMap<Name, Name>,
    /// By the user name of their phone.
    phones: HashMap<Name, Name>,
    desks: HashMap<DeskNo, Name>,
}

impl Names {
    fn of(checked: &Checked) -> Self {
        let named = || checked.settings.staff.iter().filter_map(|p| Some((p, p.name.clone()?)));
        let phone = |(person, name): (&Staff, Name)| match &person.address {
            Address::Phone(user) => Some((user.clone(), name)),
            Address::Number(_) => None,
        };
        Self {
            staff: named().map(|(person, name)| (person.no.0.clone(), name)).collect(),
            phones: named().filter_map(phone).collect(),
            desks: checked.plan.desks.values().map(|desk| (desk.no, desk.name.clone())).collect(),
        }
    }

    /// The name of whose phone has this user name, when the configuration has one.
    pub(crate) fn of_phone(&self, user: &str) -> Option<&str> {
        self.phones.get(user).map(|name| &**name)
    }

    /// The name of a desk, by its three digits.
    pub(crate) fn of_desk(&self, no: &str) -> Option<&str> {
        no.parse().ok().and_then(|no| self.desks.get(&DeskNo(no))).map(|name| &**name)
    }

    /// The name of a staff number, when the configuration has one.
    pub(crate) fn find(&self, staff: &str) -> Option<&str> {
        self.staff.get(staff).map(|name| &**name)
    }

    /// What to show for a staff number: the name, else the number itself.
    pub(crate) fn show(&self, staff: &str) -> String {
        self.find(staff).unwrap_or(staff).to_owned()
    }
}
