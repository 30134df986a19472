//! The latest deploys.

use maud::{Markup, html};

use super::parts::time;
use crate::errors::Deploy;
use crate::pages::format::clean_lines;
use crate::text::clean;

pub(super) fn render(deploys: &[Deploy]) -> Markup {
    html! {
        @if !deploys.is_empty() {
            section.deploys {
                h2 { "Deploys" }
                table.traces {
                    thead { tr { th { "Time (UTC)" } th { "Revision" } th { "Environment" } th { "User" } th { "Status" } th { "Comment" } } }
                    tbody { @for deploy in deploys { (line(deploy)) } }
                }
            }
        }
    }
}

fn line(deploy: &Deploy) -> Markup {
    let user = deploy.local_username.as_deref().or(deploy.rollbar_username.as_deref()).unwrap_or_default();
    let bad = matches!(deploy.status.as_str(), "failed" | "timed_out");
    html! {
        tr {
            td.time { (time(deploy.time_unix_nano)) }
            td.root { code { (clean(&deploy.revision)) } }
            td { (clean(&deploy.environment)) }
            td { (clean(user)) }
            td { @if bad { span.failed { (deploy.status.replace('_', " ")) } } @else { (deploy.status) } }
            td.comment { (clean_lines(deploy.comment.as_deref().unwrap_or_default())) }
        }
    }
}
