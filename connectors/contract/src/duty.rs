//! Who may do what at an insurer, a clinic and the centre: matrices of roles and tasks, as data.
//!
//! ○ may; △ proposes, and somebody with ○ approves; — may not. The insurers' and the clinics' are
//! those of the 2005 trial; that of who decides about applications to a holder of records is ours.
//! Of the centre's there are two: in one the system administrators
//! register users, in the other those who run the operation.

use std::sync::LazyLock;

/// Where all roles' names begin.
const ROLE: &str = "urn:warifu:role:";

static INSURER: LazyLock<Matrix> =
    LazyLock::new(|| Matrix::read(include_str!("../data/duties/insurer.csv")));
static CLINIC: LazyLock<Matrix> =
    LazyLock::new(|| Matrix::read(include_str!("../data/duties/clinic.csv")));
static HOLDER: LazyLock<Matrix> =
    LazyLock::new(|| Matrix::read(include_str!("../data/duties/holder.csv")));
static CENTRE: LazyLock<Matrix> =
    LazyLock::new(|| Matrix::read(include_str!("../data/duties/centre.csv")));
static CENTRE_OPERATIONS: LazyLock<Matrix> =
    LazyLock::new(|| Matrix::read(include_str!("../data/duties/centre_operations.csv")));

/// What a role may do about a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Nothing (—).
    No,
    /// Propose it; it happens when somebody who may approves (△).
    Propose,
    /// Do it, and approve what others propose (○).
    Do,
}

/// An act on the pages of a clinic or an insurer, and at the relay behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Check a patient's insurance, print what was answered, question it.
    Check,
    /// Look through the checks that the own organisation made.
    ReadChecks,
    /// Look through what was answered in the insurer's name.
    ReadAnswers,
    /// Answer what clinics question.
    AnswerDisputes,
    /// Deposit coverage.
    Deposit,
    /// Decide about applications that residents sent to the own organisation.
    Applications,
}

impl Duty {
    /// Every act.
    pub const ALL: [Self; 6] = [
        Self::Check,
        Self::ReadChecks,
        Self::ReadAnswers,
        Self::AnswerDisputes,
        Self::Deposit,
        Self::Applications,
    ];

    /// The matrix and the task in it that decide.
    fn task(self) -> (&'static Matrix, &'static str) {
        match self {
            Self::Check => (&CLINIC, "eligibility-check"),
            Self::ReadChecks => (&CLINIC, "results-reading"),
            Self::ReadAnswers | Self::AnswerDisputes => (&INSURER, "general-business"),
            Self::Deposit => (&INSURER, "coverage-registration"),
            Self::Applications => (&HOLDER, "applications"),
        }
    }

    /// What somebody with `roles`, as assertions name them, may do about it: of several roles, the
    /// one that may most counts.
    pub fn of<'a>(self, roles: impl IntoIterator<Item = &'a str>) -> May {
        let (matrix, task) = self.task();
        roles.into_iter().map(|role| matrix.may(role, task)).max().unwrap_or(May::No)
    }
}

/// Which roles may do which tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    tasks: Vec<String>,
    roles: Vec<(String, Vec<May>)>,
}

impl Matrix {
    /// An insurer's.
    pub fn insurer() -> &'static Self {
        &INSURER
    }

    /// A clinic's.
    pub fn clinic() -> &'static Self {
        &CLINIC
    }

    /// The centre's, where the system administrators register users.
    pub fn centre() -> &'static Self {
        &CENTRE
    }

    /// The centre's, where those who run the operation register users.
    pub fn centre_operations() -> &'static Self {
        &CENTRE_OPERATIONS
    }

    /// Reads a table: the first line names the tasks, the first column the roles. A sign that is
    /// none of ○ △ — allows nothing.
    fn read(text: &str) -> Self {
        let mut lines = text.lines().map(|line| line.split(','));
        let head = lines.next();
        let tasks = head.map(|head| head.skip(1).map(str::to_owned).collect()).unwrap_or_default();
        let role = |mut cells: std::str::Split<'_, char>| {
            let role = cells.next()?.to_owned();
            Some((role, cells.map(may).collect()))
        };
        let roles = lines.filter_map(role).collect();
        Self { tasks, roles }
    }

    /// The names of its tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(String::as_str)
    }

    /// Its roles, as assertions name them.
    pub fn roles(&self) -> impl Iterator<Item = String> + '_ {
        self.roles.iter().map(|(role, _)| format!("{ROLE}{role}"))
    }

    /// What `role`, as assertions name it, may do about `task`; nothing when either is not there.
    pub fn may(&self, role: &str, task: &str) -> May {
        let Some(name) = role.strip_prefix(ROLE) else { return May::No };
        let row = self.roles.iter().find(|(own, _)| own == name);
        let column = self.tasks.iter().position(|own| own == task);
        let found = row.zip(column).and_then(|((_, row), column)| row.get(column));
        found.copied().unwrap_or(May::No)
    }
}

fn may(sign: &str) -> May {
    match sign.trim() {
        "○" => May::Do,
        "△" => May::Propose,
        _ => May::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXTS: [&str; 5] = [
        include_str!("../data/duties/holder.csv"),
        include_str!("../data/duties/insurer.csv"),
        include_str!("../data/duties/clinic.csv"),
        include_str!("../data/duties/centre.csv"),
        include_str!("../data/duties/centre_operations.csv"),
    ];

    fn of(duty: Duty, role: &str) -> May {
        duty.of([format!("{ROLE}{role}").as_str()])
    }

    #[test]
    fn every_cell_is_a_sign() {
        for text in TEXTS {
            let width = text.lines().next().unwrap().split(',').count();
            for line in text.lines().skip(1) {
                let cells: Vec<_> = line.split(',').collect();
                assert_eq!(cells.len(), width, "{line}");
                assert!(cells[1..].iter().all(|cell| ["○", "△", "—"].contains(cell)), "{line}");
            }
        }
    }

    #[test]
    fn every_task_of_an_act_is_in_its_matrix_and_somebody_may_do_it() {
        for duty in Duty::ALL {
            let (matrix, task) = duty.task();
            assert!(matrix.tasks().any(|one| one == task), "{duty:?}");
            assert!(matrix.roles().any(|role| matrix.may(&role, task) == May::Do), "{duty:?}");
        }
    }

    #[test]
    fn the_matrices_are_those_of_the_trial() {
        assert_eq!(of(Duty::Deposit, "insurer-staff"), May::Propose);
        assert_eq!(of(Duty::Deposit, "insurer-manager"), May::Do);
        assert_eq!(of(Duty::AnswerDisputes, "insurer-media"), May::Propose);
        assert_eq!(of(Duty::ReadChecks, "clinic-desk"), May::No);
        assert_eq!(of(Duty::ReadChecks, "clinic-manager"), May::Do);
        assert_eq!(of(Duty::Check, "insurer-manager"), May::No);
        assert_eq!(of(Duty::ReadAnswers, "clinic-manager"), May::No);
        assert_eq!(of(Duty::Applications, "city-clerk"), May::Do);
        assert_eq!(of(Duty::Applications, "call-centre"), May::No);
        let sizes = [Matrix::insurer(), Matrix::clinic(), Matrix::centre()];
        let sizes = sizes.map(|one| (one.roles().count(), one.tasks().count()));
        assert_eq!(sizes, [(4, 6), (2, 5), (3, 6)]);
    }

    /// A line for each role, a sign for each task.
    fn drawn(matrix: &Matrix) -> Vec<String> {
        let sign = |may| match may {
            May::No => '—',
            May::Propose => '△',
            May::Do => '○',
        };
        let line =
            |role: String| matrix.tasks().map(|task| sign(matrix.may(&role, task))).collect();
        matrix.roles().map(line).collect()
    }

    #[test]
    fn every_cell_is_that_of_the_trials_papers() {
        let insurer = ["○△——○—", "—△——△○", "—○○○○—", "—△——○—"];
        assert_eq!(drawn(Matrix::insurer()), insurer);
        assert_eq!(drawn(Matrix::clinic()), ["○○○○○", "——○○—"]);
        assert_eq!(drawn(Matrix::centre()), ["○——○○△", "—○———△", "——○——△"]);
        assert_eq!(drawn(Matrix::centre_operations()), ["○——○—△", "—○——○△", "——○——△"]);
    }

    #[test]
    fn the_two_centres_differ_in_who_registers_users() {
        for (matrix, role) in [
            (Matrix::centre(), "centre-systems"),
            (Matrix::centre_operations(), "centre-operations"),
        ] {
            let doing: Vec<_> = matrix
                .roles()
                .filter(|role| matrix.may(role, "user-registration") == May::Do)
                .collect();
            assert_eq!(doing, [format!("{ROLE}{role}")]);
        }
    }

    #[test]
    fn of_several_roles_the_strongest_counts() {
        let roles = [format!("{ROLE}insurer-media"), format!("{ROLE}insurer-staff")];
        assert_eq!(Duty::AnswerDisputes.of(roles.iter().map(String::as_str)), May::Do);
        assert_eq!(Duty::Check.of([]), May::No);
        assert_eq!(Duty::Check.of(["clinic-desk"]), May::No);
    }

    proptest! {
        #[test]
        fn any_table_is_read_and_allows_only_what_is_signed(text in "[a-z,○△—\n ]{0,120}") {
            let matrix = Matrix::read(&text);
            for role in matrix.roles().collect::<Vec<_>>() {
                prop_assert_eq!(matrix.may(&role, "no such task"), May::No);
            }
        }
    }
}
