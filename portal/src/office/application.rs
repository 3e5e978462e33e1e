//! An application (様式1) with the letter of attorney (様式2) and the consent form (様式3), as a
//! clerk types it from paper.

use jiff::civil::Date;
use warifu_contract::card_office::{Channel, Employment, NewApplication, Proxy};

use super::person;
use crate::form::{FieldProblem, Gathered, Shape, Typed};

const LONGEST_PROXY: usize = 100;
const LONGEST_RELATION: usize = 50;
const LONGEST_CODE: usize = 32;
const LONGEST_ORGANIZATION: usize = 100;

/// How it came.
pub const CHANNEL: [Shape; 1] = [Shape {
    width: "broad",
    ..Shape::one_of(
        "channel",
        "application-channel",
        &[("paper", "channel-paper"), ("online", "channel-online")],
    )
}];

/// Who applies in the person's place.
pub const PROXY: [Shape; 4] = [
    Shape::tick("proxy", "application-proxy"),
    Shape::line("proxy_name", "application-proxy-name", LONGEST_PROXY),
    Shape {
        hint: Some("application-proxy-relation-hint"),
        ..Shape::line("proxy_relation", "application-proxy-relation", LONGEST_RELATION)
    },
    Shape::tick("proxy_seen", "application-proxy-seen"),
];

/// The consent.
pub const CONSENT: [Shape; 1] = [Shape::tick("consent", "application-consent")];

/// The roles that a member of staff may be given here: field, label, and what the role is called.
const ROLES: [(&str, &str, &str); 12] = [
    ("role_desk", "role-clinic-desk", "urn:warifu:role:clinic-desk"),
    ("role_clerk", "role-card-clerk", "urn:warifu:role:card-clerk"),
    ("role_approver", "role-card-approver", "urn:warifu:role:card-approver"),
    ("role_call", "role-call-centre", "urn:warifu:role:call-centre"),
    ("role_federation", "role-federation-admin", "urn:warifu:role:federation-admin"),
    ("role_links", "role-link-approver", "urn:warifu:role:link-approver"),
    ("role_consortium", "role-consortium-admin", "urn:warifu:role:consortium-admin"),
    ("role_clinic", "role-clinic-manager", "urn:warifu:role:clinic-manager"),
    ("role_operations", "role-insurer-operations", "urn:warifu:role:insurer-operations"),
    ("role_media", "role-insurer-media", "urn:warifu:role:insurer-media"),
    ("role_manager", "role-insurer-manager", "urn:warifu:role:insurer-manager"),
    ("role_insurer", "role-insurer-staff", "urn:warifu:role:insurer-staff"),
];

/// For whom a member of staff works.
pub const EMPLOYMENT: [Shape; 14] = [
    Shape::line("employer_code", "application-employer-code", LONGEST_CODE),
    Shape::line("employer_name", "application-employer-name", LONGEST_ORGANIZATION),
    role(0),
    role(1),
    role(2),
    role(3),
    role(4),
    role(5),
    role(6),
    role(7),
    role(8),
    role(9),
    role(10),
    role(11),
];

#[expect(clippy::indexing_slicing, reason = "checked while compiling: only called in a constant")]
const fn role(place: usize) -> Shape {
    Shape::tick(ROLES[place].0, ROLES[place].1)
}

/// An empty form.
pub fn empty() -> Typed {
    Typed::default().with("channel", "paper")
}

/// Reads the form on `today`; all that is wrong comes back together, in the order of the form.
pub fn read(typed: &Typed, today: Date) -> Result<NewApplication, Vec<FieldProblem>> {
    let mut problems = Gathered::default();
    let channel = problems.take(channel(typed));
    let applicant = person::items(typed, today, &mut problems);
    let phone = problems.take(person::phone(typed));
    let proxy = proxy(typed, &mut problems);
    let consent = problems.take(consent(typed));
    let employment = employment(typed, &mut problems);
    match (channel, applicant, phone, consent) {
        (Some(channel), Some(applicant), Some(phone), Some(consent)) if problems.0.is_empty() => {
            Ok(NewApplication { channel, applicant, phone, proxy, consent, employment })
        }
        _ => Err(problems.0),
    }
}

fn channel(typed: &Typed) -> Result<Channel, FieldProblem> {
    match typed.at("channel") {
        "paper" => Ok(Channel::Paper),
        "online" => Ok(Channel::Online),
        _ => Err(FieldProblem { field: "channel", key: "application-need-channel" }),
    }
}

/// Somebody who applies for somebody else shows a letter of attorney.
fn proxy(typed: &Typed, problems: &mut Gathered) -> Option<Proxy> {
    let named = ["proxy_name", "proxy_relation"].iter().any(|name| !typed.at(name).is_empty());
    if !typed.ticked("proxy") && !named {
        return None;
    }
    let name = person::needed(typed, "proxy_name", LONGEST_PROXY, "application-need-proxy-name");
    let name = problems.take(name);
    let relation = "application-need-proxy-relation";
    let relation = person::needed(typed, "proxy_relation", LONGEST_RELATION, relation);
    let relation = problems.take(relation);
    let seen = ticked(typed, "proxy_seen", "application-need-proxy-seen");
    let power_of_attorney_seen = problems.take(seen)?;
    Some(Proxy { name: name?, relation: relation?, power_of_attorney_seen })
}

fn consent(typed: &Typed) -> Result<bool, FieldProblem> {
    ticked(typed, "consent", "application-need-consent")
}

fn ticked(typed: &Typed, field: &'static str, key: &'static str) -> Result<bool, FieldProblem> {
    if typed.ticked(field) { Ok(true) } else { Err(FieldProblem { field, key }) }
}

/// Present as soon as any of its fields is.
fn employment(typed: &Typed, problems: &mut Gathered) -> Option<Employment> {
    let roles: Vec<String> = ROLES
        .iter()
        .filter(|(field, _, _)| typed.ticked(field))
        .map(|(_, _, urn)| (*urn).to_owned())
        .collect();
    if !is_for_staff(typed) {
        return None;
    }
    let code = "application-need-employer-code";
    let code = problems.take(person::needed(typed, "employer_code", LONGEST_CODE, code));
    let name = "application-need-employer-name";
    let name = problems.take(person::needed(typed, "employer_name", LONGEST_ORGANIZATION, name));
    if roles.is_empty() {
        problems.0.push(FieldProblem { field: "role_desk", key: "application-need-role" });
    }
    Some(Employment { organization_code: code?, organization_name: name?, roles })
}

/// Whether anything of the part for staff is filled in.
pub fn is_for_staff(typed: &Typed) -> bool {
    ROLES.iter().any(|(field, _, _)| typed.ticked(field))
        || ["employer_code", "employer_name"].iter().any(|name| !typed.at(name).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    fn typed() -> Typed {
        empty()
            .with("name", "上野 太郎")
            .with("birth", "S55.5.5")
            .with("sex", "male")
            .with("address", "香川県高松市見本町1-2-3")
            .with("consent", "yes")
    }

    fn keys(typed: &Typed) -> Vec<&'static str> {
        read(typed, TODAY).unwrap_err().iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn a_residents_application_has_no_more_than_it_needs() {
        let read = read(&typed(), TODAY).unwrap();
        assert_eq!(read.channel, Channel::Paper);
        assert!(read.consent && read.phone.is_none() && read.proxy.is_none());
        assert_eq!(read.employment, None);
    }

    #[test]
    fn nothing_goes_on_without_consent() {
        let without =
            empty().with("name", "上野 太郎").with("birth", "S55.5.5").with("sex", "male");
        assert_eq!(keys(&without), ["person-need-address", "application-need-consent"]);
    }

    #[test]
    fn a_proxy_is_named_and_shows_the_letter_of_attorney() {
        let half = typed().with("proxy", "yes").with("proxy_name", "上野 花子");
        let wanted = ["application-need-proxy-relation", "application-need-proxy-seen"];
        assert_eq!(keys(&half), wanted);
        let whole = half.with("proxy_relation", "妻").with("proxy_seen", "yes");
        let proxy = read(&whole, TODAY).unwrap().proxy.unwrap();
        assert_eq!((proxy.name.as_str(), proxy.relation.as_str()), ("上野 花子", "妻"));
    }

    #[test]
    fn a_member_of_staff_works_for_somebody_in_a_role() {
        let half = typed().with("employer_code", "3710000001");
        assert_eq!(keys(&half), ["application-need-employer-name", "application-need-role"]);
        let whole = half.with("employer_name", "春日見本医院").with("role_desk", "yes");
        let employment = read(&whole, TODAY).unwrap().employment.unwrap();
        assert_eq!(employment.roles, ["urn:warifu:role:clinic-desk"]);
    }

    proptest! {
        #[test]
        fn any_form_is_an_application_or_problems(
            fields in prop::collection::vec(("[a-z_]{0,14}", "\\PC{0,40}"), 0..20)
        ) {
            let typed = fields
                .iter()
                .fold(Typed::default(), |typed, (name, value)| typed.with(name, value));
            if let Err(problems) = read(&typed, TODAY) {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
