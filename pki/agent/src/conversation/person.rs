//! The person's side: what is asked, in which order, until there is something to show to the card.

use jiff::Timestamp;
use warifu_card::{Pin, PkiKind};

use super::Conversation;
use super::card::{Attempt, Card, Known};
use super::events::Events;
use crate::desk::Place;
use crate::prompt::{Complaint, Question, Wanted};
use crate::protocol::{Fault, Progress};
use crate::purpose::Purpose;

/// At so few tries the person must say once more that they want to go on.
const CONSENT_AT: u8 = 1;

/// The person before the card.
pub(super) struct Person<'a> {
    conversation: &'a Conversation,
    events: &'a Events,
    reader: String,
    kind: PkiKind,
    certificate_ends: Option<Timestamp>,
    /// The PIN that was chosen. It outlives a slip in the code, so that it need not be thought of
    /// again.
    chosen: Option<Pin>,
}

impl<'a> Person<'a> {
    pub(super) fn new(
        conversation: &'a Conversation,
        events: &'a Events,
        place: &Place,
        card: &Card,
    ) -> Self {
        let (reader, certificate_ends) = (place.reader.clone(), card.ends());
        Self { conversation, events, reader, kind: card.kind, certificate_ends, chosen: None }
    }

    /// Asks for what the card knows and, where one is wanted, for a new PIN.
    pub(super) async fn asked(
        &mut self,
        tries_left: Option<u8>,
        complaint: Option<Complaint>,
    ) -> Result<Attempt, Fault> {
        let question = Question { tries_left, ..self.question(Wanted::Known, complaint) };
        let known = self.known(&question).await?;
        if self.conversation.request.purpose == Purpose::SignIn {
            return Ok(Attempt { known, new: None });
        }
        let new = match self.chosen.take().filter(|pin| known.allows(pin).is_ok()) {
            Some(chosen) => chosen,
            None => self.choice(&known).await?,
        };
        self.chosen = Some(new.clone());
        Ok(Attempt { known, new: Some(new) })
    }

    async fn known(&self, question: &Question) -> Result<Known, Fault> {
        let prompt = &self.conversation.prompt;
        if question.tries_left.is_some_and(|tries| tries <= CONSENT_AT) {
            prompt.consent(question).await?;
        }
        if question.is_for_code() {
            Ok(Known::Code(prompt.code(question).await?))
        } else {
            Ok(Known::Pin(prompt.pin(question).await?))
        }
    }

    /// Asks for a new PIN until one was typed twice that may be chosen.
    async fn choice(&self, known: &Known) -> Result<Pin, Fault> {
        let at = self.conversation.asker();
        self.events.progress(&Progress::NewPin { at }).await;
        let prompt = &self.conversation.prompt;
        let mut complaint = None;
        loop {
            let first = prompt.pin(&self.question(Wanted::New, complaint)).await?;
            if let Err(unfit) = known.allows(&first) {
                complaint = Some(Complaint::Unfit(unfit));
                continue;
            }
            let again = prompt.pin(&self.question(Wanted::Again, None)).await?;
            if again.is(&first) {
                return Ok(first);
            }
            complaint = Some(Complaint::Different);
        }
    }

    fn question(&self, wanted: Wanted, complaint: Option<Complaint>) -> Question {
        let request = &self.conversation.request;
        Question {
            origin: request.provider.origin.clone(),
            relying_party: request.relying_party.clone(),
            reader: self.reader.clone(),
            card: self.kind,
            certificate_ends: self.certificate_ends,
            purpose: request.purpose,
            wanted,
            tries_left: None,
            complaint,
            language: request.language,
        }
    }
}
