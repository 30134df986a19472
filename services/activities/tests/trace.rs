//! Work after the answer stays in the trace of its request. Alone in its binary, because telemetry is process-wide.
#![allow(clippy::unwrap_used, reason = "a panic is the failure report")]

#[path = "http/stack.rs"]
mod stack;

use clients::testing::{Answer, Asked, nowhere};
use stack::{Service, eventually, notifications, users};

fn trace_id(context: &str) -> &str {
    context.split('-').nth(1).unwrap()
}

fn trace_ids(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(|asked| trace_id(asked.header("traceparent").unwrap())).collect()
}

#[actix_web::test]
async fn every_delivery_is_in_the_trace_of_its_request_also_by_another_process() {
    let mut settings = telemetry::Settings::default();
    settings.logs.filter = Some("off".to_owned());
    let _guard = telemetry::init(telemetry::service_info!(), &settings).unwrap();
    let (users, notifications) = (users(), notifications());

    // Every attempt, failed or not.
    let service = Service::start(users.base(), notifications.base()).await;
    notifications.behave(|_| Answer::status(503));
    let created = service.create("told after two attempts").await;
    let first = trace_id(created.header("traceresponse").unwrap()).to_owned();
    eventually(|| notifications.asked().len() == 1).await;
    notifications.behave(|_| Answer::ok(r#"{"accepted": true, "notified": []}"#));
    eventually(|| notifications.asked().len() >= 2).await;
    assert!(trace_ids(&notifications.asked()).iter().all(|id| *id == first));

    // The process that took the request never reaches notifications; another one, later, does.
    let cut_off = Service::start(users.base(), nowhere()).await;
    let created = cut_off.create("told by another process").await;
    let second = trace_id(created.header("traceresponse").unwrap()).to_owned();
    assert_ne!(first, second);
    let told_before = notifications.asked().len();
    let _other = cut_off.start_beside(users.base(), notifications.base()).await;
    eventually(|| notifications.asked().len() > told_before).await;
    assert_eq!(trace_ids(&notifications.asked()[told_before..]), [second.as_str()]);
}
