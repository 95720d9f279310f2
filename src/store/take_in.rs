//! The configuration's people and places as rows, so that screens, exports and old calls can name them.

use call::ids::{Address, Skill, StaffNo};
use call::plan::{Hunt, Member, Plan, UnitKind};

use crate::either::{Db, Pool, query};
use crate::rows::{ConfigVersion, StaffRow};
use crate::seal::Keys;
use crate::versions;

/// Takes a version in, all or nothing; its number. The newest version taken in again changes nothing.
pub(crate) async fn take_in(
    pool: &Pool,
    keys: &Keys,
    plan: &Plan,
    staff: &[StaffRow],
    version: &ConfigVersion,
) -> sqlx::Result<i64> {
    let mut tx = pool.begin().await?;
    let newest =
        query("SELECT id, hash FROM config_version ORDER BY id DESC LIMIT 1").fetch_optional(&mut tx).await?;
    let mut id: i64 = 1;
    if let Some(newest) = newest {
        let (last, hash): (i64, String) = (newest.try_get("id")?, newest.try_get("hash")?);
        if hash == *plan.version {
            // A version from before texts were kept gets them now.
            versions::keep(&mut tx, keys, last, version).await?;
            tx.commit().await?;
            return Ok(last);
        }
        id = last.saturating_add(1);
    }
    let names: Vec<&str> = version.files.iter().map(|(name, _)| name.as_str()).collect();
    query(
        "INSERT INTO config_version (id, at, author, comment, files, hash) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(version.at)
    .bind(&version.author)
    .bind(&version.comment)
    .bind(names.join("\n"))
    .bind(plan.version.as_ref())
    .execute(&mut tx)
    .await?;
    versions::keep(&mut tx, keys, id, version).await?;
    let mut rows = Rows { conn: &mut tx, keys, id };
    rows.forget_lists().await?;
    rows.units(plan).await?;
    rows.desks(plan).await?;
    rows.services(plan).await?;
    rows.staff(plan, staff).await?;
    rows.mark_gone().await?;
    tx.commit().await?;
    Ok(id)
}

struct Rows<'a> {
    conn: &'a mut Db,
    keys: &'a Keys,
    id: i64,
}

/// An address in its two columns.
struct Reached {
    device: Option<String>,
    number: Option<Vec<u8>>,
}

impl Rows<'_> {
    /// Lists without a history of their own are written anew.
    async fn forget_lists(&mut self) -> sqlx::Result<()> {
        for sql in ["DELETE FROM unit_contact", "DELETE FROM desk_member", "DELETE FROM service_desk"] {
            query(sql).execute(&mut *self.conn).await?;
        }
        Ok(())
    }

    async fn units(&mut self, plan: &Plan) -> sqlx::Result<()> {
        const UNIT: &str = "INSERT INTO unit (code, name, kind, config_version) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, \
             config_version = excluded.config_version, gone_with = NULL";
        const CONTACT: &str = "INSERT INTO unit_contact (unit_code, hunt_order, staff_no, device, number) \
             VALUES ($1, $2, $3, $4, $5)";
        for unit in plan.units.values() {
            let kind = match unit.kind {
                UnitKind::Department => "department",
                UnitKind::Agency => "agency",
            };
            query(UNIT)
                .bind(unit.code.0.as_ref())
                .bind(unit.name.as_ref())
                .bind(kind)
                .bind(self.id)
                .execute(&mut *self.conn)
                .await?;
            self.members(CONTACT, "unit_contact.number", &unit.code.0, &unit.contacts).await?;
        }
        Ok(())
    }

    async fn desks(&mut self, plan: &Plan) -> sqlx::Result<()> {
        const DESK: &str = "INSERT INTO desk (no, name, unit_code, hunt, straight, config_version) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (no) DO UPDATE SET name = excluded.name, unit_code = excluded.unit_code, hunt = excluded.hunt, \
             straight = excluded.straight, config_version = excluded.config_version, gone_with = NULL";
        const MEMBER: &str = "INSERT INTO desk_member (desk_no, hunt_order, staff_no, device, number) \
             VALUES ($1, $2, $3, $4, $5)";
        for desk in plan.desks.values() {
            let hunt = match desk.hunt {
                Hunt::Sequential => "sequential",
                Hunt::All => "all",
                Hunt::LongestIdle => "longest_idle",
            };
            let no = desk.no.to_string();
            query(DESK)
                .bind(&no)
                .bind(desk.name.as_ref())
                .bind(desk.unit.0.as_ref())
                .bind(hunt)
                .bind(desk.straight)
                .bind(self.id)
                .execute(&mut *self.conn)
                .await?;
            self.members(MEMBER, "desk_member.number", &no, &desk.members).await?;
        }
        Ok(())
    }

    async fn members(
        &mut self,
        sql: &'static str,
        place: &str,
        owner: &str,
        members: &[Member],
    ) -> sqlx::Result<()> {
        for (order, member) in (1_i64..).zip(members) {
            let reached = self.reached(place, &member.staff, &member.address)?;
            query(sql)
                .bind(owner)
                .bind(order)
                .bind(member.staff.0.as_ref())
                .bind(reached.device)
                .bind(reached.number)
                .execute(&mut *self.conn)
                .await?;
        }
        Ok(())
    }

    async fn services(&mut self, plan: &Plan) -> sqlx::Result<()> {
        const SERVICE: &str = "INSERT INTO service (code, name, config_version) VALUES ($1, $2, $3) \
             ON CONFLICT (code) DO UPDATE SET name = excluded.name, config_version = excluded.config_version, \
             gone_with = NULL";
        const OFFERED: &str =
            "INSERT INTO service_desk (service_code, hunt_order, desk_no) VALUES ($1, $2, $3)";
        for service in plan.services.values() {
            query(SERVICE)
                .bind(service.code.0.as_ref())
                .bind(service.name.as_ref())
                .bind(self.id)
                .execute(&mut *self.conn)
                .await?;
            for (order, desk) in (1_i64..).zip(&service.desks) {
                query(OFFERED)
                    .bind(service.code.0.as_ref())
                    .bind(order)
                    .bind(desk.to_string())
                    .execute(&mut *self.conn)
                    .await?;
            }
        }
        Ok(())
    }

    async fn staff(&mut self, plan: &Plan, staff: &[StaffRow]) -> sqlx::Result<()> {
        const STAFF: &str = "INSERT INTO staff (no, unit_code, role, skills, device, number, config_version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (no) DO UPDATE SET unit_code = excluded.unit_code, role = excluded.role, \
             skills = excluded.skills, device = excluded.device, number = excluded.number, \
             config_version = excluded.config_version, gone_with = NULL";
        for row in staff {
            let skills = plan.operators.iter().find(|o| o.staff == row.no).map(|o| words(&o.skills));
            let reached = self.reached("staff.number", &row.no, &row.address)?;
            query(STAFF)
                .bind(row.no.0.as_ref())
                .bind(row.unit.as_ref().map(|u| u.0.as_ref()))
                .bind(row.role.word())
                .bind(skills.unwrap_or_default())
                .bind(reached.device)
                .bind(reached.number)
                .bind(self.id)
                .execute(&mut *self.conn)
                .await?;
        }
        Ok(())
    }

    /// A phone of the house by name; a number outside sealed for its owner.
    fn reached(&self, place: &str, staff: &StaffNo, address: &Address) -> sqlx::Result<Reached> {
        match address {
            Address::Phone(user) => Ok(Reached { device: Some(user.to_string()), number: None }),
            Address::Number(number) => {
                let sealed = self.keys.seal(place, &staff.0, number.reveal())?;
                Ok(Reached { device: None, number: Some(sealed) })
            }
        }
    }

    /// What this version no longer has stays readable, marked with the version that it went with.
    async fn mark_gone(&mut self) -> sqlx::Result<()> {
        for sql in [
            "UPDATE unit SET gone_with = $1 WHERE config_version < $1 AND gone_with IS NULL",
            "UPDATE desk SET gone_with = $1 WHERE config_version < $1 AND gone_with IS NULL",
            "UPDATE service SET gone_with = $1 WHERE config_version < $1 AND gone_with IS NULL",
            "UPDATE staff SET gone_with = $1 WHERE config_version < $1 AND gone_with IS NULL",
        ] {
            query(sql).bind(self.id).execute(&mut *self.conn).await?;
        }
        Ok(())
    }
}

fn words(skills: &[Skill]) -> String {
    skills.iter().map(|s| s.0.as_ref()).collect::<Vec<_>>().join(" ")
}
