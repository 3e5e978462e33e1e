//! What can happen, as one table.

use serde::{Deserialize, Serialize};

/// Which of a person's two series an event belongs to. Each has its own running number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Series {
    /// What others, or the person, learnt about the person: shown as the access history.
    Disclosure,
    /// What was changed or issued for the person.
    Administration,
}

impl Series {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Disclosure, Self::Administration];

    /// The name in files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disclosure => "disclosure",
            Self::Administration => "administration",
        }
    }
}

/// Makes [`Action`] of rows: the action, its name in the log, its series, what it means.
macro_rules! actions {
    ($($action:ident = $name:literal in $series:ident: $meaning:literal;)*) => {
        /// What happened. The name on the left of the table in the manual.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Action {
            $(#[doc = $meaning] #[serde(rename = $name)] $action,)*
        }

        impl Action {
            /// Every action, in the order of the manual.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$action),*];

            /// The name in the log.
            pub fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }

            /// What it means, one English sentence for the manual's table.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$action => $meaning,)* }
            }

            /// The series in which the event is numbered.
            pub fn series(self) -> Series {
                match self { $(Self::$action => Series::$series,)* }
            }
        }
    };
}

actions! {
    TokenIssued = "token-issued" in Administration: "A sign-in was exchanged for an access token.";
    TokenRefused = "token-refused" in Administration: "An access token was asked for and refused.";
    SessionRevoked = "session-revoked" in Administration:
        "A person's sign-ins were ended before their time: what was granted for them ends.";
    LinkMade = "link-made" in Administration: "A person was linked to a holder of records.";
    LinkStarted = "link-started" in Administration:
        "A holder of records was asked whether it knows a person.";
    LinkMatched = "link-matched" in Administration:
        "A holder of records said whom it knows: one member, several who could be meant, or \
         nobody.";
    LinkCompared = "link-compared" in Administration:
        "A member of staff was shown where a person's items and a candidate's differ.";
    LinkApproved = "link-approved" in Administration:
        "A member of staff found that a candidate is the person.";
    LinkRefused = "link-refused" in Administration:
        "A member of staff found that no candidate is the person, or closed a wrong match.";
    LinkDeclined = "link-declined" in Administration:
        "A person said that the member who was found is somebody else.";
    LinkFrozen = "link-frozen" in Administration:
        "A link was stopped: its holder is asked nothing about the person.";
    LinkThawed = "link-thawed" in Administration: "A link that had been stopped goes on.";
    LinkEnded = "link-ended" in Administration: "A link was ended, and its pseudonym with it.";
    ConsentGiven = "consent-given" in Administration:
        "A person let others read records: `ground` names the consent and the reader.";
    ConsentWithdrawn = "consent-withdrawn" in Administration:
        "A person took a consent back: it holds no more.";
    MandateOffered = "mandate-offered" in Administration:
        "A person offered to let another read records as proxy: `ground` names the mandate.";
    MandateAccepted = "mandate-accepted" in Administration:
        "Somebody entered the code of a mandate and took it up, or tried a code in vain.";
    MandateConfirmed = "mandate-confirmed" in Administration:
        "A person confirmed the proxy: the mandate holds.";
    MandateEnded = "mandate-ended" in Administration:
        "The person or the proxy ended the mandate, or one of the two is gone: it holds no more.";
    MandateRested = "mandate-rested" in Administration:
        "One of the two has no card that opens: the mandate opens nothing meanwhile.";
    MandateResumed = "mandate-resumed" in Administration:
        "The mandate goes on: there is a card that opens again.";
    GuardianApplied = "guardian-applied" in Administration:
        "Somebody asked to read for another as parent or guardian: `ground` names the mandate \
         that is asked for.";
    GuardianProposed = "guardian-proposed" in Administration:
        "A member of staff has seen a guardian's papers, which `ground` names, and whom the \
         insurer finds for the other's card; those who hold what else was asked for, by the card office's \
         voucher.";
    GuardianApproved = "guardian-approved" in Administration:
        "A second member of staff approved the guardian: the mandate holds.";
    GuardianRefused = "guardian-refused" in Administration: "A member of staff refused a guardian.";
    GuardianSought = "guardian-sought" in Administration:
        "A member of staff looked by the other's insurance card who reads for them on papers.";
    GuardianStopped = "guardian-stopped" in Administration:
        "A member of staff stopped a guardian's mandate, for the reason in `outcome`: it opens \
         nothing from now on.";
    GuardianResumed = "guardian-resumed" in Administration:
        "Another member of staff let the stopped mandate go on.";
    GuardianEnded = "guardian-ended" in Administration:
        "Another member of staff ended the stopped mandate, for the reason in `outcome`.";
    RecordRead = "record-read" in Disclosure:
        "A record, or by a proxy the access history, was asked for, and shown, refused or not \
         found.";
    RecordTaken = "record-taken" in Disclosure:
        "A person asked for a record to take it home, as a file or on paper, and got it or not.";
    ProxyRead = "proxy-read" in Disclosure:
        "The same event as it stands with the proxy: `ground` names the mandate and the other \
         person.";
    FormSent = "form-sent" in Disclosure:
        "A person entered something into the form of a declared service: `asked` names it, \
         `ground` what the holder took.";
    ApplicationSettled = "application-settled" in Disclosure:
        "Staff of a holder decided about what a person had sent: `ground` names it.";
    EligibilityChecked = "eligibility-checked" in Disclosure:
        "An eligibility check was asked for, and answered or refused.";
    BatchReceived = "batch-received" in Administration:
        "A file of eligibility checks was taken for an organisation: `ground` names the job.";
    BatchSteered = "batch-steered" in Administration:
        "A job of checks was started, paused, went on, was cancelled or run again, as `asked` \
         says.";
    BatchFetched = "batch-fetched" in Administration:
        "Results of a job of checks were handed over: `asked` says which, `ground` names the job.";
    DepositReceived = "deposit-received" in Administration:
        "A file of coverage came in for an insurer: `ground` names who sent it and the deposit.";
    DepositSteered = "deposit-steered" in Administration:
        "A deposit was given up, or its wrong records were handed over, as `asked` says.";
    DepositLive = "deposit-live" in Administration:
        "Coverage that an insurer deposited went live: `ground` names who deposited it and the \
         deposit, `asked` how many cards it changed and took away.";
    DisputeOpened = "dispute-opened" in Disclosure:
        "A clinic questioned the answer to a check: `ground` names its number.";
    DisputeAnswered = "dispute-answered" in Disclosure:
        "An insurer answered what a clinic had questioned: `ground` names the check's number.";
    EventsErased = "events-erased" in Administration:
        "The payloads of earlier events were erased: those that `asked` names by index. Their \
         leaves stay. Never erased itself.";
}

impl Action {
    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}
