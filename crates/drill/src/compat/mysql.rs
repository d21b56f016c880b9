//! Asks MySQL what it tells of itself: values of its variables, and the privileges that it knows.

use std::collections::{BTreeMap, BTreeSet};

use rlab_compat::{Answer, How, Kind, Why};
use rlab_lab::pipeline::admin_connection;
use rlab_lab::servers::Site;
use rlab_store::server_facts;

use super::{Question, Told};

/// What a server tells of itself.
struct Facts {
    variables: BTreeMap<String, String>,
    privileges: BTreeSet<String>,
}

/// An answer to every question.
pub(super) async fn ask(questions: &[Question<'_>], site: &Site) -> Vec<Told> {
    let facts = facts(site).await;
    let questions = questions.iter();
    let answers = questions.map(|question| match &facts {
        Ok(facts) => facts.answer(question),
        Err(why) => Told::unknown(why),
    });
    answers.collect()
}

async fn facts(site: &Site) -> Result<Facts, String> {
    let mut connection = admin_connection(site).await.map_err(|e| e.to_string())?;
    let variables = server_facts::variables(&mut connection).await;
    let privileges = server_facts::privileges(&mut connection).await;
    Ok(Facts {
        variables: variables.map_err(|e| e.to_string())?,
        privileges: privileges.map_err(|e| e.to_string())?,
    })
}

impl Facts {
    fn answer(&self, question: &Question<'_>) -> Told {
        match question.kind {
            Kind::Variable => self.variable(question.name, question.value),
            Kind::Privilege => self.privilege(question),
            _ => Told::unknown("MySQL has no such thing"),
        }
    }

    /// A variable that stands as it always does there slips nothing through.
    fn variable(&self, name: &str, there: Option<&str>) -> Told {
        let Some(here) = self.variables.get(name) else {
            return Told::new(
                How::Read,
                Answer::Absent,
                "this server has no such variable",
            );
        };
        let same = there.is_some_and(|there| there.eq_ignore_ascii_case(here));
        let answer = if same { Answer::Absent } else { Answer::Passed };
        Told::new(How::Read, answer, format!("{here} here"))
    }

    /// A privilege that the server knows can be given to somebody.
    fn privilege(&self, question: &Question<'_>) -> Told {
        let known = self.privileges.contains(question.name);
        match (known, question.why) {
            (true, Why::Restricted) => Told::new(How::Read, Answer::Passed, "can be given here"),
            (true, Why::Needed) => Told::new(How::Read, Answer::Passed, "known"),
            (false, _) => Told::new(How::Read, Answer::Absent, "this server does not know it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_slips_only_where_it_stands_otherwise_than_there() {
        let facts = Facts {
            variables: BTreeMap::from([("binlog_row_image".to_owned(), "MINIMAL".to_owned())]),
            privileges: BTreeSet::new(),
        };
        let answer = |there| facts.variable("binlog_row_image", there).answer;
        assert_eq!(answer(Some("FULL")), Answer::Passed);
        assert_eq!(answer(Some("minimal")), Answer::Absent);
        assert_eq!(answer(None), Answer::Passed, "there it is not used at all");
        assert_eq!(facts.variable("other", None).answer, Answer::Absent);
    }
}
