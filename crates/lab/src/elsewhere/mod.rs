//! Servers that a lab reaches and does not run: where they are, who we are there, and what we leave there.

pub(crate) mod made;
mod reach;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rlab_contract::address::Address;
use rlab_contract::login::{CaCertificate, Roots};

use crate::compose;
use crate::error::LabError;
use crate::home::LabDir;
use crate::profile::{External, LabProfile, SignedFor, TheirLogin, Tls};
use crate::secrets::{Secrets, secret};
use crate::spec::Who;

pub use reach::reach;

/// The servers of a profile that does not run them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// Every broker.
    pub kafka: Reached,
    /// The writer.
    pub mysql: Reached,
    /// The primary, then its replicas.
    pub redis: Reached,
    /// Somebody's schema registry; none where it is the lab's own.
    pub registry: Option<Address>,
    /// File that says where they are now, where their names do not lead after them.
    pub map: Option<PathBuf>,
}

/// The servers of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub addresses: Vec<Address>,
    /// As whom everybody of the lab logs in.
    pub user: Who,
    /// Who vouches for them; nobody when connections are plain.
    pub roots: Option<Roots>,
}

impl Elsewhere {
    /// The servers of `profile` in a lab whose ports are moved by `offset`; none where the lab runs its own.
    ///
    /// # Errors
    /// When an authority's certificate cannot be read any more, or a port is moved out of range.
    pub fn of(profile: &LabProfile, offset: u16) -> Result<Option<Self>, LabError> {
        Ok(match profile {
            LabProfile::Here(_) => None,
            LabProfile::External(external) => Some(of_external(external)?),
            LabProfile::Composed(_) => Some(compose::servers(offset)?),
        })
    }
}

fn of_external(profile: &External) -> Result<Elsewhere, LabError> {
    let (kafka, mysql, redis) = (&profile.kafka, &profile.mysql, &profile.redis);
    let one = std::slice::from_ref(&mysql.address);
    let registry = profile.registry.address.iter();
    let registry = registry.map(|text| address(text)).next().transpose()?;
    Ok(Elsewhere {
        kafka: reached(
            "kafka",
            &kafka.brokers,
            kafka.login.as_ref(),
            kafka.tls.as_ref(),
        )?,
        mysql: reached("mysql", one, Some(&mysql.login), mysql.tls.as_ref())?,
        redis: reached(
            "redis",
            &redis.addresses,
            redis.login.as_ref(),
            redis.tls.as_ref(),
        )?,
        registry,
        map: profile.address_map.clone(),
    })
}

fn reached<I: SignedFor>(
    server: &str,
    addresses: &[String],
    login: Option<&TheirLogin<I>>,
    tls: Option<&Tls>,
) -> Result<Reached, LabError> {
    // A profile that was not read from a file was not checked either.
    let mistakes = login.map(|login| login.mistakes(tls.is_some()));
    let mistakes: Vec<String> = mistakes
        .into_iter()
        .flatten()
        .map(|m| format!("{server}: {}", m.what))
        .collect();
    if !mistakes.is_empty() {
        return Err(LabError::Elsewhere(mistakes));
    }
    let addresses: Result<Vec<Address>, LabError> = addresses.iter().map(|t| address(t)).collect();
    Ok(Reached {
        addresses: addresses?,
        user: login.map_or(Who::Nobody, TheirLogin::who),
        roots: tls.map(roots).transpose()?,
    })
}

fn address(text: &str) -> Result<Address, LabError> {
    text.parse::<Address>()
        .map_err(|e| LabError::Elsewhere(vec![e.to_string()]))
}

fn roots(tls: &Tls) -> Result<Roots, LabError> {
    let Some(file) = &tls.ca else {
        return Ok(Roots::System);
    };
    let pem = std::fs::read_to_string(file).map_err(|e| LabError::io(file, e))?;
    let certificate = CaCertificate::try_from(pem).map_err(|e| LabError::BadFile {
        path: file.clone(),
        reason: e.to_string(),
    })?;
    Ok(Roots::Given(certificate))
}

/// What the lab in `dir` shows to servers that it does not run, read anew with each `up`: passwords are
/// changed by who owns them. None where the lab runs its own.
///
/// # Errors
/// When a password is not where the profile says.
pub(crate) fn secrets(profile: &LabProfile, dir: &LabDir) -> Result<Option<Secrets>, LabError> {
    let admin_token = match Secrets::load(dir) {
        Ok(earlier) => earlier.admin_token,
        Err(_) => secret(),
    };
    let external = match profile {
        LabProfile::Here(_) => return Ok(None),
        LabProfile::Composed(_) => return compose::secrets(dir, admin_token).map(Some),
        LabProfile::External(external) => external,
    };
    Ok(Some(Secrets {
        admin_token,
        mysql: passwords(Some(&external.mysql.login))?,
        redis: passwords(external.redis.login.as_ref())?,
        kafka: passwords(external.kafka.login.as_ref())?,
    }))
}

/// The password by its user; none where a token takes its place.
fn passwords<I>(login: Option<&TheirLogin<I>>) -> Result<BTreeMap<String, String>, LabError> {
    let Some(login) = login else {
        return Ok(BTreeMap::new());
    };
    let password = login.password();
    let password = password.map_err(|why| LabError::Elsewhere(vec![why]))?;
    Ok(login.user.clone().zip(password).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabHome;
    use crate::spec::Signing;

    const PROFILE: &str = "schema = \"rlab/profile/v1\"\nname = \"mine\"\nengine = \"external\"\n\
        zones = [\"a\"]\n\
        [kafka]\nbrokers = [\"k1:9098\", \"k2:9098\", \"k3:9098\"]\ntls = {}\n\
        login = { iam = { region = \"eu-central-1\" } }\n\
        [mysql]\naddress = \"m:3306\"\ntls = {}\n\
        login = { user = \"runner\", iam = { region = \"eu-central-1\" } }\n\
        [redis]\naddresses = [\"r:6379\"]\n\
        [registry]\naddress = \"s:8081\"\n\
        [agents.query-service]\nzone = \"a\"\n";

    fn profile() -> External {
        External::parse("mine.toml", PROFILE).unwrap()
    }

    #[test]
    fn tokens_are_signed_for_whom_the_profile_names_and_the_lab_keeps_no_secret_of_theirs() {
        let lab = LabProfile::External(Box::new(profile()));
        let servers = Elsewhere::of(&lab, 0).unwrap().unwrap();
        let region = "eu-central-1".to_owned();
        assert_eq!(servers.kafka.user, Who::Token(Signing::Kafka { region }));
        let Who::Token(mysql) = servers.mysql.user else {
            panic!("{:?}", servers.mysql.user);
        };
        assert_eq!(
            (mysql.user(), mysql.region()),
            (Some("runner"), "eu-central-1")
        );
        assert_eq!(servers.redis.user, Who::Nobody);
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        let secrets = secrets(&lab, &dir).unwrap().unwrap();
        assert!(secrets.kafka.is_empty() && secrets.mysql.is_empty());
    }

    #[test]
    fn a_profile_made_in_code_that_shows_a_token_without_tls_is_refused() {
        let mut profile = profile();
        profile.kafka.tls = None;
        let refused = Elsewhere::of(&LabProfile::External(Box::new(profile)), 0);
        let Err(LabError::Elsewhere(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why[0].starts_with("kafka: an IAM token"), "{why:?}");
    }
}
