//! What all pages share.

use maud::{DOCTYPE, Markup, html};

use super::style;

/// Three bars of a waterfall.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect x='1' y='2' width='14' height='3' rx='1' fill='%231d4ed8'/%3E\
    %3Crect x='4' y='6.5' width='8' height='3' rx='1' fill='%230f766e'/%3E\
    %3Crect x='8' y='11' width='5' height='3' rx='1' fill='%237e3bc9'/%3E%3C/svg%3E";

/// A whole page.
pub(super) fn page(title: &str, body: &Markup) -> Markup {
    with_head(title, body, &Markup::default())
}

/// A whole page that the browser loads again after some seconds.
pub(super) fn page_again(title: &str, body: &Markup, seconds: u32) -> Markup {
    with_head(title, body, &html! { meta http-equiv="refresh" content=(seconds); })
}

fn with_head(title: &str, body: &Markup, head: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · explorer" }
                link rel="stylesheet" href=(style::href());
                link rel="icon" href=(ICON);
                (head)
            }
            body {
                header.top {
                    a.brand href="/traces" {
                        svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true" {
                            rect.c-a x="1" y="2" width="14" height="3" rx="1" {}
                            rect.c-b x="4" y="6.5" width="8" height="3" rx="1" {}
                            rect.c-c x="8" y="11" width="5" height="3" rx="1" {}
                        }
                        "explorer"
                    }
                    nav.pages {
                        a href="/traces" { "Traces" }
                        a href="/logs" { "Logs" }
                        a href="/errors" { "Errors" }
                    }
                }
                main { (body) }
            }
        }
    }
}
