//! The holders of records: who they are, and who answers for which insurer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use warifu_connectors::ConnectorClient;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::records::{DisplayName, Service};
use warifu_deposit::DepositedInsurer;
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
}

/// Who answers for an insurer.
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
}

impl Connector {
    /// Whether it answers for insurance.
    pub fn insures(&self) -> bool {
        self.services.contains(&Service::Insurance)
    }
}

/// All holders.
#[derive(Debug)]
pub(crate) struct Directory {
    by_id: BTreeMap<String, Arc<Connector>>,
    depositors: BTreeMap<String, Arc<Depositor>>,
    by_insurer: HashMap<InsurerKey, Answerer>,
}

impl Directory {
    /// Takes `configured` connectors, each with the client that reaches it, and the insurers who
    /// deposit.
    pub fn new(
        configured: Vec<(ConnectorConfig, ConnectorClient)>,
        depositing: &[DepositedInsurer],
        surroundings: &Surroundings,
    ) -> Self {
        let (mut by_id, mut by_insurer) = (BTreeMap::new(), HashMap::new());
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
            by_id.insert(config.id, connector);
        }
        let mut depositors = BTreeMap::new();
        for insurer in depositing {
            let name = DisplayName { ja: insurer.name.clone(), en: insurer.name_en.clone() };
            let depositor = Arc::new(Depositor { id: insurer.id.clone(), name });
            if let Some(key) = insurer_key(&insurer.number) {
                by_insurer.insert(key, Answerer::Deposit(Arc::clone(&depositor)));
            }
            depositors.insert(insurer.id.clone(), depositor);
        }
        Self { by_id, depositors, by_insurer }
    }

    /// The connector with this id.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Connector>> {
        self.by_id.get(id)
    }

    /// Every connector, by its id.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Connector>> {
        self.by_id.values()
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
        let connector = self.by_id(id).map(|connector| &connector.name);
        let name = connector.or_else(|| Some(&self.depositors.get(id)?.name));
        name.cloned().unwrap_or_else(|| DisplayName { ja: id.to_owned(), en: id.to_owned() })
    }
}
