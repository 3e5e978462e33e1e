//! Questions that come while another look at the database is under way wait for it, and are then
//! answered by one look together: a busy hour costs little more looks than a quiet one.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::deciding::{Answer, Question};
use crate::deposits::{DepositError, Deposits};

/// Questions of one look.
const GROUP: usize = 256;

/// The questions that wait. There are as many at most as the server has requests.
#[derive(Debug, Default)]
pub(crate) struct Gathering(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_attended: bool,
}

#[derive(Debug)]
struct Waiting {
    question: Question,
    reply: oneshot::Sender<Result<Answer, DepositError>>,
}

impl Gathering {
    /// Whether nobody attends to it so far: whoever is told so must.
    fn put(&self, one: Waiting) -> bool {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push(one);
        !std::mem::replace(&mut queue.is_attended, true)
    }

    /// The next ones; none, and nobody attends any more, when none wait.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let group = queue.waiting.len().min(GROUP);
        queue.is_attended = group > 0;
        (group > 0).then(|| queue.waiting.drain(..group).collect())
    }
}

impl Deposits {
    /// Answers one question as [`Deposits::decide`] does, together with those that wait.
    pub(crate) async fn decide_one(&self, question: &Question) -> Result<Answer, DepositError> {
        let (reply, answer) = oneshot::channel();
        if self.0.gathering.put(Waiting { question: question.clone(), reply }) {
            // On a task of its own: whoever asked first may go away, the others still wait.
            tokio::spawn(self.clone().attend());
        }
        answer.await.unwrap_or(Err(DepositError::Stopped))
    }

    async fn attend(self) {
        while let Some(group) = self.0.gathering.take() {
            let questions: Vec<_> = group.iter().map(|one| one.question.clone()).collect();
            match self.decide(&questions).await {
                Ok(answers) => {
                    for (one, answer) in group.into_iter().zip(answers) {
                        let _ = one.reply.send(Ok(answer));
                    }
                }
                // Each alone, so that one that cannot be answered takes no other with it.
                Err(_) => self.answer_apart(group).await,
            }
        }
    }

    async fn answer_apart(&self, group: Vec<Waiting>) {
        for Waiting { question, reply } in group {
            let answers = self.decide(std::slice::from_ref(&question)).await;
            let only = answers.map(|mut answers| answers.pop());
            let _ = reply.send(only.and_then(|answer| answer.ok_or(DepositError::Stopped)));
        }
    }
}
