//! The holders of records: who they are, and who answers for which insurer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use warifu_connectors::ConnectorClient;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::records::{DisplayName, Service};
use warifu_deposit::DepositConfig;
use warifu_service::Surroundings;

use crate::config::{ConnectorConfig, insurer_key};
use crate::gate::Gate;

/// One holder of records.
#[derive(Debug)]
pub(crate) struct Connector {
    pub id: String,
    pub name: DisplayName,
    pub services: Vec<Service>,
    /// Whose staff decide doubts about links.
    pub organization: Option<String>,
    pub client: ConnectorClient,
    /// Through which every call goes.
    pub gate: Gate,
}

/// An insurer whose coverage the relay holds itself.
#[derive(Debug)]
pub(crate) struct Depositor {
    pub id: String,
    pub name: DisplayName,
    /// 保険者番号, comparable.
    pub number: InsurerKey,
    /// Whose staff decide doubts about links.
    organization: Option<String>,
    /// Whether cards are linked to its people.
    is_linked: bool,
}

/// Who answers for an insurer, or holds records.
#[derive(Debug, Clone)]
pub(crate) enum Answerer {
    /// It does, through its connector.
    Connector(Arc<Connector>),
    /// The relay does, from what it deposited.
    Deposit(Arc<Depositor>),
}

impl Answerer {
    /// Its id within the federation.
    pub fn id(&self) -> &str {
        match self {
            Self::Connector(connector) => &connector.id,
            Self::Deposit(depositor) => &depositor.id,
        }
    }

    /// The organisation as people know it.
    pub fn name(&self) -> &DisplayName {
        match self {
            Self::Connector(connector) => &connector.name,
            Self::Deposit(depositor) => &depositor.name,
        }
    }

    /// The kinds of records that are held.
    pub fn services(&self) -> &[Service] {
        match self {
            Self::Connector(connector) => &connector.services,
            Self::Deposit(_) => &DEPOSITED,
        }
    }

    /// Whose staff decide doubts about links.
    pub fn organization(&self) -> Option<&str> {
        match self {
            Self::Connector(connector) => connector.organization.as_deref(),
            Self::Deposit(depositor) => depositor.organization.as_deref(),
        }
    }

    /// Whether it answers for insurance.
    pub fn insures(&self) -> bool {
        self.services().contains(&Service::Insurance)
    }

    /// Whether cards may be linked to its people.
    pub fn is_linked(&self) -> bool {
        match self {
            Self::Connector(_) => true,
            Self::Deposit(depositor) => depositor.is_linked,
        }
    }
}

/// What insurers deposit.
const DEPOSITED: [Service; 1] = [Service::Insurance];

/// All holders.
#[derive(Debug)]
pub(crate) struct Directory {
    holders: BTreeMap<String, Answerer>,
    by_insurer: HashMap<InsurerKey, Answerer>,
}

impl Directory {
    /// Takes `configured` connectors, each with the client that reaches it, and the insurers who
    /// deposit.
    pub fn new(
        configured: Vec<(ConnectorConfig, ConnectorClient)>,
        depositing: Option<&DepositConfig>,
        surroundings: &Surroundings,
    ) -> Self {
        let (mut holders, mut by_insurer) = (BTreeMap::new(), HashMap::new());
        for (config, client) in configured {
            let deadline = Duration::from_millis(config.deadline_ms);
            let connector = Arc::new(Connector {
                id: config.id.clone(),
                name: config.name,
                services: config.services,
                organization: config.organization,
                client,
                gate: Gate::new(&config.id, deadline, &config.limits, surroundings),
            });
            for key in config.insurer_numbers.iter().filter_map(|number| insurer_key(number)) {
                by_insurer.insert(key, Answerer::Connector(Arc::clone(&connector)));
            }
            holders.insert(config.id, Answerer::Connector(connector));
        }
        for depositor in depositing.into_iter().flat_map(depositors).map(Arc::new) {
            let answerer = Answerer::Deposit(Arc::clone(&depositor));
            by_insurer.insert(depositor.number.clone(), answerer.clone());
            holders.insert(depositor.id.clone(), answerer);
        }
        Self { holders, by_insurer }
    }

    /// The connector with this id.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Connector>> {
        match self.holders.get(id)? {
            Answerer::Connector(connector) => Some(connector),
            Answerer::Deposit(_) => None,
        }
    }

    /// Every connector, by its id.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Connector>> {
        self.holders().filter_map(|holder| match holder {
            Answerer::Connector(connector) => Some(connector),
            Answerer::Deposit(_) => None,
        })
    }

    /// Everybody who holds records, by id.
    pub fn holders(&self) -> impl Iterator<Item = &Answerer> {
        self.holders.values()
    }

    /// Those of them to whose people cards are linked.
    pub fn linked(&self) -> impl Iterator<Item = &Answerer> {
        self.holders().filter(|holder| holder.is_linked())
    }

    /// The holder with this id.
    pub fn holder(&self, id: &str) -> Option<&Answerer> {
        self.holders.get(id)
    }

    /// Whether the relay answers for this insurer by itself, from what it deposited.
    pub fn is_deposited(&self, key: &InsurerKey) -> bool {
        matches!(self.by_insurer(key), Some(Answerer::Deposit(_)))
    }

    /// Who answers for this insurer.
    pub fn by_insurer(&self, key: &InsurerKey) -> Option<&Answerer> {
        self.by_insurer.get(key)
    }

    /// Every insurer that somebody answers for.
    pub fn insurers(&self) -> impl Iterator<Item = &InsurerKey> {
        self.by_insurer.keys()
    }

    /// The name of the holder with this id; the id itself when it is no longer there.
    pub fn name_of(&self, id: &str) -> DisplayName {
        let name = self.holder(id).map(Answerer::name);
        name.cloned().unwrap_or_else(|| DisplayName { ja: id.to_owned(), en: id.to_owned() })
    }
}

/// The insurers who deposit.
fn depositors(config: &DepositConfig) -> impl Iterator<Item = Depositor> {
    config.insurers.iter().filter_map(|insurer| {
        Some(Depositor {
            id: insurer.id.clone(),
            name: DisplayName { ja: insurer.name.clone(), en: insurer.name_en.clone() },
            number: insurer_key(&insurer.number)?,
            organization: insurer.organization.clone(),
            is_linked: config.linking.is_some(),
        })
    })
}
