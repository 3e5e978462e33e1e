//! The roles that the identity provider's assertions name.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// See own records.
    Resident,
    /// Check patients' insurance.
    ClinicDesk,
    /// Take applications for cards, make the cards and hand them over.
    CardClerk,
    /// Approve what another clerk has prepared.
    CardApprover,
    /// Answer the phone: stop a card at once.
    CallCentre,
    /// Decide, with somebody else, whose record it is when a match is in doubt.
    LinkApprover,
    /// Run the consortium; decides about links at every holder.
    ConsortiumAdmin,
    /// Answer for a clinic's work: 業務責任者.
    ClinicManager,
    /// Run an insurer's server: 運用管理責任者.
    InsurerOperations,
    /// Keep an insurer's media: 媒体管理責任者.
    InsurerMedia,
    /// Answer for an insurer's work: 業務責任者.
    InsurerManager,
    /// Do an insurer's work: 担当者.
    InsurerStaff,
    /// Work at a city hall's counter.
    CityClerk,
}

impl Role {
    /// The roles of the card office's staff.
    pub const OFFICE: [Self; 3] = [Self::CardClerk, Self::CardApprover, Self::CallCentre];

    /// The roles of those who see guardians' papers.
    pub const PAPERS: [Self; 3] = [Self::CardClerk, Self::CardApprover, Self::ConsortiumAdmin];

    /// The roles of those who decide about doubtful links.
    pub const DECIDERS: [Self; 2] = [Self::LinkApprover, Self::ConsortiumAdmin];

    const ALL: [Self; 13] = [
        Self::Resident,
        Self::ClinicDesk,
        Self::CardClerk,
        Self::CardApprover,
        Self::CallCentre,
        Self::LinkApprover,
        Self::ConsortiumAdmin,
        Self::ClinicManager,
        Self::InsurerOperations,
        Self::InsurerMedia,
        Self::InsurerManager,
        Self::InsurerStaff,
        Self::CityClerk,
    ];

    /// What assertions call it.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Resident => "urn:warifu:role:resident",
            Self::ClinicDesk => "urn:warifu:role:clinic-desk",
            Self::CardClerk => "urn:warifu:role:card-clerk",
            Self::CardApprover => "urn:warifu:role:card-approver",
            Self::CallCentre => "urn:warifu:role:call-centre",
            Self::LinkApprover => "urn:warifu:role:link-approver",
            Self::ConsortiumAdmin => "urn:warifu:role:consortium-admin",
            Self::ClinicManager => "urn:warifu:role:clinic-manager",
            Self::InsurerOperations => "urn:warifu:role:insurer-operations",
            Self::InsurerMedia => "urn:warifu:role:insurer-media",
            Self::InsurerManager => "urn:warifu:role:insurer-manager",
            Self::InsurerStaff => "urn:warifu:role:insurer-staff",
            Self::CityClerk => "urn:warifu:role:city-clerk",
        }
    }

    /// The role that an entitlement names.
    pub fn from_urn(urn: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.urn() == urn)
    }
}
