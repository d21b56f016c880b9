//! How MySQL decides: the rights on everything, on the schema, on the table and on the column are added up.

/// The grants of a server.
pub(super) struct Grants(Vec<Grant>);

struct Grant {
    user: String,
    /// Pattern of schemas with `%` and `_`; none means all.
    schema: Option<String>,
    /// None means all tables.
    table: Option<String>,
    /// Words with the columns that they are limited to.
    words: Vec<(String, Vec<String>)>,
}

/// What stands for the schema of each namespace, all of which begin so.
const EACH_SCHEMA: (&str, &str) = ("{schema}", r"rlab\_%");

impl Grants {
    /// Reads one statement a line; lines that are none are told by their number.
    pub fn read(text: &str) -> (Self, Vec<(usize, String)>) {
        let (mut grants, mut bad) = (Vec::new(), Vec::new());
        for (index, line) in text.lines().enumerate() {
            match grant(line) {
                Some(grant) => grants.push(grant),
                None => bad.push((
                    index + 1,
                    "no GRANT of the form that is generated".to_owned(),
                )),
            }
        }
        (Self(grants), bad)
    }

    /// Whether `user` has the right `word` on `schema`, `schema.table` or `schema.table.column`.
    pub fn allow(&self, user: &str, name: &str, word: &str) -> bool {
        let mut parts = name.split('.');
        let schema = parts.next().unwrap_or_default();
        let (table, column) = (parts.next(), parts.next());
        self.0
            .iter()
            .filter(|grant| grant.user == user)
            .any(|grant| {
                let here = grant
                    .schema
                    .as_ref()
                    .is_none_or(|pattern| like(pattern, schema));
                let table = match (&grant.table, table) {
                    (None, _) => true,
                    (Some(own), Some(table)) => own == table,
                    (Some(_), None) => false,
                };
                let word = grant.words.iter().any(|(own, columns)| {
                    let within = |column: &str| columns.iter().any(|own| own == column);
                    (own == word || (own == "ALL" && word != "GRANT OPTION"))
                        && (columns.is_empty() || column.is_some_and(within))
                });
                here && table && word
            })
    }
}

fn grant(line: &str) -> Option<Grant> {
    let rest = line.strip_prefix("GRANT ")?.strip_suffix(';')?;
    let (words, rest) = rest.split_once(" ON ")?;
    let (object, rest) = rest.split_once(" TO ")?;
    let (user, rest) = rest.strip_prefix('\'')?.split_once("'@'")?;
    let (_, option) = rest.split_once('\'')?;
    let mut words = words_of(words)?;
    match option {
        "" => {}
        " WITH GRANT OPTION" => words.push(("GRANT OPTION".to_owned(), Vec::new())),
        _ => return None,
    }
    let (schema, table) = object_of(object)?;
    Some(Grant {
        user: user.to_owned(),
        schema,
        table,
        words,
    })
}

/// `SELECT, UPDATE (a, b)`.
fn words_of(text: &str) -> Option<Vec<(String, Vec<String>)>> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find([',', '(']).unwrap_or(rest.len());
        let word = rest[..end].trim().to_owned();
        rest = &rest[end..];
        let mut columns = Vec::new();
        if let Some(inner) = rest.strip_prefix('(') {
            let (list, after) = inner.split_once(')')?;
            columns.extend(list.split(',').map(|column| column.trim().to_owned()));
            rest = after;
        }
        rest = rest.trim_start_matches([',', ' ']);
        words.push((word, columns));
    }
    Some(words)
}

/// `` `schema`.`table` ``, `` `schema`.* `` or `*.*`.
fn object_of(text: &str) -> Option<(Option<String>, Option<String>)> {
    if text == "*.*" {
        return Some((None, None));
    }
    let (schema, table) = text.strip_prefix('`')?.split_once("`.")?;
    let schema = match schema {
        text if text == EACH_SCHEMA.0 => EACH_SCHEMA.1,
        own => own,
    };
    let table = match table {
        "*" => None,
        quoted => Some(quoted.strip_prefix('`')?.strip_suffix('`')?.to_owned()),
    };
    Some((Some(schema.to_owned()), table))
}

/// MySQL's LIKE: `%` any text, `_` any character, `\` takes the next one as it is.
fn like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match (rest.next(), text.chars().next()) {
        (None, None) => true,
        (Some('%'), next) => {
            like(rest.as_str(), text) || next.is_some_and(|c| like(pattern, &text[c.len_utf8()..]))
        }
        (Some('\\'), Some(c)) => {
            rest.next() == Some(c) && like(rest.as_str(), &text[c.len_utf8()..])
        }
        (Some(own), Some(c)) => {
            (own == '_' || own == c) && like(rest.as_str(), &text[c.len_utf8()..])
        }
        (_, None) | (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str, name: &str, word: &str) -> bool {
        let (grants, bad) = Grants::read(text);
        assert!(bad.is_empty(), "{bad:?}");
        grants.allow("u", name, word)
    }

    #[test]
    fn a_right_on_columns_is_none_on_the_others() {
        let text = "GRANT SELECT, UPDATE (a, b) ON `{schema}`.`t` TO 'u'@'{host}';";
        assert!(allowed(text, "rlab_x.t.b", "UPDATE"));
        assert!(!allowed(text, "rlab_x.t.c", "UPDATE"));
        assert!(!allowed(text, "rlab_x.t", "UPDATE"));
        assert!(allowed(text, "rlab_x.t", "SELECT"));
        assert!(!allowed(text, "other.t", "SELECT"));
    }

    #[test]
    fn an_underscore_that_is_not_escaped_is_any_character() {
        let option = "TO 'u'@'{host}' WITH GRANT OPTION;";
        let careless = format!("GRANT DROP ON `rlab_%`.* {option}");
        assert!(allowed(&careless, "rlabxmain", "DROP"));
        let right = format!(r"GRANT DROP ON `rlab\_%`.* {option}");
        assert!(!allowed(&right, "rlabxmain", "DROP"));
        assert!(allowed(&right, "rlab_main.t", "GRANT OPTION"));
    }
}
