//! DescribeEvents: the emulator's events and those of the data plane, as one list.

use axum::body::Body;
use axum::http::Response;
use jiff::Timestamp;

use crate::events::Event;
use crate::events::window::Window;
use crate::paging;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal, lock};

/// Answers DescribeEvents of RDS and ElastiCache, oldest first.
pub(crate) async fn describe(
    rehearsal: &Rehearsal,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let service = call.scope.service.as_str();
    let window = Window::read(&call.form, Timestamp::now())?;
    let version = call.form.get("Version").unwrap_or_default();
    let everything = Form::of(&[
        ("Action", "DescribeEvents"),
        ("Version", version),
        ("Duration", "20160"),
        ("MaxRecords", "100"),
    ]);
    let mut told = rehearsal.backend.ask(call, &everything).await?;
    let mut events = Vec::new();
    told.each("Event", &mut |element| events.extend(Event::read(element)));
    events.extend_from_slice(lock(&rehearsal.events).of(service));
    {
        let faults = lock(&rehearsal.faults);
        events.retain(|event| window.holds(event) && !faults.withholds(service, &event.message));
    }
    events.sort_by_key(|event| event.at);
    let page = paging::page(events, window.page, call.form.get("Marker"));
    let page = page.ok_or_else(|| {
        Refusal::sender(
            "InvalidParameterValue",
            "Invalid value for parameter Marker.",
        )
    })?;
    let elements = page.items.iter().map(|event| event.element(service));
    let mut result = vec![Element::new("Events", elements.collect())];
    result.extend(page.next.map(|next| Element::text("Marker", next)));
    Ok(wire::query_answer(
        service,
        "DescribeEvents",
        result,
        &call.id,
    ))
}
