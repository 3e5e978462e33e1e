//! Sends a command of any length and gathers an answer of any (bounded) length.

use thiserror::Error;

use super::{Command, Response, StatusWord};
use crate::reader::{ReaderError, Transaction};

/// The longest answer that is gathered. No PIV object is nearly as long.
const MAX_ANSWER: usize = 32 * 1024;

/// Why a command brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApduError {
    /// The reader or the card failed.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The card answered without a status word.
    #[error("the card's answer is malformed")]
    Malformed,
    /// The card would not stop answering.
    #[error("the card's answer is too long")]
    TooLong,
}

/// Sends `command`, chained where it is long; follows `61xx` (GET RESPONSE) and `6Cxx` (right
/// length) until the whole answer is there. Any final status is `Ok`.
pub fn exchange(
    transaction: &mut dyn Transaction,
    command: &Command,
) -> Result<Response, ApduError> {
    let apdus = command.apdus();
    let (last, first) = apdus.split_last().ok_or(ApduError::Malformed)?;
    for apdu in first {
        let response = send(transaction, apdu)?;
        if response.status != StatusWord::OK {
            return Ok(response);
        }
    }
    gather(transaction, last)
}

fn gather(transaction: &mut dyn Transaction, apdu: &[u8]) -> Result<Response, ApduError> {
    let mut response = send_with_right_length(transaction, apdu)?;
    let mut data = std::mem::take(&mut response.data);
    while let [0x61, more] = response.status.bytes() {
        response = send_with_right_length(transaction, &[0x00, 0xC0, 0x00, 0x00, more])?;
        // An empty piece would let a broken card keep us here for ever.
        if response.data.is_empty() && response.status.bytes()[0] == 0x61 {
            return Err(ApduError::Malformed);
        }
        data.append(&mut response.data);
        if data.len() > MAX_ANSWER {
            return Err(ApduError::TooLong);
        }
    }
    Ok(Response { data, status: response.status })
}

fn send_with_right_length(
    transaction: &mut dyn Transaction,
    apdu: &[u8],
) -> Result<Response, ApduError> {
    let response = send(transaction, apdu)?;
    let ([0x6C, length], Some(mut command)) = (response.status.bytes(), Command::parse(apdu))
    else {
        return Ok(response);
    };
    command.expected = Some(if length == 0 { 256 } else { u16::from(length) });
    let apdus = command.apdus();
    send(transaction, apdus.first().ok_or(ApduError::Malformed)?)
}

fn send(transaction: &mut dyn Transaction, apdu: &[u8]) -> Result<Response, ApduError> {
    Response::parse(&transaction.transmit(apdu)?).ok_or(ApduError::Malformed)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// Answers with what it was given, in order, then with the last one for ever.
    struct Script {
        answers: VecDeque<Vec<u8>>,
        heard: Vec<Vec<u8>>,
    }

    impl Script {
        fn new(answers: &[&[u8]]) -> Self {
            Self { answers: answers.iter().map(|a| a.to_vec()).collect(), heard: Vec::new() }
        }
    }

    impl Transaction for Script {
        fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
            self.heard.push(apdu.to_vec());
            let answer = self.answers.pop_front().ok_or(ReaderError::Removed)?;
            if self.answers.is_empty() {
                self.answers.push_back(answer.clone());
            }
            Ok(answer)
        }
    }

    #[test]
    fn gathers_the_pieces() {
        let mut card = Script::new(&[&[1, 2, 0x61, 0x02], &[3, 4, 0x90, 0x00]]);
        let answer = exchange(&mut card, &Command::new(0xCB, 0x3F, 0xFF).expecting_answer());
        assert_eq!(answer, Ok(Response { data: vec![1, 2, 3, 4], status: StatusWord::OK }));
        assert_eq!(card.heard[1], [0x00, 0xC0, 0x00, 0x00, 0x02]);
    }

    #[test]
    fn asks_again_with_the_right_length() {
        let mut card = Script::new(&[&[0x6C, 0x05], &[1, 2, 3, 4, 5, 0x90, 0x00]]);
        let answer = exchange(&mut card, &Command::new(0xCA, 0, 0).expecting_answer()).unwrap();
        assert_eq!(answer.data, [1, 2, 3, 4, 5]);
        assert_eq!(card.heard[1], [0x00, 0xCA, 0x00, 0x00, 0x05]);
    }

    #[test]
    fn a_refused_link_of_the_chain_ends_it() {
        let mut card = Script::new(&[&[0x69, 0x82]]);
        let command = Command::new(0x87, 0x07, 0x9A).with_data(&[0; 600]);
        let answer = exchange(&mut card, &command).unwrap();
        assert_eq!(answer.status, StatusWord::SECURITY_NOT_SATISFIED);
        assert_eq!(card.heard.len(), 1);
    }

    #[test]
    fn a_card_that_never_ends_is_cut_off() {
        let mut card = Script::new(&[&[0x61, 0x00]]);
        assert_eq!(exchange(&mut card, &Command::new(0xCB, 0, 0)), Err(ApduError::Malformed));
        let endless = [&[7; 256][..], &[0x61, 0x00]].concat();
        let mut card = Script::new(&[&endless]);
        assert_eq!(exchange(&mut card, &Command::new(0xCB, 0, 0)), Err(ApduError::TooLong));
        assert!(card.heard.len() < 200);
    }

    #[test]
    fn an_answer_without_a_status_is_malformed() {
        let mut card = Script::new(&[&[0x90]]);
        assert_eq!(exchange(&mut card, &Command::new(0xCB, 0, 0)), Err(ApduError::Malformed));
    }

    proptest! {
        #[test]
        fn any_card_is_survived(answers in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..260), 0..20,
        )) {
            let answers: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
            let mut card = Script::new(&answers);
            if let Ok(answer) = exchange(&mut card, &Command::new(0xCB, 0, 0)) {
                prop_assert!(answer.data.len() <= MAX_ANSWER);
            }
        }
    }
}
