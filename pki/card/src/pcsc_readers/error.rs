//! PC/SC's error numbers in our words.

use pcsc::Error;

use crate::reader::ReaderError;

/// What an error of PC/SC means to us.
pub(super) fn translate(error: Error) -> ReaderError {
    match error {
        Error::NoService
        | Error::ServiceStopped
        | Error::CommError
        | Error::InvalidHandle
        | Error::Shutdown => ReaderError::NoService,
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
            ReaderError::NoReader
        }
        Error::NoSmartcard => ReaderError::NoCard,
        Error::RemovedCard => ReaderError::Removed,
        // A mismatch of protocols: what the card says at first is not the answer of a smart card.
        Error::UnresponsiveCard | Error::ProtoMismatch => ReaderError::Unresponsive,
        Error::UnpoweredCard => ReaderError::Unpowered,
        Error::ResetCard => ReaderError::Reset,
        Error::SharingViolation => ReaderError::Busy,
        other => ReaderError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_code() {
        let codes: std::collections::BTreeSet<_> = [
            Error::NoService,
            Error::UnknownReader,
            Error::NoSmartcard,
            Error::RemovedCard,
            Error::UnresponsiveCard,
            Error::UnpoweredCard,
            Error::ResetCard,
            Error::SharingViolation,
            Error::NotTransacted,
        ]
        .map(|error| translate(error).code())
        .into();
        assert_eq!(codes.len(), 9);
    }
}
