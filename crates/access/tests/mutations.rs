//! Every line of the model, made wrong in each way: the check turns red and names the cell.

use rlab_access::{
    Artifacts, FOLDER, Grant, Kind, Model, ModelFile, Rule, System, generate, prove,
};

fn model() -> Model {
    Model::built_in().unwrap()
}

/// Ids of the cells that are answered otherwise than `model` says, by rule.
fn red(model: &Model, files: &Artifacts, rule: Rule) -> Vec<String> {
    let report = prove(model, files, FOLDER);
    let of_rule = report
        .findings
        .into_iter()
        .filter(|finding| finding.rule == rule);
    of_rule.filter_map(|finding| finding.place.cell).collect()
}

fn names(cells: &[String], grant: &Grant, kind: Kind, operation: &str) -> bool {
    let (agent, end) = (format!("/{}/{kind}:", grant.agent), format!("/{operation}"));
    cells
        .iter()
        .any(|id| id.contains(&agent) && id.ends_with(&end))
}

/// The model and what is generated from it with a change in the line `index`.
fn with(
    model: &Model,
    index: usize,
    change: impl FnOnce(&mut ModelFile, usize),
) -> (Model, Artifacts) {
    let changed = model.changed(|file| change(file, index));
    let files = generate(&changed);
    (changed, files)
}

#[test]
fn a_needed_operation_that_is_dropped_is_named() {
    let model = model();
    let good = generate(&model);
    for (index, grant) in model.file().grant.iter().enumerate() {
        let kind = model.file().resources[&grant.resource].kind;
        for operation in &grant.operations {
            let (changed, files) = with(&model, index, |file, at| {
                file.grant[at].operations.retain(|own| own != operation);
            });
            let line = model.line_of(index);
            let narrow = red(&model, &files, Rule::TooNarrow);
            assert!(
                names(&narrow, grant, kind, operation),
                "line {line}, {operation}: {narrow:?}"
            );
            let wide = red(&changed, &good, Rule::TooWide);
            assert!(
                names(&wide, grant, kind, operation),
                "line {line}, {operation}: {wide:?}"
            );
        }
    }
}

/// Makes `*` of every name of the line's resource, for this line alone.
fn everything(file: &mut ModelFile, at: usize) {
    let own = file.grant[at].resource.clone();
    let mut wide = file.resources[&own].clone();
    wide.names = vec!["*".to_owned()];
    file.resources.insert("wide".to_owned(), wide);
    file.grant[at].resource = "wide".to_owned();
}

/// There is one cluster, one server and one login: nothing can be wider.
fn alone(model: &Model, grant: &Grant) -> bool {
    let kind = model.file().resources[&grant.resource].kind;
    matches!(kind, Kind::RedisServer | Kind::ImageLogin)
}

#[test]
fn a_wildcard_that_is_added_is_named() {
    let model = model();
    for (index, grant) in model.file().grant.iter().enumerate() {
        let kind = model.file().resources[&grant.resource].kind;
        if alone(&model, grant) {
            continue;
        }
        let (_, files) = with(&model, index, everything);
        let wide = red(&model, &files, Rule::TooWide);
        let line = model.line_of(index);
        let named = grant
            .operations
            .iter()
            .any(|operation| names(&wide, grant, kind, operation));
        assert!(named || reaches_all(&model, grant), "line {line}: {wide:?}");
    }
}

/// The pattern of the line means all that has a name of the right form already.
fn reaches_all(model: &Model, grant: &Grant) -> bool {
    model.file().resources[&grant.resource].names == ["*:*"]
}

#[test]
fn every_line_that_is_widened_by_an_operation_is_named() {
    let model = model();
    let mut tried = 0;
    for (index, grant) in model.file().grant.iter().enumerate() {
        let kind = model.file().resources[&grant.resource].kind;
        let line = model.line_of(index);
        for operation in kind.operations() {
            if granted(&model, grant, operation.name) {
                continue;
            }
            let (_, files) = with(&model, index, |file, at| {
                file.grant[at].operations.push(operation.name.to_owned());
            });
            let wide = red(&model, &files, Rule::TooWide);
            assert!(
                names(&wide, grant, kind, operation.name),
                "line {line}, {}: {wide:?}",
                operation.name
            );
            tried += 1;
        }
    }
    assert!(tried > model.file().grant.len(), "{tried} only");
}

/// Whether some line gives the agent `operation` on this resource, or it comes with one that does.
fn granted(model: &Model, grant: &Grant, operation: &str) -> bool {
    let kind = model.file().resources[&grant.resource].kind;
    let cells = rlab_access::matrix(model);
    let names = &model.file().resources[&grant.resource].names;
    let own = |cell: &&rlab_access::Cell| {
        // Of MySQL's schema.table.column only the table is a name of the model.
        let name = match kind {
            Kind::MysqlTable => cell.instance.name.split('.').nth(1).unwrap_or_default(),
            _ => &cell.instance.name,
        };
        let mut names = names.iter();
        let same = names.any(|own| own.contains("${") || rlab_access::matches(own, name));
        same && cell.agent == grant.agent
            && cell.instance.kind == kind
            && cell.operation.name == operation
            && grant.only.is_none_or(|only| only == cell.system)
    };
    cells.iter().filter(own).any(|cell| cell.allowed)
}

#[test]
fn columns_of_a_line_that_are_lifted_are_named() {
    let model = model();
    let mut columns = 0;
    for (index, grant) in model.file().grant.iter().enumerate() {
        if grant.columns.is_empty() {
            continue;
        }
        let (_, files) = with(&model, index, |file, at| file.grant[at].columns.clear());
        let wide = red(&model, &files, Rule::TooWide);
        assert!(
            wide.iter()
                .any(|id| id.ends_with("outbox_event.payload/update")),
            "{wide:?}"
        );
        columns += 1;
    }
    assert!(columns > 0);
}

/// A broker takes the right to write for enough, so that a limit of words is all that the model has today.
#[test]
fn a_limit_of_a_line_that_is_lifted_is_named() {
    let model = model();
    let joins = |grant: &Grant| grant.agent == "runner" && grant.operations == ["join"];
    let index = model.file().grant.iter().position(joins).unwrap();
    let (limited, _) = with(&model, index, |file, at| {
        file.grant[at].only = Some(System::Iam)
    });
    let grant = &limited.file().grant[index];
    let kind = limited.file().resources[&grant.resource].kind;
    let (_, files) = with(&limited, index, |file, at| file.grant[at].only = None);
    let wide = red(&limited, &files, Rule::TooWide);
    assert!(names(&wide, grant, kind, "join"), "{wide:?}");
}

#[test]
fn conditions_that_are_lifted_are_named() {
    let model = model();
    for (key, resource) in &model.file().resources {
        if resource.condition.is_empty() || !model.file().grant.iter().any(|g| g.resource == *key) {
            continue;
        }
        let changed = model.changed(|file| {
            if let Some(own) = file.resources.get_mut(key) {
                own.condition.clear();
            }
        });
        let wide = red(&model, &generate(&changed), Rule::TooWide);
        assert!(
            wide.iter().any(|id| id.contains("(otherwise)")),
            "{key}: {wide:?}"
        );
    }
}
