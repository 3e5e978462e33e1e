//! The configuration of each party of the demonstration, as its file would say it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use warifu_ca::{CaConfig, PublicationConfig, ValidityConfig};
use warifu_connectors::ServicesConfig;
use warifu_connectors::demo::services::Organisation;
use warifu_connectors::{ConnectorKind, GatewayConfig, RelayJwksConfig, ResidentsConfig};
use warifu_contract::records::DisplayName;
use warifu_idp::config::{
    AgentsConfig, AttributeName, CardHostConfig, CardIssuerConfig,
    CardOfficeConfig as CardOfficeOfIdp, CardsConfig, ContactConfig, FelicaConfig, IdpConfig,
    KeysConfig, LimitsConfig, MetadataSource, Origin, RelayConfig as RelayOfIdp,
    ServiceProviderConfig, SessionsConfig, SigningChoice, SigningKeyConfig,
};
use warifu_log::witness::WitnessConfig;
use warifu_log::{Cosigner, NoteKey, NoteSigner as _};
use warifu_office::{
    ApiConfig, FelicaSettings, FontConfig, IdentityProviderConfig as OfficeIdentityProvider,
    LetterConfig, Lifetimes, LinkedConnector, LinkingConfig as VouchingConfig, Names, NotifyConfig,
    OfficeConfig, OfficeSettings, RegisterSettings,
};
use warifu_pki::{KeySource, LinkingConfig, MasterSettings, PolicyArc};
use warifu_portal::{
    CardOfficeConfig as CardOfficeOfPortal, DeskConfig, PortalConfig, RelayConfig as RelayOfPortal,
    SamlConfig,
};
use warifu_relay::ConnectorLimits;
use warifu_relay::batch::config::BatchesConfig;
use warifu_relay::config::{
    ConnectorConfig, IdentityProviderConfig, LogConfig, OfficeConfig as OfficeOfRelay, RelayConfig,
    SlipsConfig, WitnessConfig as WitnessOfLog,
};
use warifu_relay::deposit::{Approval, DepositConfig};
use warifu_service::http::ListenConfig;
use warifu_service::session::SessionLimits;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::{ClientConfig, TlsConfig};
use warifu_service::words::CallCentre;

use super::cast::{CITY_HALL, INSURERS};
use super::deposited;
use super::folder::{Folder, Member, connectors};

/// What the demonstration's access log is called in its signed heads.
const LOG_ORIGIN: &str = "relay.localhost/log";
/// What its witness is called in its cosignatures.
const WITNESS: &str = "witness.localhost/w1";
/// A revoked card is refused this soon.
const LIST_REFRESH_SECONDS: u32 = 2;
/// So long the relay waits for one connector.
const DEADLINE_MS: u64 = 3_000;

impl Folder {
    /// The file of a party's configuration.
    pub fn config(&self, member: Member) -> PathBuf {
        self.of(member, "config.toml")
    }

    /// Writes every party's configuration file. `insurers` are the 保険者番号 that the insurers'
    /// connector answers for.
    pub fn write_configs(&self, insurers: &[String]) -> anyhow::Result<()> {
        self.write_config(Member::Ca, &self.office_config())?;
        self.write_config(Member::Register, &self.register_config())?;
        self.write_config(Member::Idp, &self.idp_config()?)?;
        self.write_config(Member::Portal, &self.portal_config()?)?;
        self.write_config(Member::Relay, &self.relay_config(insurers)?)?;
        self.write_config(Member::Witness, &self.witness_config()?)?;
        // For `warifu log verify --witness`.
        let verifier = self.of(Member::Witness, "witness.vkey");
        std::fs::write(verifier, self.witness_of_the_log()?.key + "\n")?;
        for id in connectors() {
            self.write_config(Member::Connector(id), &self.gateway_config(id))?;
        }
        Ok(())
    }

    fn write_config(&self, member: Member, config: &impl Serialize) -> anyhow::Result<()> {
        let text = toml::to_string(config)?;
        let path = self.config(member);
        std::fs::write(&path, text).with_context(|| path.display().to_string())
    }

    /// The certification authority.
    pub fn ca_config(&self) -> CaConfig {
        CaConfig {
            listen: ListenConfig { address: self.listen(Member::Ca), tls: None },
            database: self.database(Member::Ca),
            folder: self.at("ca"),
            publication: PublicationConfig::default(),
            validity: ValidityConfig::default(),
        }
    }

    /// The card office with its certification authority.
    pub fn office_config(&self) -> OfficeConfig {
        let file = |name: &str| self.of(Member::Office, name);
        OfficeConfig {
            authority: self.ca_config(),
            office: OfficeSettings {
                folder: file(""),
                register: Some(RegisterSettings {
                    url: self.address(Member::Register),
                    party: Member::Register.name(),
                    tls: self.client_config(Member::Office),
                    timeout_seconds: 5,
                }),
                lifetimes: Lifetimes::default(),
                names: Names { idp: self.address(Member::Idp), ..Names::default() },
                felica: FelicaSettings { masters: self.felica_masters(Member::Office) },
            },
            api: ApiConfig {
                listen: self.listen_config(Member::Office, Some(self.services_authority())),
                portals: vec![Member::Portal.name()],
                ticket_key: file("ticket.key"),
                identity_providers: vec![OfficeIdentityProvider {
                    issuer: self.address(Member::Idp),
                    party: Member::Idp.name(),
                    ticket_key: self.of(Member::Idp, "ticket.pub"),
                    events_key: self.of(Member::Idp, "events.pub"),
                }],
            },
            notify: NotifyConfig {
                url: format!("{}/events", self.address(Member::Idp)),
                client: self.client_config(Member::Office),
                events_key: KeySource::file(file("events.key")),
            },
            letter: LetterConfig {
                consortium: "見本広域連携協議会".to_owned(),
                department: "カード事務局".to_owned(),
                address: "香川県高松市見本町1丁目2番3号".to_owned(),
                phone: "087-000-0000".to_owned(),
                hours: "平日 9時〜17時".to_owned(),
                lost_phone: "0120-000-000".to_owned(),
                portal: self.address(Member::Portal),
            },
            font: FontConfig::default(),
            linking: Some(self.vouching()),
        }
    }

    /// To whom the card office vouches for persons.
    fn vouching(&self) -> VouchingConfig {
        let connector = |id: &str, member| LinkedConnector {
            id: id.to_owned(),
            key: self.of(member, "linking.pub"),
        };
        VouchingConfig {
            relay: Member::Relay.name(),
            key: KeySource::file(self.of(Member::Office, "voucher.key")),
            connectors: connectors()
                .map(|id| connector(id, Member::Connector(id)))
                .chain([LinkedConnector {
                    id: deposited::ID.to_owned(),
                    key: self.of(Member::Relay, "deposit.pub"),
                }])
                .collect(),
        }
    }

    /// The resident register.
    pub fn register_config(&self) -> ResidentsConfig {
        ResidentsConfig {
            listen: self.listen_config(Member::Register, Some(self.services_authority())),
            database: self.database(Member::Register),
            office: Member::Office.name(),
        }
    }

    /// The certificate of the authority that certifies the parties.
    fn services_authority(&self) -> PathBuf {
        self.of(Member::Ca, "services-ca.pem")
    }

    /// The identity provider.
    pub fn idp_config(&self) -> anyhow::Result<IdpConfig> {
        let file = |name: &str| self.of(Member::Idp, name);
        let signing = |name: &str| SigningKeyConfig {
            key: KeySource::file(file(&format!("{name}.key"))),
            certificate: file(&format!("{name}.pem")),
            announced: Vec::new(),
        };
        Ok(IdpConfig {
            public_url: origin(&self.address(Member::Idp))?,
            listen: self.listen_config(Member::Idp, None),
            database: self.database(Member::Idp),
            keys: KeysConfig {
                columns: file("columns.toml"),
                pairwise: file("pairwise"),
                ticket: KeySource::file(file("ticket.key")),
                agent_request: KeySource::file(file("agent-request.key")),
                events: KeySource::file(file("events.key")),
                saml_p256: signing("saml-p256"),
                saml_rsa: signing("saml-rsa"),
                metadata: Some(signing("saml-metadata")),
            },
            relay: RelayOfIdp {
                ticket_key: self.of(Member::Relay, "ticket.pub"),
                audience: "urn:warifu:relay".to_owned(),
                events_url: Some(format!("{}/events", self.address(Member::Relay))),
                party: Member::Relay.name(),
            },
            card_office: Some(CardOfficeOfIdp {
                events_key: self.of(Member::Office, "events.pub"),
                ticket_key: self.of(Member::Office, "ticket.pub"),
                issuer: Names::default().office,
                events_url: format!("{}/events", self.address(Member::Office)),
                party: Member::Office.name(),
            }),
            agents: AgentsConfig {
                addresses: vec![origin(&self.address(Member::Agent))?],
                download: None,
            },
            cards: self.cards_config()?,
            felica: Some(FelicaConfig {
                masters: self.felica_masters(Member::Idp),
                identification: false,
            }),
            card_host: Some(self.card_host()?),
            outgoing: self.client_config(Member::Idp),
            sessions: SessionsConfig::default(),
            limits: LimitsConfig::default(),
            contact: ContactConfig { email: Some("help@warifu.example".to_owned()) },
            call_centre: Some(call_centre()),
            signed_requests_only: false,
            service_providers: vec![self.portal_as_service_provider()],
            aggregates: Vec::new(),
        })
    }

    fn card_host(&self) -> anyhow::Result<CardHostConfig> {
        Ok(CardHostConfig {
            url: origin(&self.address(Member::CardHost))?,
            address: self.listen(Member::CardHost),
            certificate: self.of(Member::CardHost, "tls.pem"),
            key: self.of(Member::CardHost, "tls.key"),
            staff: false,
        })
    }

    fn felica_masters(&self, member: Member) -> Vec<MasterSettings> {
        vec![MasterSettings { version: 1, key: KeySource::file(self.of(member, "felica-1.key")) }]
    }

    fn cards_config(&self) -> anyhow::Result<CardsConfig> {
        let address = self.address(Member::Ca);
        let issuers = CardIssuerConfig {
            certificates: ["cards-ca.pem", "staff-ca.pem"]
                .map(|name| self.of(Member::Ca, name))
                .into(),
            authorities: Some(format!("{address}/authorities.pem")),
            lists: format!("{address}/crl/index.json"),
            refresh_seconds: LIST_REFRESH_SECONDS,
        };
        Ok(CardsConfig {
            root: self.at("ca.pem"),
            issuers: vec![issuers],
            policies: PolicyArc::default(),
            schemes: vec![self.jpki_scheme()?],
        })
    }

    fn portal_as_service_provider(&self) -> ServiceProviderConfig {
        let metadata = self.of(Member::Idp, "portal-metadata.xml");
        ServiceProviderConfig {
            metadata_signer: Some(self.of(Member::Portal, "saml.pem")),
            client_certificate: Some(self.of(Member::Portal, "tls.pem")),
            attributes: vec![
                AttributeName::PairwiseId,
                AttributeName::DisplayName,
                AttributeName::Roles,
                AttributeName::Organization,
                AttributeName::RelayTicket,
                AttributeName::OfficeTicket,
                AttributeName::CardUntil,
            ],
            signing: SigningChoice::P256,
            // Its own pages explain what it is told, and it is the federation's.
            consent: false,
            ..ServiceProviderConfig::of(MetadataSource::File(metadata))
        }
    }

    /// The portal.
    pub fn portal_config(&self) -> anyhow::Result<PortalConfig> {
        let file = |name: &str| self.of(Member::Portal, name);
        Ok(PortalConfig {
            public_url: self.address(Member::Portal).parse()?,
            listen: self.listen_config(Member::Portal, None),
            database: self.database(Member::Portal),
            column_keys: file("columns.toml"),
            saml: SamlConfig {
                signing_key: file("saml.key"),
                signing_certificate: file("saml.pem"),
                decryption_key: file("saml-decryption.key"),
                decryption_certificate: file("saml-decryption.pem"),
                identity_providers: vec![file("idp-metadata.xml")],
                metadata_signers: vec![self.of(Member::Idp, "saml-metadata.pem")],
            },
            relay: RelayOfPortal {
                url: self.address(Member::Relay).parse()?,
                tls: self.client_config(Member::Portal),
            },
            card_office: Some(CardOfficeOfPortal {
                url: self.address(Member::Office),
                party: Member::Office.name(),
                tls: self.client_config(Member::Portal),
            }),
            desk: DeskConfig::default(),
            session: SessionLimits::default(),
            call_centre: Some(call_centre()),
        })
    }

    /// The relay.
    pub fn relay_config(&self, insurers: &[String]) -> anyhow::Result<RelayConfig> {
        let file = |name: &str| self.of(Member::Relay, name);
        let connectors = connectors().map(|id| self.connector_config(id, insurers));
        Ok(RelayConfig {
            listen: self.listen_config(Member::Relay, Some(self.services_authority())),
            clients: vec![Member::Portal.name()],
            consent_clients: Vec::new(),
            database: self.database(Member::Relay),
            column_keys: file("columns.toml"),
            log: LogConfig {
                database: DatabaseConfig::sqlite(&file("log.db")),
                key: file("checkpoint.key"),
                origin: LOG_ORIGIN.to_owned(),
                witnesses: vec![self.witness_of_the_log()?],
                cosignatures: None,
                retention: BTreeMap::new(),
            },
            ticket_key: file("ticket.key"),
            audience: "urn:warifu:relay".to_owned(),
            identity_providers: vec![IdentityProviderConfig {
                issuer: self.address(Member::Idp),
                ticket_key: self.of(Member::Idp, "ticket.pub"),
                events_key: Some(self.of(Member::Idp, "events.pub")),
                party: Member::Idp.name(),
            }],
            token_key: file("token.key"),
            announced_token_keys: Some(file("token-keys")),
            past_token_keys: None,
            client: self.client_config(Member::Relay),
            session_minutes: 30,
            node: 0,
            connectors: connectors.collect(),
            batches: BatchesConfig::default(),
            systems: Vec::new(),
            slips: SlipsConfig::default(),
            office: Some(OfficeOfRelay {
                url: self.address(Member::Office),
                party: Member::Office.name(),
            }),
            deposit: Some(self.deposit_config()),
        })
    }

    /// The coverage that an insurer deposits at the relay.
    fn deposit_config(&self) -> DepositConfig {
        let file = |name: &str| self.of(Member::Relay, name);
        DepositConfig {
            database: DatabaseConfig::sqlite(&file("deposit.db")),
            folder: file("deposit"),
            refuse_wrong_percent: 5,
            confirm_removed_percent: 5,
            approval: Approval::SecondPerson,
            largest_bytes: 256 << 20,
            keep_file_days: 7,
            linking: Some(LinkingConfig {
                key: file("deposit.key"),
                office: Names::default().office,
                office_key: self.of(Member::Office, "voucher.pub"),
            }),
            insurers: vec![deposited::insurer()],
        }
    }

    /// Who witnesses the relay's log, as the relay reaches it.
    fn witness_of_the_log(&self) -> anyhow::Result<WitnessOfLog> {
        let key = NoteKey::load(WITNESS, &self.of(Member::Witness, "witness.key"))?;
        Ok(WitnessOfLog {
            key: Cosigner::new(key)?.verifier().to_string(),
            url: self.address(Member::Witness),
            client: self.client_config(Member::Relay),
        })
    }

    /// The witness.
    pub fn witness_config(&self) -> anyhow::Result<WitnessConfig> {
        let log = NoteKey::load(LOG_ORIGIN, &self.of(Member::Relay, "checkpoint.key"))?;
        Ok(WitnessConfig {
            listen: self.listen_config(Member::Witness, None),
            database: self.database(Member::Witness),
            name: WITNESS.to_owned(),
            key: self.of(Member::Witness, "witness.key"),
            logs: vec![log.verifier().to_string()],
        })
    }

    fn connector_config(&self, id: &'static str, insurers: &[String]) -> ConnectorConfig {
        let member = Member::Connector(id);
        let kind = kind(id);
        let numbers = match kind {
            ConnectorKind::Insurer => insurers.to_vec(),
            ConnectorKind::Checkup | ConnectorKind::Pension | ConnectorKind::Services => Vec::new(),
        };
        ConnectorConfig {
            id: id.to_owned(),
            url: self.address(member),
            party: member.name(),
            services: kind.services().to_vec(),
            insurer_numbers: numbers,
            name: name(id),
            manifest_keys: (kind == ConnectorKind::Services)
                .then(|| self.of(member, "manifest.pub"))
                .into_iter()
                .collect(),
            deadline_ms: DEADLINE_MS,
            limits: ConnectorLimits::default(),
            organization: match kind {
                ConnectorKind::Insurer => Some(INSURERS.0.to_owned()),
                _ => (id == "city").then(|| CITY_HALL.0.to_owned()),
            },
        }
    }

    /// A connector's gateway.
    pub fn gateway_config(&self, id: &'static str) -> GatewayConfig {
        let member = Member::Connector(id);
        let kind = kind(id);
        GatewayConfig {
            id: id.to_owned(),
            kind,
            name: name(id),
            listen: self.listen_config(member, Some(self.services_authority())),
            database: self.database(member),
            source: None,
            services: (kind == ConnectorKind::Services)
                .then(|| ServicesConfig { manifest: self.of(member, "manifest.jws") }),
            relay_jwks: RelayJwksConfig {
                url: format!("{}/jwks.json", self.address(Member::Relay)),
                party: Member::Relay.name(),
                tls: self.client_config(member),
                refresh_seconds: 2,
            },
            linking: Some(LinkingConfig {
                key: self.of(member, "linking.key"),
                office: Names::default().office,
                office_key: self.of(Member::Office, "voucher.pub"),
            }),
        }
    }

    fn listen_config(&self, member: Member, client_ca: Option<PathBuf>) -> ListenConfig {
        let certificate = self.of(member, "tls.pem");
        let tls = TlsConfig { certificate, key: self.of(member, "tls.key"), client_ca };
        ListenConfig { address: self.listen(member), tls: Some(tls) }
    }

    /// How a party calls the others.
    pub fn client_config(&self, member: Member) -> ClientConfig {
        ClientConfig {
            ca: self.at("ca.pem"),
            certificate: Some(self.of(member, "tls.pem")),
            key: Some(self.of(member, "tls.key")),
        }
    }

    fn database(&self, member: Member) -> DatabaseConfig {
        DatabaseConfig::sqlite(&self.of(member, &format!("{}.db", member.name())))
    }
}

/// A number that rings nowhere.
fn call_centre() -> CallCentre {
    CallCentre {
        ja: "0120-000-000（見本） 平日 9時から17時".to_owned(),
        en: "0120-000-000 (sample), weekdays 9:00 to 17:00".to_owned(),
    }
}

fn origin(address: &str) -> anyhow::Result<Origin> {
    Origin::of(address).with_context(|| format!("{address} is not an origin"))
}

/// What a connector of the demonstration answers for.
pub fn kind(id: &str) -> ConnectorKind {
    match id {
        "checkup" => ConnectorKind::Checkup,
        "pension" => ConnectorKind::Pension,
        other if Organisation::named(other).is_some() => ConnectorKind::Services,
        _ => ConnectorKind::Insurer,
    }
}

fn name(id: &str) -> DisplayName {
    let declaring = Organisation::named(id).map(|organisation| organisation.name);
    let (ja, en) = declaring.unwrap_or(match kind(id) {
        ConnectorKind::Insurer | ConnectorKind::Services => {
            ("見本保険者連合", "Sample Insurers' Union")
        }
        ConnectorKind::Checkup => ("見本健診センター", "Sample Check-up Centre"),
        ConnectorKind::Pension => ("見本年金センター", "Sample Pension Office"),
    });
    DisplayName { ja: ja.to_owned(), en: en.to_owned() }
}
