//! Gives the virtual people their cards, step by step as the card office does, and links the cards
//! to what connectors hold about them, as a linking ceremony does in real life; those who are to
//! show the ceremony are linked to nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::SignedDuration;
use warifu_ca::{Ca, CertificateOrder, Owner};
use warifu_card::Pin;
use warifu_card::drawer::VirtualReaders;
use warifu_card::piv::Guid;
use warifu_card::virtual_card::{KeySlot, SharedCard, VirtualLiteS, VirtualPiv};
use warifu_connectors::demo::{self, DemoPerson};
use warifu_connectors::{Gateway, MemberId};
use warifu_contract::card_office::{Action, Card, Channel, Employment, NewApplication, StopReason};
use warifu_contract::identity::FourItems;
use warifu_contract::person::Sex;
use warifu_idp::Idp;
use warifu_office::{
    Actor, CardCertificates, CardKey, CardOffice, CardProofs, FelicaDesk, Outbox, Outcome,
    StaffRole,
};
use warifu_pki::{
    Authority, Certificate, FileKey, KeyAlgorithm, PossessionProof, Profile, Publication, Subject,
    Validity,
};
use warifu_relay::Relay;
use warifu_service::Surroundings;

use super::cast::{self, Kind, Shown, StaffMember};
use super::deposited;
use super::folder::Folder;
use super::jpki::{self, Jpki};

/// The PIN of every virtual card that is in use; the drawer prints it beside the card.
pub const PIN: &str = "123456";
/// How often, and after which pause, to look whether the identity provider knows everything.
const TELLINGS: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(20);
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// What enrolling needs to reach.
pub struct Enrolment<'a> {
    /// The demonstration's folder.
    pub folder: &'a Folder,
    /// Issues and revokes.
    pub office: &'a CardOffice,
    /// Tells the identity provider, which is running, of what the office did.
    pub outbox: &'a Outbox,
    /// The certification authority as it was so long ago that what it issued has ended.
    pub old_authority: &'a Ca,
    /// Knows persons and their cards once it was told.
    pub idp: &'a Idp,
    /// Holds the links.
    pub relay: &'a Relay,
    /// Each connector with its members by person key.
    pub gateways: &'a [(Gateway, BTreeMap<String, MemberId>)],
    /// Issues the card of another issuer.
    pub jpki: &'a Jpki<'a>,
    /// Clock and randomness.
    pub surroundings: &'a Surroundings,
}

/// The keys of a card in the making.
struct Keys {
    authentication: FileKey,
    presence: FileKey,
}

/// A card that the office made.
struct Made {
    card: CardKey,
    holder: String,
    /// The letter's code.
    code: String,
}

impl Keys {
    fn of(card: &str) -> anyhow::Result<Self> {
        let algorithm = cast::keys_of(card);
        Ok(Self {
            authentication: FileKey::generate(algorithm)?,
            presence: FileKey::generate(algorithm)?,
        })
    }
}

impl Enrolment<'_> {
    /// Everybody, in the order in which the drawer shows them.
    pub async fn everybody(&self) -> anyhow::Result<Vec<Shown>> {
        let mut shown = Vec::new();
        for member in &cast::STAFF {
            shown.push(self.staff(member).await?);
        }
        let mut made = BTreeMap::new();
        let with_cards =
            demo::people()?.iter().filter(|one| !cast::CARDLESS.contains(&one.key.as_str()));
        for person in with_cards {
            let (card, drawn) = self.resident(person).await?;
            made.insert(person.key.clone(), card);
            shown.extend(drawn);
        }
        self.tell_identity_provider().await?;
        let linked = made.iter().filter(|(key, _)| !cast::UNLINKED.contains(&key.as_str()));
        for (key, card) in linked {
            self.link(key, card).await?;
        }
        let (key, _) = cast::DEPOSITED[0];
        let subject = self.subject(key, made.get(key).context("nobody is deposited")?).await?;
        deposited::Deposited {
            folder: self.folder,
            relay: self.relay,
            surroundings: self.surroundings,
        }
        .link(key, &subject)
        .await?;
        Ok(shown)
    }

    async fn staff(&self, member: &StaffMember) -> anyhow::Result<Shown> {
        let (organization_code, organization_name) = member.organization;
        let employment = Employment {
            organization_code: organization_code.to_owned(),
            organization_name: organization_name.to_owned(),
            roles: member.roles.iter().map(|&role| role.to_owned()).collect(),
        };
        let (name, kana) = member.name;
        let items = FourItems {
            name: name.to_owned(),
            kana: Some(kana.to_owned()),
            address: cast::STAFF_ADDRESS.to_owned(),
            birth_date: member.birth_date,
            sex: Sex::Female,
        };
        let card = self.order(items, Some(employment)).await?;
        let made = self.make(&card, member.card, PIN).await?;
        self.hand_over(&made).await?;
        self.activate(&made).await?;
        Ok(Shown::new(member.card, name, Kind::Staff, member.note))
    }

    /// A resident's card in use, and whatever else the drawer shows of this person.
    async fn resident(&self, person: &DemoPerson) -> anyhow::Result<(Made, Vec<Shown>)> {
        let mut shown = Vec::new();
        let mut card = self.order(items(person), None).await?;
        if person.key == cast::UNLUCKY {
            let lost = self.make(&card, cast::REVOKED, PIN).await?;
            self.hand_over(&lost).await?;
            self.activate(&lost).await?;
            card = self.reissue(&lost).await?;
        }
        let made = if person.key == cast::NEWCOMER {
            let made = self.make(&card, &person.key, &self.unknown_pin()).await?;
            self.hand_over(&made).await?;
            let note =
                ("届いたばかりで、まだ使い始めていないカード", "Just arrived, not activated");
            let hint = format!("初期化コード {}", made.code);
            shown.push(Shown { hint, ..Shown::new(&person.key, &person.name, Kind::New, note) });
            made
        } else {
            let made = self.make(&card, &person.key, PIN).await?;
            self.hand_over(&made).await?;
            self.activate(&made).await?;
            let note = cast::note_of(&person.key);
            shown.push(Shown::new(&person.key, &person.name, Kind::Resident, note));
            made
        };
        if person.key == cast::FELICA.0 {
            shown.push(self.felica_card(&made, &person.name).await?);
        }
        if person.key == cast::JPKI.0 {
            shown.push(self.individual_number_card(&person.name)?);
        }
        if person.key == cast::UNLUCKY {
            shown.extend(self.refused_cards(&person.name).await?);
        }
        Ok((made, shown))
    }

    /// A FeliCa card that its holder has had registered at the desk, beside the own card. It has no
    /// PIN yet: the holder chooses one, signed in with the own card.
    async fn felica_card(&self, beside: &Made, name: &str) -> anyhow::Result<Shown> {
        const READER: &str = "the clerk's reader";
        let (id, readers) = (cast::FELICA.1, VirtualReaders::new([READER]));
        let blank = VirtualLiteS::blank(self.surroundings.bytes());
        let card = SharedCard::new(blank.kept_in(&self.folder.card(id))?);
        readers.insert(READER, card)?;
        let settings = self.folder.office_config().office.felica;
        let desk = FelicaDesk::open(self.office, &settings)?;
        desk.register(&clerk(), &beside.card, Arc::new(readers), READER).await?;
        let note = (
            "FeliCaカード。暗証番号は、ICカードでログインして「あなたのカード」で決めます",
            "A FeliCa card; choose its PIN under \"Your cards\", signed in with the IC card",
        );
        Ok(Shown { hint: String::new(), ..Shown::new(id, name, Kind::Felica, note) })
    }

    /// A card of another issuer, which opens nothing until its holder has added it to the own ones.
    fn individual_number_card(&self, name: &str) -> anyhow::Result<Shown> {
        let id = cast::JPKI.1;
        self.jpki.card(id)?;
        let note = (
            "マイナンバーカードの見本。ICカードでログインして「あなたのカード」で加えると使えます",
            "A sample Individual Number Card; add it under \"Your cards\", signed in with the IC card",
        );
        let hint = jpki::PIN.to_owned();
        Ok(Shown { hint, ..Shown::new(id, name, Kind::Jpki, note) })
    }

    /// Cards that open nothing, each for a reason of its own.
    async fn refused_cards(&self, name: &str) -> anyhow::Result<[Shown; 3]> {
        self.expired_card().await?;
        self.foreign_card()?;
        Ok([
            (cast::EXPIRED, "期限の切れたカード", "Its certificates have ended"),
            (cast::REVOKED, "失効したカード（紛失の届け出）", "Revoked: reported lost"),
            (cast::FOREIGN, "ほかの団体が発行したカード", "Issued by another consortium"),
        ]
        .map(|(card, ja, en)| Shown::new(card, name, Kind::Refused, (ja, en))))
    }

    /// From the application to the order.
    async fn order(
        &self,
        applicant: FourItems,
        employment: Option<Employment>,
    ) -> anyhow::Result<CardKey> {
        let application = NewApplication {
            channel: Channel::Paper,
            applicant,
            phone: None,
            proxy: None,
            consent: true,
            employment,
        };
        let card = self.office.apply(&clerk(), application, None).await?;
        let card = key(&card)?;
        self.office.act(&clerk(), &card, None, Action::Prove).await?;
        self.office.act(&approver(), &card, None, Action::Approve).await?;
        Ok(card)
    }

    /// The lost card ends; the next one is ordered.
    async fn reissue(&self, lost: &Made) -> anyhow::Result<CardKey> {
        let reason = StopReason::Lost;
        let ended = self.office.act(&clerk(), &lost.card, None, Action::Reissue { reason }).await?;
        let next: CardKey = ended.replaced_by.context("there is no next card")?.parse()?;
        self.office.act(&approver(), &next, None, Action::Approve).await?;
        Ok(next)
    }

    /// Makes the card and writes it into the drawer, with that PIN.
    async fn make(&self, card: &CardKey, name: &str, pin: &str) -> anyhow::Result<Made> {
        let keys = Keys::of(name)?;
        let is_resident = self.is_resident(card).await?;
        let mut holder = String::new();
        let proofs = |reference: &str| {
            reference.clone_into(&mut holder);
            let authentication = PossessionProof::request(reference, &keys.authentication)?;
            let presence = PossessionProof::request(reference, &keys.presence)?;
            Ok(CardProofs { authentication, presence: is_resident.then_some(presence) })
        };
        let (certificates, code) = self.office.personalise_with(&clerk(), card, proofs).await?;
        let code = code.digits().to_owned();
        self.write(name, &keys, &certificates, (pin, &code))?;
        Ok(Made { card: card.clone(), holder, code })
    }

    async fn is_resident(&self, card: &CardKey) -> anyhow::Result<bool> {
        use warifu_contract::card_office::CardKind;
        let card = self.office.card(&clerk(), card).await?.context("there is no such card")?;
        Ok(card.kind == CardKind::Resident)
    }

    async fn hand_over(&self, made: &Made) -> anyhow::Result<()> {
        let tracking = format!("{:012}", u32::from_be_bytes(self.surroundings.bytes()));
        self.office.act(&clerk(), &made.card, None, Action::Send { tracking }).await?;
        self.office.act(&clerk(), &made.card, None, Action::Deliver).await?;
        Ok(())
    }

    /// What the identity provider reports when the holder has chosen a PIN.
    async fn activate(&self, made: &Made) -> anyhow::Result<()> {
        Ok(self.office.activated(&made.holder).await?)
    }

    /// Waits until the identity provider has heard of everything.
    async fn tell_identity_provider(&self) -> anyhow::Result<()> {
        for _ in 0..TELLINGS {
            match self.outbox.deliver().await? {
                Outcome::Done { .. } => return Ok(()),
                // The running office is telling it.
                Outcome::NotOurs => tokio::time::sleep(PAUSE).await,
                Outcome::Silent => break,
            }
        }
        bail!("the identity provider does not answer the card office")
    }

    /// One random pseudonym for each connector that knows the person.
    async fn link(&self, key: &str, made: &Made) -> anyhow::Result<()> {
        let subject = self.subject(key, made).await?;
        for (gateway, members) in self.gateways {
            if let Some(member) = members.get(key) {
                let pseudonym = self.surroundings.hex(16);
                self.relay.link(&subject, &gateway.config().id, &pseudonym).await?;
                gateway.bind_pseudonym(member, &pseudonym).await?;
            }
        }
        Ok(())
    }

    /// The relay's own name for the holder.
    async fn subject(&self, key: &str, made: &Made) -> anyhow::Result<String> {
        let person = self.idp.person_of_card(&made.holder).await?;
        let person = person.with_context(|| format!("the identity provider knows no {key}"))?;
        Ok(self.idp.relay_subject(&person))
    }

    /// A card that the authority issued long ago, for a year.
    async fn expired_card(&self) -> anyhow::Result<()> {
        let keys = Keys::of(cast::EXPIRED)?;
        let (authority, subject) = (self.old_authority, Subject::named(self.surroundings.hex(16)));
        let mut transaction = authority.begin().await?;
        let owner = self.surroundings.hex(16);
        let order = |profile, key| CertificateOrder {
            profile,
            subject: &subject,
            key,
            owner: Owner::Card(&owner),
            lifetime: YEAR,
            held: false,
        };
        let first = order(&Profile::CARD_AUTHENTICATION, keys.authentication.public_key());
        let authentication = authority.certify(&mut transaction, &first).await?;
        let second = order(&Profile::CARD_PRESENCE, keys.presence.public_key());
        let presence = Some(authority.certify(&mut transaction, &second).await?);
        transaction.commit().await?;
        self.write_usable(cast::EXPIRED, &keys, &CardCertificates { authentication, presence })
    }

    /// A card of an authority that nobody here trusts.
    fn foreign_card(&self) -> anyhow::Result<()> {
        let entropy = self.surroundings.entropy.as_ref();
        let validity = Validity::lasting(self.surroundings.now(), YEAR);
        let signer = || -> anyhow::Result<Arc<FileKey>> {
            Ok(Arc::new(FileKey::generate(KeyAlgorithm::P256)?))
        };
        let publication = Publication::default();
        let root = Authority::self_signed_root("Another root", signer()?, validity, entropy)?;
        let cards = root.issue_ca(
            &Profile::CARDS_AUTHORITY,
            "Another cards",
            signer()?,
            publication,
            validity,
            entropy,
        )?;
        let keys = Keys::of(cast::FOREIGN)?;
        let subject = Subject::named(self.surroundings.hex(16));
        let issue = |profile: &Profile, key: &FileKey| {
            cards.issue(profile, &subject, key.public_key(), validity, entropy)
        };
        let certificates = CardCertificates {
            authentication: issue(&Profile::CARD_AUTHENTICATION, &keys.authentication)?,
            presence: Some(issue(&Profile::CARD_PRESENCE, &keys.presence)?),
        };
        self.write_usable(cast::FOREIGN, &keys, &certificates)
    }

    fn write_usable(
        &self,
        name: &str,
        keys: &Keys,
        certificates: &CardCertificates,
    ) -> anyhow::Result<()> {
        self.write(name, keys, certificates, (PIN, "12345678"))
    }

    fn write(
        &self,
        name: &str,
        keys: &Keys,
        certificates: &CardCertificates,
        (pin, puk): (&str, &str),
    ) -> anyhow::Result<()> {
        let guid = Guid(self.surroundings.bytes());
        let slot = |key: &FileKey, certificate: &Certificate| -> anyhow::Result<_> {
            Ok((key.private_key_pem()?, certificate.der().to_vec()))
        };
        let (key, certificate) = slot(&keys.authentication, &certificates.authentication)?;
        let mut card = VirtualPiv::builder(guid, &Pin::new(pin)?, &Pin::new(puk)?).key(
            KeySlot::Authentication,
            key.as_bytes(),
            &certificate,
        )?;
        if let Some(presence) = &certificates.presence {
            let (key, certificate) = slot(&keys.presence, presence)?;
            card = card.key(KeySlot::CardAuthentication, key.as_bytes(), &certificate)?;
        }
        let random = super::card_randomness(self.surroundings);
        let card = card.finish_in(&self.folder.card(name), random);
        card.map(drop).with_context(|| format!("cannot write the card {name}"))
    }

    fn unknown_pin(&self) -> String {
        format!("{:08}", u64::from_be_bytes(self.surroundings.bytes()) % 100_000_000)
    }
}

fn clerk() -> Actor {
    Actor::staff("demonstration-clerk", [StaffRole::Clerk])
}

fn approver() -> Actor {
    Actor::staff("demonstration-approver", [StaffRole::Approver])
}

fn key(card: &Card) -> anyhow::Result<CardKey> {
    Ok(card.id.parse()?)
}

fn items(person: &DemoPerson) -> FourItems {
    FourItems {
        name: person.name.clone(),
        kana: Some(person.name_kana.clone()),
        address: person.address.clone(),
        birth_date: person.birth_date,
        sex: person.sex,
    }
}
