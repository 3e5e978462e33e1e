//! Gives the virtual people their cards, and links the cards to what connectors hold about them:
//! what a consortium's card office and its linking ceremony do in real life.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use warifu_ca::{CardId, CardOffice, IssuedCard, NewCard};
use warifu_card::Pin;
use warifu_card::piv::Guid;
use warifu_card::virtual_card::{KeySlot, VirtualPiv};
use warifu_connectors::{Gateway, MemberId, demo};
use warifu_idp::{Idp, NewPerson, PersonId, Role};
use warifu_pki::{
    Authority, Certificate, FileKey, KeyAlgorithm, PossessionProof, Profile, Publication, Reason,
    Subject, Validity,
};
use warifu_relay::Relay;
use warifu_service::Surroundings;

use super::cast::{self, Kind, Shown};
use super::folder::Folder;

/// The PIN of every virtual card; the drawer prints it beside the card.
pub const PIN: &str = "123456";
const PUK: &str = "12345678";
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// What enrolling needs to reach.
pub struct Enrolment<'a> {
    /// The demonstration's folder.
    pub folder: &'a Folder,
    /// Issues and revokes.
    pub office: &'a CardOffice,
    /// The same office as it was so long ago that what it issued has ended.
    pub old_office: &'a CardOffice,
    /// Knows persons and their cards.
    pub idp: &'a Idp,
    /// Holds the links.
    pub relay: &'a Relay,
    /// Each connector with its members by person key.
    pub gateways: &'a [(Gateway, BTreeMap<String, MemberId>)],
    /// Clock and randomness.
    pub surroundings: &'a Surroundings,
}

/// The keys of a card in the making.
struct Keys {
    authentication: FileKey,
    presence: FileKey,
}

impl Keys {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            authentication: FileKey::generate(KeyAlgorithm::P256)?,
            presence: FileKey::generate(KeyAlgorithm::P256)?,
        })
    }
}

impl Enrolment<'_> {
    /// Everybody, in the order in which the drawer shows them.
    pub async fn everybody(&self) -> anyhow::Result<Vec<Shown>> {
        let mut shown = vec![self.receptionist().await?];
        for person in demo::people()? {
            let id = self.idp.enrol_person(resident(&person.name)).await?;
            self.link(&person.key, &id).await?;
            self.issue(&person.key, &id).await?;
            let texts = ("住民のカード", "A resident's card");
            shown.push(Shown::new(&person.key, &person.name, Kind::Resident, texts));
            if person.key == cast::UNLUCKY {
                shown.extend(self.refused_cards(&person.name, &id).await?);
            }
        }
        Ok(shown)
    }

    /// The same person's cards that open nothing, each for a reason of its own.
    async fn refused_cards(&self, name: &str, id: &PersonId) -> anyhow::Result<[Shown; 3]> {
        self.issue_from(self.old_office, cast::EXPIRED, id).await?;
        let number = self.issue(cast::REVOKED, id).await?.number;
        self.office.revoke_card(&CardId::Number(number), Reason::KeyCompromise).await?;
        self.foreign_card()?;
        Ok([
            (cast::EXPIRED, "期限の切れたカード", "Its certificates have ended"),
            (cast::REVOKED, "失効したカード（紛失の届け出）", "Revoked: reported lost"),
            (cast::FOREIGN, "ほかの団体が発行したカード", "Issued by another consortium"),
        ]
        .map(|(card, ja, en)| Shown::new(card, name, Kind::Refused, (ja, en))))
    }

    async fn receptionist(&self) -> anyhow::Result<Shown> {
        let person = cast::receptionist();
        let name = person.display_name.clone();
        let id = self.idp.enrol_person(person).await?;
        self.issue(cast::RECEPTION, &id).await?;
        let texts = ("見本医院の受付のカード", "A receptionist's card");
        Ok(Shown::new(cast::RECEPTION, &name, Kind::Staff, texts))
    }

    /// One random pseudonym for each connector that knows the person.
    async fn link(&self, key: &str, person: &PersonId) -> anyhow::Result<()> {
        let subject = self.idp.relay_subject(person);
        for (gateway, members) in self.gateways {
            if let Some(member) = members.get(key) {
                let pseudonym = self.surroundings.hex(16);
                self.relay.link(&subject, &gateway.config().id, &pseudonym).await?;
                gateway.bind_pseudonym(member, &pseudonym).await?;
            }
        }
        Ok(())
    }

    /// Issues a card of that name to a person and writes it into the drawer.
    async fn issue(&self, name: &str, person: &PersonId) -> anyhow::Result<IssuedCard> {
        self.issue_from(self.office, name, person).await
    }

    async fn issue_from(
        &self,
        office: &CardOffice,
        name: &str,
        person: &PersonId,
    ) -> anyhow::Result<IssuedCard> {
        let holder = self.surroundings.hex(16);
        let keys = Keys::new()?;
        let issued = office.issue_card(&new_card(&holder, &keys)?).await?;
        self.idp.enrol_card(person, &holder).await?;
        self.write(name, &keys, &issued.authentication, &issued.presence)?;
        Ok(issued)
    }

    /// A card of an authority that nobody here trusts.
    fn foreign_card(&self) -> anyhow::Result<()> {
        let entropy = self.surroundings.entropy.as_ref();
        let validity = Validity::lasting(self.surroundings.now(), YEAR);
        let signer = || -> anyhow::Result<Arc<FileKey>> {
            Ok(Arc::new(FileKey::generate(KeyAlgorithm::P256)?))
        };
        let root = Authority::self_signed_root("Another root", signer()?, validity, entropy)?;
        let publication = Publication::default();
        let cards = root.issue_ca(
            &Profile::CARDS_AUTHORITY,
            "Another cards",
            signer()?,
            publication,
            validity,
            entropy,
        )?;
        let keys = Keys::new()?;
        let subject = Subject::named(self.surroundings.hex(16));
        let issue = |profile: &Profile, key: &FileKey| {
            cards.issue(profile, &subject, key.public_key(), validity, entropy)
        };
        let authentication = issue(&Profile::CARD_AUTHENTICATION, &keys.authentication)?;
        let presence = issue(&Profile::CARD_PRESENCE, &keys.presence)?;
        self.write(cast::FOREIGN, &keys, &authentication, &presence)
    }

    fn write(
        &self,
        name: &str,
        keys: &Keys,
        authentication: &Certificate,
        presence: &Certificate,
    ) -> anyhow::Result<()> {
        let guid = Guid(self.surroundings.bytes());
        let card = VirtualPiv::builder(guid, &Pin::new(PIN)?, &Pin::new(PUK)?)
            .key(
                KeySlot::Authentication,
                keys.authentication.private_key_pem()?.as_bytes(),
                authentication.der(),
            )?
            .key(
                KeySlot::CardAuthentication,
                keys.presence.private_key_pem()?.as_bytes(),
                presence.der(),
            )?
            .finish_in(&self.folder.card(name), super::card_randomness(self.surroundings));
        card.map(drop).with_context(|| format!("cannot write the card {name}"))
    }
}

fn new_card(holder: &str, keys: &Keys) -> anyhow::Result<NewCard> {
    Ok(NewCard {
        holder_reference: holder.to_owned(),
        authentication: PossessionProof::request(holder, &keys.authentication)?,
        presence: PossessionProof::request(holder, &keys.presence)?,
        validity: None,
    })
}

fn resident(name: &str) -> NewPerson {
    NewPerson { display_name: name.to_owned(), roles: vec![Role::Resident], organization: None }
}
