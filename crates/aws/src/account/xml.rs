//! As much of XML as answers of the query protocol need: the texts of elements by their names.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// The text of every element named `name` that holds nothing but text, however deep and in order, without space
/// around it; those before a mistake in the document.
pub(super) fn texts(document: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(document);
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    while let Ok(event) = reader.read_event() {
        match (event, &mut open) {
            (Event::Eof, _) => break,
            (Event::Start(start), _) => {
                open = (start.name().as_ref() == name.as_bytes()).then(String::new);
            }
            (Event::End(_), open) => found.extend(open.take().map(|text| text.trim().to_owned())),
            (Event::Empty(empty), _) if empty.name().as_ref() == name.as_bytes() => {
                found.push(String::new());
            }
            (Event::Text(text), Some(open)) => {
                open.push_str(&text.decode().unwrap_or_default());
            }
            (Event::GeneralRef(reference), Some(open)) => {
                match reference.resolve_char_ref().ok().flatten() {
                    Some(character) => open.push(character),
                    None => {
                        let entity = reference.decode().unwrap_or_default();
                        open.push_str(resolve_predefined_entity(&entity).unwrap_or_default());
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// What stands in every element named `name` directly below one named `list`, as documents of their own.
pub(super) fn members<'a>(document: &'a str, list: &str, name: &str) -> Vec<&'a str> {
    let mut reader = Reader::from_str(document);
    let mut path: Vec<Vec<u8>> = Vec::new();
    let (mut found, mut begun) = (Vec::new(), None);
    while let Ok(event) = reader.read_event() {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Event::Eof => break,
            Event::Start(start) => {
                let inside = path.last().is_some_and(|last| last == list.as_bytes());
                if begun.is_none() && inside && start.name().as_ref() == name.as_bytes() {
                    begun = Some((path.len(), at));
                }
                path.push(start.name().as_ref().to_vec());
            }
            Event::End(end) => {
                path.pop();
                if let Some((depth, from)) = begun
                    && depth == path.len()
                {
                    let length = "</>".len() + end.name().as_ref().len();
                    found.extend(document.get(from..at.saturating_sub(length)));
                    begun = None;
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "<R><MetricAlarms>\
        <member><AlarmName>a</AlarmName><Metrics><member><Id>x</Id></member></Metrics>\
        <StateReason>1 &lt; 2 &amp; so on</StateReason></member>\
        <member><AlarmName>b</AlarmName><AlarmActions/></member>\
        </MetricAlarms><member><AlarmName>none</AlarmName></member></R>";

    #[test]
    fn members_of_a_list_are_told_apart_and_members_of_members_are_none() {
        let members = members(ANSWER, "MetricAlarms", "member");
        assert_eq!(members.len(), 2);
        assert_eq!(texts(members[0], "AlarmName"), ["a"]);
        assert_eq!(texts(members[0], "Id"), ["x"]);
        assert_eq!(texts(members[1], "AlarmName"), ["b"]);
    }

    #[test]
    fn entities_are_resolved_and_a_document_that_is_cut_off_tells_what_came_before() {
        assert_eq!(texts(ANSWER, "StateReason"), ["1 < 2 & so on"]);
        assert_eq!(texts("<R><A>1</A><A>2", "A"), ["1"]);
    }

    #[test]
    fn texts_are_found_however_deep_and_an_empty_one_keeps_its_place() {
        let tags = "<R><t><Key>a</Key><Value/></t><t><Key>b</Key><Value> 1 </Value></t></R>";
        assert_eq!(texts(tags, "Key"), ["a", "b"]);
        assert_eq!(texts(tags, "Value"), ["", "1"]);
    }
}
